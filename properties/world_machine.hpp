// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel_oracle/oracle.hpp"
#include "model/canonical.hpp"
#include "model/world.hpp"
#include "properties/bound.hpp"

namespace mprogcheck::properties {

/// The released design in a bound, as the StateMachine that a StateGraph walks.
class WorldMachine {
 public:
  using State = model::World;
  using Verdict = model::Verdict;

  /// Without the operations that `avoid` says true of.
  WorldMachine(const Bound& bound, model::Naming naming, model::Quirks quirks = {},
               const std::function<bool(const model::Operation&)>& avoid = {})
      : alphabet_(std::make_shared<const Alphabet>(without(alphabet_of(bound), avoid))),
        initial_(declarations_of(bound), quirks),
        naming_(naming),
        list_(model::list_of(bound.hook, 0)),
        fill_(bound.fill) {
    for (const model::Operation& operation : prelude_of(bound)) initial_.apply(operation);
  }

  [[nodiscard]] model::World initial() const { return initial_; }
  [[nodiscard]] std::size_t operations() const { return alphabet_->size(); }
  [[nodiscard]] const model::Operation& operation(std::size_t number) const { return alphabet_->operations()[number]; }
  [[nodiscard]] model::Verdict predict(const model::World& world, std::size_t operation) const {
    return world.predict(alphabet_->operations()[operation]);
  }
  [[nodiscard]] bool changes(const model::Verdict& verdict) const {
    return verdict.edit.kind != model::Edit::Kind::nothing;
  }
  [[nodiscard]] model::World after(const model::World& world, const model::Verdict& verdict) const {
    model::World next = world;
    next.commit(verdict.edit);
    return next;
  }
  /// All fillers are where they were put: a bound with other subsets of them is not small.
  [[nodiscard]] bool inside(const model::World& world) const {
    unsigned fillers = 0;
    for (const model::Entry& entry : world.list(list_).entries())
      fillers += entry.program >= model::filler_program_begin && entry.program < model::mortal_program_begin ? 1 : 0;
    return fillers == fill_;
  }
  [[nodiscard]] std::string key(const model::World& world) const { return model::canonical(world, naming_); }
  [[nodiscard]] const std::shared_ptr<const Alphabet>& alphabet() const { return alphabet_; }

 private:
  static std::vector<model::Operation> without(std::vector<model::Operation> operations,
                                               const std::function<bool(const model::Operation&)>& avoid) {
    if (avoid) std::erase_if(operations, avoid);
    return operations;
  }

  std::shared_ptr<const Alphabet> alphabet_;
  model::World initial_;
  model::Naming naming_;
  model::ListIndex list_;
  unsigned fill_;
};

}  // namespace mprogcheck::properties
