// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/canonical.hpp"
#include "model/world.hpp"
#include "oracle/oracle.hpp"
#include "properties/explore/bound.hpp"
#include "properties/explore/bound_lifetimes.hpp"

namespace mprogcheck::properties {

/// The released design in a bound, as the StateMachine that a StateGraph walks.
class WorldMachine {
 public:
  using State = model::World;
  using Verdict = model::Verdict;

  /// Says true of an operation that is not to be run where that rule decides it.
  using Avoid = std::function<bool(const model::Operation&, model::Rule)>;

  /// `besides`: operations more, after those of the bound.
  WorldMachine(const Bound& bound, model::Naming naming, model::Traits traits = {}, Avoid avoid = {},
               const std::vector<model::Operation>& besides = {})
      : alphabet_(std::make_shared<const Alphabet>(alphabet_with(bound, besides))),
        initial_(declarations_of(bound), traits),
        naming_(naming),
        list_(initial_.sites().find(bound.hook, model::Target::device(0))),
        bound_(bound),
        avoid_(std::move(avoid)) {
    for (const model::Operation& operation : prelude_of(bound)) initial_.apply(operation);
  }

  [[nodiscard]] model::World initial() const { return initial_; }
  [[nodiscard]] std::size_t operations() const { return alphabet_->size(); }
  [[nodiscard]] const model::Operation& operation(std::size_t number) const { return alphabet_->operations()[number]; }
  [[nodiscard]] model::Verdict predict(const model::World& world, std::size_t operation) const {
    const model::Operation& asked = alphabet_->operations()[operation];
    model::Verdict verdict = world.predict(asked);
    if (avoid_ && avoid_(asked, verdict.rule)) [[unlikely]]
      verdict.edit = {};
    if (bound_.lifetimes && leads_out(world, verdict)) verdict.edit = {};
    return verdict;
  }
  /// The pair is not to be run. predict() says of it that nothing is changed.
  [[nodiscard]] bool avoids(const model::World& world, std::size_t operation) const {
    return (avoid_ && avoid_(this->operation(operation), world.predict(this->operation(operation)).rule)) ||
           leaves_out(world, operation);
  }
  [[nodiscard]] bool avoids() const { return static_cast<bool>(avoid_) || bound_.lifetimes; }
  /// The pair is none of the bound: there would be more than it has.
  [[nodiscard]] bool leaves_out(const model::World& world, std::size_t operation) const {
    return bound_.lifetimes && leads_out(world, world.predict(this->operation(operation)));
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
    return fillers == bound_.fill;
  }
  [[nodiscard]] std::string key(const model::World& world) const { return model::canonical(world, naming_); }
  [[nodiscard]] const std::shared_ptr<const Alphabet>& alphabet() const { return alphabet_; }

 private:
  [[nodiscard]] bool leads_out(const model::World& world, const model::Verdict& verdict) const {
    return changes(verdict) && !is_small(after(world, verdict), bound_);
  }

  static std::vector<model::Operation> alphabet_with(const Bound& bound, const std::vector<model::Operation>& besides) {
    std::vector<model::Operation> all = alphabet_of(bound);
    all.insert(all.end(), besides.begin(), besides.end());
    return all;
  }

  std::shared_ptr<const Alphabet> alphabet_;
  model::World initial_;
  model::Naming naming_;
  model::ListIndex list_;
  Bound bound_;
  Avoid avoid_;
};

}  // namespace mprogcheck::properties
