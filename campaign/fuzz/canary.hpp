// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// How many canaries a campaign has planted, and how many of them the judge caught.
struct CanaryCount {
  std::uint64_t planted = 0;
  std::uint64_t caught = 0;
};

/// Plants canaries: runs of which the oracle is told to misreport one step. They are run besides the honest sequences,
/// and at places that no seed determines, so that neither the kernel's agent nor the judge could know where to look.
class CanaryNest {
 public:
  /// `counts`: the oracle tells reference counts, so that it can lie about them.
  explicit CanaryNest(bool counts) : secret_(std::random_device{}()), counts_(counts) {}

  /// Where in a batch of `jobs` to put the next canary.
  std::size_t place(std::size_t jobs) { return secret_() % (jobs + 1); }
  /// The job, with a lie that can be told about it; nothing if the sequence has no place for the lie whose turn it is.
  std::optional<Job> plant(const Job& honest);

 private:
  void pass_turn() {
    ++turn_;
    refused_ = 0;
  }

  std::mt19937_64 secret_;
  bool counts_;
  unsigned turn_ = 0;     ///< each lie in turn, so that a short campaign plants every one
  unsigned refused_ = 0;  ///< sequences that had no place for it
};

/// What the judge must find broken where the lie is told; nothing for none.
std::optional<properties::Property> property_of(Lie lie);

/// The step that its lie shows in.
std::size_t lying_step(const Job& canary);

/// caught: the judge blames the step that was misreported, and the property that the lie is about. spoilt: the run
/// diverged before that, so it tells nothing.
enum class CanaryFate { caught, missed, spoilt };
CanaryFate fate_of(const Job& canary, const properties::Judgement& judgement);

}  // namespace mprogcheck
