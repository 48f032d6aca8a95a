// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The agent as a child of another process, in a network namespace of its own. It is never run on the machine that
// tests: the kernel that is `here` for it is one in a VM.
#include "kernel_oracle/here_oracle.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "kernel_oracle/agent_path.hpp"
#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/kernel_quirks.hpp"
#include "model/language/print.hpp"
#include "oracle/needs.hpp"
#include "vm/initramfs.hpp"
#include "vm/machine.hpp"
#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;

TEST(HereOracle, TheAgentRunsAsAChildInItsOwnNamespace) {
  const auto kernel = testing::find_stock_kernel();
  if (!kernel) GTEST_SKIP() << kernel.error().message;
  const auto agent = find_agent();
  ASSERT_TRUE(agent) << agent.error().message;
  auto directory = ::testing::TempDir() + "here_oracle_test.XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  vm::MachineConfig config;
  config.kernel = *kernel;
  config.directory = directory;
  config.initramfs = directory + "/initramfs.cpio";
  const auto written = vm::write_initramfs(
      {.init = HERE_TEST_INIT, .modules = kernel->modules, .files = {{"agent", *agent}}}, config.initramfs);
  ASSERT_TRUE(written) << written.error().message;
  {
    const auto machine = vm::Machine::boot(config);
    ASSERT_TRUE(machine) << machine.error().message;
    AgentConnection connection(machine->channel(), 20s);
    const auto hello = connection.hello();
    ASSERT_TRUE(hello) << hello.error().message;
    EXPECT_TRUE(hello->has("tcx"));
    EXPECT_EQ(hello->complaints, "");
    EXPECT_TRUE(hello->has("device"));
    EXPECT_TRUE(hello->has("pin"));
    EXPECT_FALSE(hello->has("qdisc")) << "nobody loads the module";
    const OracleIdentity identity{
        .source = {}, .release = hello->release, .accelerator = {}, .features = hello->features};
    const model::Traits traits = testing::quirks_of_kernel(identity, [&connection](std::span<const Job> jobs) {
      testing::Collector collector;
      EXPECT_EQ(connection.run(jobs, 0, jobs.size(), false, collector).ending, Run::Ending::complete);
      return std::move(collector.runs);
    });
    for (const Depth depth : {Depth::fast, Depth::deep}) {
      auto jobs = testing::hand_made(depth, traits);
      for (const Job& job : testing::hand_made_lifetimes(depth, traits))
        if (can_run(identity, job.sequence)) jobs.push_back(job);
      testing::Collector collector;
      const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
      EXPECT_EQ(progress.ending, Run::Ending::complete) << progress.note;
      ASSERT_EQ(collector.runs.size(), jobs.size());
      for (std::size_t n = 0; n < jobs.size(); ++n)
        EXPECT_EQ(testing::difference(jobs[n], collector.runs[n]), "") << model::print(jobs[n].sequence);
    }
    connection.bye();
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace mprogcheck
