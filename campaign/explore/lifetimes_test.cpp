// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Explorations of all that goes, by an oracle that cannot count references.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "campaign/explore/model.hpp"
#include "campaign/testing/exploration.hpp"
#include "model/language/print.hpp"
#include "oracle/planted/kit.hpp"

namespace mprogcheck {
namespace {

constexpr properties::Bound lifetimes{.programs = 1, .links = 1, .lifetimes = true};
constexpr properties::Bound without_links{.programs = 1, .links = 0, .lifetimes = true};

OracleFactory without_counts(const std::string& fault = {}) {
  return [fault](unsigned) -> Result<std::unique_ptr<Oracle>> {
    if (!fault.empty()) return make_faulty_oracle(fault, false);
    auto oracle = std::make_unique<ModelOracle>();
    oracle->stop_counting();
    return oracle;
  };
}

TEST(lifetimes, are_explored_whole_by_the_model) {
  const auto explored = explore_model(lifetimes, model::Naming::labelled);
  EXPECT_TRUE(explored.complete);
  EXPECT_EQ(explored.states, 3005U);
  EXPECT_EQ(explored.outside, 0U);
  EXPECT_TRUE(explored.broken.empty()) << explored.broken.front().invariant.what;
  for (const auto rule : {model::Rule::remove_done, model::Rule::make_done, model::Rule::move_done,
                          model::Rule::qdisc_done, model::Rule::pin_done, model::Rule::get_done,
                          model::Rule::unpin_done, model::Rule::load_done, model::Rule::open_done})
    EXPECT_NE(explored.coverage.count(rule), 0U) << model::name_of(rule);
}

TEST_F(exploration, of_lifetimes_has_an_outcome_for_every_pair) {
  const auto report = explored({.bound = lifetimes, .jobs = 2}, without_counts());
  EXPECT_TRUE(report.is_complete());
  EXPECT_EQ(report.states, 3005U);
  EXPECT_LT(report.pairs, report.states * report.operations) << "what leads out is none of it";
  EXPECT_EQ(report.covered, report.pairs);
  EXPECT_EQ(report.avoided, 0U) << "nothing is known to be avoided";
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GT(report.canaries.planted, 0U);
  EXPECT_EQ(report.canaries.planted, report.canaries.caught);
}

TEST_F(exploration, of_lifetimes_goes_by_sequences_that_can_be_run) {
  const ExploreSpace space(lifetimes, {}, {});
  ASSERT_TRUE(space.can_be_explored());
  for (const auto& tour : space.tours()) {
    model::Sequence sequence = space.sequence_to(0);
    for (const auto& step : tour.way) sequence.operations.push_back(space.machine().operation(step.operation));
    const auto invalid = model::validate(sequence);
    EXPECT_FALSE(invalid) << invalid->operation << ": " << invalid->expected;
  }
}

class leak : public exploration, public testing::WithParamInterface<std::string> {};

std::vector<std::string> all_leaks() {
  std::vector<std::string> all;
  for (const PlantedFault& fault : planted::leak_faults()) all.emplace_back(fault.name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Each, leak, testing::ValuesIn(all_leaks()), [](const auto& each) { return each.param; });

TEST_P(leak, is_met_without_counts) {
  // Of links there is more to explore: only where it takes one.
  const bool takes_a_link = GetParam().find("link") != std::string::npos || GetParam().starts_with("update");
  const auto report =
      explored({.bound = takes_a_link ? lifetimes : without_links, .jobs = 2}, without_counts(GetParam()));
  ASSERT_FALSE(report.findings.empty());
  std::size_t folders = 0;
  for ([[maybe_unused]] const auto& folder : std::filesystem::directory_iterator(directory_ / "out" / "findings"))
    ++folders;
  EXPECT_EQ(folders, report.findings.size()) << "what turned out to be the same has left a folder";
  const bool alive = std::ranges::any_of(report.findings, [](const Finding& finding) {
    return finding.divergence.primary == properties::Property::lifecycle && finding.label == Label::reproducible &&
           finding.shrunk.operations.size() <= 6;
  });
  std::string all;
  for (const Finding& finding : report.findings)
    all += std::string(properties::name_of(finding.divergence.primary)) + ", " + std::string(name_of(finding.label)) +
           (finding.minimal ? ":\n" : ", not minimal:\n") + model::print(finding.shrunk);
  EXPECT_TRUE(alive) << all;
}

}  // namespace
}  // namespace mprogcheck
