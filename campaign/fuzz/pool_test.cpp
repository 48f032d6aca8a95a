// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/pool.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "campaign/finding/investigate.hpp"
#include "campaign/finding/one_run.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

/// A kernel that dies when a link is made on a list that has two entries already. Counts its boots.
class Fragile final : public Oracle {
 public:
  explicit Fragile(std::atomic<unsigned>& cold) : cold_(cold) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Breaking final : public RunSink {
     public:
      Breaking(std::span<const Job> jobs, RunSink& to) : jobs_(jobs), to_(to) {}
      void take(std::size_t number, Run& run) override {
        model::World world = model::world_of(jobs_[number].sequence);
        const auto& operations = jobs_[number].sequence.operations;
        for (std::size_t i = 0; i < operations.size(); ++i) {
          const auto verdict = world.predict(operations[i]);
          if (verdict.edit.kind == model::Edit::Kind::create_link && world.list(verdict.edit.list).count >= 2) {
            run.steps.resize(i);
            run.ending = Run::Ending::splat;
            run.at = static_cast<std::uint32_t>(i);
            run.note = "general protection fault, probably for non-canonical address 0xdead00000000010" +
                       std::to_string(number % 10);
            break;
          }
          world.commit(verdict.edit);
        }
        to_.take(number, run);
      }

     private:
      std::span<const Job> jobs_;
      RunSink& to_;
    };
    Breaking breaking(jobs, sink);
    return model_.run(jobs, breaking);
  }
  Result<void> renew(Start how) override {
    cold_ += how == Start::cold ? 1U : 0U;
    return {};
  }

 private:
  ModelOracle model_;
  std::atomic<unsigned>& cold_;
};

std::unique_ptr<Pool> fragile_pool(unsigned size, std::atomic<unsigned>& cold) {
  return std::move(*Pool::start(
      size, [&cold](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Fragile>(cold); }));
}

properties::Generator generator() {
  return properties::Generator({.seed = 3, .hooks = {model::Hook::tcx_ingress}, .nonsense_ppm = {}});
}

class Order final : public RunSink {
 public:
  void take(std::size_t job, Run& run) override {
    EXPECT_EQ(job, seen.size());
    seen.emplace_back(run.steps.size(), run.note);
  }
  std::vector<std::pair<std::size_t, std::string>> seen;
};

TEST(pool, gives_the_runs_of_one_oracle_in_their_order) {
  std::atomic<unsigned> cold{0};
  const auto source = generator();
  std::vector<Job> jobs;
  for (std::uint64_t i = 0; i < 50; ++i) jobs.push_back({.sequence = source.sequence(i), .traits = {}});
  Order one, many, more_than_jobs;
  ASSERT_TRUE(fragile_pool(1, cold)->run(jobs, one));
  ASSERT_TRUE(fragile_pool(3, cold)->run(jobs, many));
  EXPECT_EQ(one.seen.size(), jobs.size());
  ASSERT_EQ(many.seen.size(), jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(one.seen[i].first, many.seen[i].first) << i;
  ASSERT_TRUE(fragile_pool(4, cold)->run(std::span(jobs).first(2), more_than_jobs));
  EXPECT_EQ(more_than_jobs.seen.size(), 2U);
}

TEST(pool, spreads_every_task_once_and_tells_the_first_error) {
  std::atomic<unsigned> cold{0};
  const auto pool = fragile_pool(3, cold);
  std::vector<std::atomic<unsigned>> called(20);
  ASSERT_TRUE(pool->spread(20, [&](Oracle&, std::size_t i) -> Result<void> {
    ++called[i];
    return {};
  }));
  for (const auto& times : called) EXPECT_EQ(times, 1U);
  const auto failed = pool->spread(20, [](Oracle&, std::size_t i) -> Result<void> {
    if (i >= 1) return fail("task {}", i);
    return {};
  });
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().message.starts_with("task "));
}

/// The whole of what becomes of a crash: the same from one machine and from three.
TEST(pool, shrinks_a_crash_to_the_same_sequence_with_any_number_of_machines) {
  std::string pattern = (fs::temp_directory_path() / "mprogcheck-pool-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  std::string told[2];
  for (const unsigned size : {1U, 3U}) {
    std::atomic<unsigned> cold{0};
    const auto pool = fragile_pool(size, cold);
    const auto source = generator();
    Finding finding;
    for (std::uint64_t i = 0; finding.found.operations.empty(); ++i) {
      const Job job{.sequence = source.sequence(i), .traits = {}};
      auto judgement = run_once(*pool, job);
      ASSERT_TRUE(judgement);
      if (!judgement->divergence || job.sequence.operations.size() < 20) continue;
      finding.found = job.sequence;
      finding.divergence = std::move(*judgement->divergence);
    }
    const auto investigated = investigate(std::move(finding), *pool, {.directory = pattern});
    ASSERT_TRUE(investigated) << investigated.error().message;
    const Finding& result = investigated->finding;
    EXPECT_EQ(result.divergence.primary, properties::Property::no_splat);
    EXPECT_EQ(result.label, Label::reproducible);
    EXPECT_EQ(result.runs, 4U);
    EXPECT_EQ(cold, 2U) << "half of them";
    EXPECT_TRUE(result.minimal);
    EXPECT_LE(result.shrunk.operations.size(), 3U) << model::print(result.shrunk);
    told[size == 1 ? 0 : 1] = properties::to_string(result.divergence.fingerprint) + "\n" + model::print(result.shrunk);
  }
  EXPECT_EQ(told[0], told[1]);
  fs::remove_all(pattern);
}

}  // namespace
}  // namespace mprogcheck
