// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

namespace mprogcheck {

/// A canary: what the oracle is told to misreport, to see whether the judge notices. It runs the step honestly. Between
/// them they break every property.
enum class Lie : std::uint8_t {
  none,
  outcome,   ///< another errno, or an error instead of success
  revision,  ///< the touched list's revision is one more
  order,     ///< two entries of the touched list change places; with fewer than two, an entry that is not there appears
  isolation,   ///< in the observation after the last step, the revision of a list that the step did not touch is one
               ///< more
  permission,  ///< the step is of a caller without capabilities: -EPERM is reported as success, all else as -EPERM
  answer,      ///< the answer to a `query`: its count is one more
  lifecycle,   ///< after the last step, an object that is alive is reported gone, or the other way round
  references,  ///< after the last step, one reference more is reported on a link or program; only an oracle that has
               ///< the feature "refcnt" can
  passage,    ///< of the programs that a packet met, the first and the last change places; where they are the same, one
              ///< more is reported
  fate,       ///< a packet that passed was dropped, and any other passed
  ownership,  ///< an entry of a link, on a list that a program's call names, is reported without its link
  capacity,   ///< a list is reported with one entry more than there is room for; or success, where it was full
  atomic,     ///< the step failed: the touched list has an entry less, or one that is not there
  no_splat,   ///< after the run, the kernel's log is read as if it held a defect
  first_last,  ///< an entry that was attached before nothing is second, one after nothing last but one
  leak,        ///< at rest after the run, one reference more is seen on a program; needs "refcnt" as well
};
inline constexpr std::uint8_t lies = 17;

/// The same for operations that are only tried (oracle/trial.hpp).
enum class TrialLie : std::uint8_t {
  none,
  outcome,  ///< another errno than the real one
  change,   ///< as if a list had changed
};
inline constexpr std::uint8_t trial_lies = 3;
constexpr int lied_errno(int error) {
  constexpr int enoent = 2, einval = 22;
  return error == einval ? enoent : einval;
}

/// Whether a lie is told about the last step, whatever Job::lie_at says.
constexpr bool is_about_the_end(Lie lie) {
  return lie == Lie::isolation || lie == Lie::lifecycle || lie == Lie::references || lie == Lie::no_splat ||
         lie == Lie::leak;
}
/// Whether it is one about reference counts.
constexpr bool needs_counts(Lie lie) {
  return lie == Lie::references || lie == Lie::leak;
}

/// What Run::note ends with where the run's ending is the lie. The guest is well, and goes on.
inline constexpr std::string_view lie_mark = "(this is a lie that was asked for)";
/// The line that Lie::no_splat puts into the log.
inline constexpr std::string_view lied_splat = "WARNING: CPU: 0 PID: 1 at canary (this is a lie that was asked for)";
constexpr bool ends_by_lie(Lie lie, std::string_view note) {
  return (lie == Lie::no_splat || lie == Lie::leak) && note.ends_with(lie_mark);
}

}  // namespace mprogcheck
