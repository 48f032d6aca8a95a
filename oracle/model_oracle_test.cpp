// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/model_oracle.hpp"

#include <gtest/gtest.h>

namespace mprogcheck {
namespace {

/// What is attached is nowhere.
struct LosesEverything final : Misbehaviour {
  void applied(model::World& world, const model::World& /*before*/, const model::Operation& /*operation*/,
               const model::Verdict& /*honest*/) override {
    for (unsigned n = 0; n < model::list_count; ++n) world.mutable_list(static_cast<model::ListIndex>(n)) = {};
  }
};

class LastLength final : public RunSink {
 public:
  void take(std::size_t /*job*/, Run& run) override { length = run.lists[run.steps.back().first_list].length; }
  std::uint32_t length = 99;
};

/// Whether a lie can be told is the specification's word, and this world is another one.
TEST(ModelOracle, ALieAboutEntriesNeedsThem) {
  Job job;
  job.sequence.declarations = {.devices = 1, .programs = 3};
  for (const std::uint32_t end : {model::flag::before, model::flag::after}) {
    job.sequence.operations = {model::Attach{.program = model::Argument::of(model::Name::pool(0))},
                               model::Attach{.program = model::Argument::of(model::Name::pool(1)), .flags = end}};
    job.lie = Lie::first_last;
    job.lie_at = 1;
    ModelOracle oracle("model:loses_everything", std::make_unique<LosesEverything>());
    LastLength last;
    ASSERT_TRUE(oracle.run({&job, 1}, last).has_value());
    EXPECT_EQ(last.length, 0U);
  }
}

}  // namespace
}  // namespace mprogcheck
