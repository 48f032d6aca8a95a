// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "model/quirk.hpp"
#include "model/world.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/property.hpp"

namespace mprogcheck::properties {

/// What makes two divergences the same finding. Shrinking preserves it.
struct Fingerprint {
  Property property = Property::outcome;
  std::string call;  ///< keyword of the diverging operation; empty where the run's end is the finding
  model::Rule rule = model::Rule::close_done;
  model::Outcome expected;
  model::Outcome observed;
  /// How the run ended: the splat's first line without what varies, "hung", "lost", "unclean: " and what was left.
  std::string ending;
  model::Fate expected_fate = model::Fate::none;  ///< of the packet of a `run`, where what it met is the finding
  model::Fate observed_fate = model::Fate::none;
  std::string how{};  ///< how a query's answer, a packet's passage or the next id differs, as how_it_differs() says

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
/// "order attach mprog.attach ok ok", "no_splat WARNING: CPU: # at tcx_link_release": a stable key, one line.
std::string to_string(const Fingerprint& fingerprint);

struct ListDifference {
  bool touched = false;  ///< the operation may change it
  model::OrderedList before, expected;
  ListView observed;
  std::vector<model::Entry> entries;  ///< as observed
};
struct LinkDifference {
  model::Link expected;
  LinkView observed;
};
struct ProgramDifference {
  model::Program expected;
  ProgramView observed;
};
struct AnswerDifference {
  std::uint64_t revision = 0;  ///< as the model has it
  std::vector<model::Entry> expected;
  std::uint32_t count = 0;
  model::Mode mode = model::Mode::none;
  std::uint8_t breach = 0;  ///< bits of Breach
  ListView observed;
  std::vector<model::Entry> entries;
};

struct PassageDifference {
  model::Passage expected;
  model::Fate fate = model::Fate::none;  ///< as observed
  std::vector<model::ProgramIndex> ran;
};

struct NextIdDifference {
  model::ObjectKind kind = model::ObjectKind::program;
  std::uint8_t expected = no_object, observed = no_object;
};

/// The first step at which the model and the oracle differ, and how.
struct Divergence {
  std::size_t step = 0;
  model::Operation operation;
  model::Verdict verdict;  ///< what the model says: outcome, and the rule that decided it
  model::Outcome observed;
  PropertySet broken;  ///< never empty
  Property primary = Property::outcome;
  Run::Ending ending = Run::Ending::complete;
  std::string note;  ///< of the run, if it did not end well
  /// Only what differs. `expected` is the model after the step.
  std::vector<ListDifference> lists;
  std::vector<LinkDifference> links;
  std::vector<ProgramDifference> programs;
  std::optional<AnswerDifference> answer;
  std::optional<PassageDifference> passage;
  std::optional<NextIdDifference> next;
  Fingerprint fingerprint;
};

/// What is called with each step before the model takes it: (World before, operation, verdict). Borrowed, like a
/// reference.
class StepVisitor {
 public:
  StepVisitor() = default;
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, StepVisitor>)
      StepVisitor(F&& visit)  // NOLINT(google-explicit-constructor): a reference to any callable
      : object_(const_cast<void*>(static_cast<const void*>(&visit))),
        call_([](void* object, const model::World& before, const model::Operation& operation,
                 const model::Verdict& verdict) {
          (*static_cast<std::remove_reference_t<F>*>(object))(before, operation, verdict);
        }) {}
  explicit operator bool() const { return call_ != nullptr; }
  void operator()(const model::World& before, const model::Operation& operation, const model::Verdict& verdict) const {
    call_(object_, before, operation, verdict);
  }

 private:
  void* object_ = nullptr;
  void (*call_)(void*, const model::World&, const model::Operation&, const model::Verdict&) = nullptr;
};

struct Judgement {
  std::uint32_t judged = 0;    ///< steps compared, the diverging one included
  std::uint32_t unjudged = 0;  ///< operations after that one: the model no longer knows the world they ran in
  std::optional<Divergence> divergence;
  /// Not empty: the run is no answer to the job (a step or a view is missing, an index is out of range), in one line.
  /// The oracle is at fault, which is infrastructure and no finding. Never set together with a divergence.
  std::string malformed;
};

/// Replays the model, with the job's quirks, along the run up to the first step that differs. The visitor sees every
/// judged step. A run that ended otherwise than complete diverges in any case.
Judgement judge(const Job& job, const Run& run, StepVisitor visitor = {});

}  // namespace mprogcheck::properties
