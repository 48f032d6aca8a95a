// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/known.hpp"
#include "model/language/case.hpp"
#include "model/sequence.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// A sequence that a user handed in, and where it comes from: FILE, or FILE#2 for the second of a corpus.
struct NamedSequence {
  std::string name;
  std::string file;
  model::Case told;  ///< the sequence, with what it says of itself
};
/// The sequences of all the files; `-` is standard input. An Error is of kind usage, one line: file:line:column and
/// what was expected.
Result<std::vector<NamedSequence>> read_sequences(const std::vector<std::string>& files);

/// An Error of kind skipped, one line, if there is nothing to judge: the sequence has no operation, or one that needs
/// what the oracle has not got.
Result<void> can_judge(const model::Sequence& sequence, const OracleIdentity& kernel);

/// One sequence on one kernel.
struct Replay {
  enum class Verdict { held, known, differs } verdict = Verdict::held;
  properties::Judgement judgement;
  Run run;               ///< what the kernel answered
  model::Traits traits;  ///< that the model followed in this judgement
  Depth depth = Depth::deep;
  /// A run that held because the model followed what is known, where `judgement` is of one in which it did not.
  struct Followed {
    Run run;
    model::Traits traits;
    std::vector<std::pair<model::Rule, std::string>> deciders;  ///< of the known divergences, and their names
  };
  std::optional<Followed> followed;
  std::string console;   ///< of a run that ended badly: the last lines that the kernel logged
  std::string known_as;  ///< the known divergence to be stopped at, or avoided, that it is
};
/// Runs the sequence in deep depth and judges it; if it holds, in fast depth, too: what is looked at after each step
/// may keep a bug away. What differs although the model follows the known divergences comes first; what differs only
/// if it does not, or is one to be stopped at, is `known`. One to be avoided differs: the guest is dead.
Result<Replay> replay(const model::Sequence& sequence, Oracle& oracle, const Known& known);

/// What `--step` prints: after each operation the model's outcome and rule, the kernel's outcome, and the lists, up to
/// the first step that differs, where it shows the lists of both. Of a known divergence that is followed: all steps,
/// and those that it decided are marked. Ends with a newline.
std::string step_by_step(const model::Sequence& sequence, const Replay& replay);

}  // namespace mprogcheck
