// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/testing/kernel_quirks.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck::testing {
namespace {

/// Each quirk that a known divergence is followed by, with that one's sequence.
std::vector<std::pair<model::Quirk, model::Sequence>> known_quirks() {
  std::vector<std::pair<model::Quirk, model::Sequence>> all;
  for (const auto& entry : std::filesystem::directory_iterator(KNOWN_DIVERGENCES)) {
    const auto json = nlohmann::json::parse(read_file(entry.path() / "known.json").value_or(""), nullptr, false);
    constexpr std::string_view follow = "follow ";
    const std::string action = json.is_object() ? json.value("action", "") : "";
    const auto quirk = model::quirk_named(std::string_view(action).substr(std::min(action.size(), follow.size())));
    if (!action.starts_with(follow) || !quirk) continue;
    const auto sequence = model::parse(read_file(entry.path() / "sequence.mpc").value_or(""));
    EXPECT_TRUE(sequence) << entry.path();
    if (sequence) all.emplace_back(*quirk, *sequence);
  }
  EXPECT_EQ(all.size(), model::quirk_count) << "each has an entry in " << KNOWN_DIVERGENCES;
  return all;
}

}  // namespace

model::Traits quirks_of_kernel(const OracleIdentity& identity,
                               const std::function<std::vector<Run>(std::span<const Job>)>& run) {
  const model::Traits right = traits_of(identity);
  std::vector<model::Quirk> asked;
  std::vector<Job> jobs;
  for (const auto& [quirk, sequence] : known_quirks()) {
    if (!can_run(identity, sequence)) continue;
    asked.push_back(quirk);
    jobs.push_back({.sequence = sequence, .traits = right, .depth = Depth::deep});
  }
  const auto runs = run(jobs);
  model::Traits traits = right;
  EXPECT_EQ(runs.size(), jobs.size());
  for (std::size_t n = 0; n < runs.size() && n < jobs.size(); ++n) {
    const std::string differs = difference(jobs[n], runs[n]);
    if (differs.empty()) continue;
    Job followed = jobs[n];
    followed.traits.add(asked[n]);
    if (const auto still = difference(followed, runs[n]); still.empty())
      traits.add(asked[n]);
    else
      ADD_FAILURE() << "finding on " << identity.release << ": it neither does what is right (" << differs
                    << ") nor what is known as " << model::name_of(asked[n]) << " (" << still << "):\n"
                    << model::print(jobs[n].sequence);
  }
  return traits;
}

model::Traits quirks_of_kernel(Oracle& oracle) {
  return quirks_of_kernel(oracle.identity(), [&oracle](std::span<const Job> jobs) {
    Collector collector;
    const auto ran = oracle.run(jobs, collector);
    EXPECT_TRUE(ran) << ran.error().message;
    return std::move(collector.runs);
  });
}

}  // namespace mprogcheck::testing
