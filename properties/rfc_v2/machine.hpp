// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/rfc_v2/rfc_v2.hpp"

namespace mprogcheck::properties {

/// How large a world of the dialect rfc_v2 is: one hook of one device.
struct RfcV2Bound {
  unsigned programs = 3;
  unsigned links = 2;                                 ///< descriptors of links; at most State::most_links
  unsigned capacity = model::rfc_v2::State::largest;  ///< of the list
  bool kept = false;                                  ///< a qdisc keeps the entry object while the list is empty
  std::uint32_t revision = 1;                         ///< at the start
  bool symmetric = true;                              ///< states that are the same but for names are one
};

/// The dialect rfc_v2 as a StateMachine. Its operations are every call with every flag set of the design and an unknown
/// bit, every kind of program, relative, link and old program, and every expectation, the simplest first.
///
/// The key of a state leaves out how large the revision is, but for whether it has reached 2^31: a step to there, and
/// the one from 2^32 - 1 to 1, are no steps that an exploration from 1 finds.
class RfcV2Machine {
 public:
  using State = model::rfc_v2::State;
  using Verdict = model::rfc_v2::Verdict;
  using Operation = model::rfc_v2::Operation;

  explicit RfcV2Machine(const RfcV2Bound& bound);

  [[nodiscard]] State initial() const;
  [[nodiscard]] std::size_t operations() const { return operations_.size(); }
  [[nodiscard]] Verdict predict(const State& state, std::size_t operation) const {
    return model::rfc_v2::predict(state, operations_[operation]);
  }
  [[nodiscard]] bool changes(const Verdict& verdict) const { return verdict.edit.changes(); }
  [[nodiscard]] State after(State state, const Verdict& verdict) const {
    model::rfc_v2::commit(state, verdict.edit);
    return state;
  }
  [[nodiscard]] std::string key(const State& state) const;

  [[nodiscard]] const RfcV2Bound& bound() const { return bound_; }
  [[nodiscard]] const Operation& operation(std::size_t number) const { return operations_[number]; }
  /// As model::rfc_v2::print() has it.
  [[nodiscard]] std::string print(std::size_t number) const { return model::rfc_v2::print(operations_[number]); }
  [[nodiscard]] std::string_view call(std::size_t number) const {
    return model::rfc_v2::name_of(operations_[number].call);
  }
  [[nodiscard]] std::string_view rule(const Verdict& verdict) const { return model::rfc_v2::name_of(verdict.rule); }
  [[nodiscard]] model::Outcome outcome(const Verdict& verdict) const { return verdict.outcome(); }

 private:
  RfcV2Bound bound_;
  std::vector<Operation> operations_;
};

/// How much an operation says beside its call: flags, a relative, an expectation, arguments that are no program.
unsigned weight(const model::rfc_v2::Operation& operation);

}  // namespace mprogcheck::properties
