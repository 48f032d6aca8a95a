// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/trial_needs.hpp"

#include "model/language/print.hpp"
#include "model/sequence.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck {

namespace {

Result<void> is_good(const OracleIdentity& identity, const Alphabet& alphabet) {
  if (alphabet.size() > trial_set::most_operations)
    return fail(Error::Kind::usage, "an alphabet has at most {} operations, this one has {}",
                trial_set::most_operations, alphabet.size());
  for (const model::Operation& operation : alphabet.operations())
    if (const auto expected = model::validate(operation))
      return fail(Error::Kind::usage, "`{}`, which is to be tried: expected {}", model::print(operation), *expected);
  return can_run(identity, alphabet.operations());
}

Result<void> make_sense(const Job& job) {
  if (job.alphabet == nullptr) return fail(Error::Kind::usage, "trials without an alphabet");
  for (std::uint8_t n = 0; n <= model::Caller::declarable; ++n)
    if ((job.alphabet->callers() >> n & 1U) != 0 && !job.sequence.declarations.has_caller({n}))
      return fail(Error::Kind::usage, "trials of a caller that the sequence does not declare");
  std::size_t next = 0, bytes = 0;
  for (const Trials& block : job.trials) {
    if (block.step < next || block.step >= job.sequence.operations.size())
      return fail(Error::Kind::usage, "trials after step {}: expected steps from {} to {}, ascending", block.step, next,
                  job.sequence.operations.size());
    if (!trial_set::is_within(block.which, job.alphabet->size()) ||
        block.which.size() > trial_set::bytes_for(job.alphabet->size()))
      return fail(Error::Kind::usage, "trials after step {}: of an operation that the alphabet has not", block.step);
    next = block.step + 1;
    bytes += trial_set::bytes_beside_set + block.which.size();
  }
  if (bytes > trial_set::most_bytes_of_job)
    return fail(Error::Kind::usage, "the trials of a job have at most {} bytes, these have {}",
                trial_set::most_bytes_of_job, bytes);
  return {};
}

}  // namespace

Result<void> TrialNeeds::can_try(const OracleIdentity& identity, std::span<const Job> jobs) {
  for (const Job& job : jobs) {
    if (job.trials.empty()) continue;
    if (auto sense = make_sense(job); !sense) return sense;
    if (job.alphabet->number() == good_alphabet_) continue;
    if (auto good = is_good(identity, *job.alphabet); !good) return good;
    good_alphabet_ = job.alphabet->number();
  }
  return {};
}

}  // namespace mprogcheck
