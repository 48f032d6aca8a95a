// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What no list takes, wherever an fd or an id stands, each with each: on a real kernel.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "campaign/explore/tour_run.hpp"
#include "campaign/known.hpp"
#include "kernel_oracle/testing/stock_kernel.hpp"
#include "model/guest_object.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck {
namespace {

std::vector<model::Operation> every_call_with(const std::vector<std::string>& objects) {
  std::vector<model::Operation> all;
  const auto add = [&](const std::string& text) { all.push_back(*model::parse_operation(text)); };
  auto programs = objects;
  programs.insert(programs.end(), {"p0", "p1", "fd 901", "l0"});
  for (const std::string& object : objects) {
    add("detach_link " + object);
    add("update l0 " + object);
    add("update l0 p0 expect " + object);
    for (const std::string& program : programs) {
      add(fmt::format("update {} {}", object, program));
      for (const std::string& old : programs) add(fmt::format("update {} {} expect {}", object, program, old));
    }
    for (const char* call :
         {"attach tcx_ingress@d0 {}", "attach tcx_ingress@d0 p0 replace {}", "attach tcx_ingress@d0 {} replace p0",
          "link l0 tcx_ingress@d0 {}", "detach tcx_ingress@d0 {}"})
      add(fmt::format(fmt::runtime(call), object));
    for (const char* call : {"attach tcx_ingress@d0 p0", "attach tcx_ingress@d0 p0 replace p0",
                             "link l0 tcx_ingress@d0 p0", "detach tcx_ingress@d0 p0", "detach tcx_ingress@d0"})
      for (const char* way : {"before", "after", "before after", "relative", "before link", "after link", "link"})
        for (const char* kind : {"fd", "id"}) add(fmt::format("{} {} {}({})", call, way, kind, object));
  }
  return all;
}

class guest_objects : public testing::StockKernel {};

// Sequences draw few of these pairs in a million operations.
TEST_F(guest_objects, are_taken_or_refused_as_the_model_says_each_with_each) {
  const auto entries = known_divergences();
  ASSERT_TRUE(entries);
  const auto known = probe_known(*oracle_, *entries);
  ASSERT_TRUE(known) << known.error().message;
  const model::GuestObjectSet lacking = lacking_objects(oracle_->identity());
  std::vector<std::string> objects;
  for (unsigned n = 0; n < model::Name::object_count; ++n)
    if ((lacking >> n & 1U) == 0) objects.push_back(fmt::format("o{}", n));
  EXPECT_EQ(objects.size(), model::Name::object_count) << "this kernel had all of them";
  const auto calls = every_call_with(objects);
  const ExploreSpace space(
      {.programs = 1, .links = 1}, known->traits, Shard{},
      [&](const model::Operation& operation, model::Rule rule) { return known->avoids(operation, rule); }, nullptr,
      calls);
  ASSERT_TRUE(space.can_be_explored());
  std::uint64_t covered = 0;
  for (const properties::Tour& tour : space.tours()) {
    const auto ran = run_tour(space, tour, known->traits, *oracle_);
    ASSERT_TRUE(ran) << ran.error().message;
    for (const TourSuspect& suspect : ran->suspects)
      ADD_FAILURE() << (suspect.pair.operation == TriedTrials::none
                            ? std::string("a tour")
                            : model::print(space.machine().operation(suspect.pair.operation)))
                    << ": expected " << suspect.expected << ", found " << suspect.found;
    covered += ran->table.sum().covered;
  }
  EXPECT_EQ(covered, space.pairs());
}

}  // namespace
}  // namespace mprogcheck
