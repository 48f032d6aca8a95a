// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/pool.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace mprogcheck {

namespace {

class KeepingSink final : public RunSink {
 public:
  explicit KeepingSink(std::size_t jobs) : runs_(jobs) {}
  void take(std::size_t job, Run& run) override {
    std::swap(runs_[job], run);
    taken_ = job + 1;
  }
  /// Those that have arrived.
  std::span<Run> runs() { return std::span(runs_).first(taken_); }

 private:
  std::vector<Run> runs_;
  std::size_t taken_ = 0;
};

}  // namespace

Result<std::unique_ptr<Pool>> Pool::start(unsigned jobs, const OracleFactory& make_oracle) {
  std::vector<std::unique_ptr<Oracle>> oracles;
  for (unsigned worker = 0; worker < std::max(jobs, 1U); ++worker) {
    auto oracle = make_oracle(worker);
    if (!oracle) return tl::unexpected(oracle.error());
    oracles.push_back(std::move(*oracle));
  }
  return std::make_unique<Pool>(std::move(oracles));
}

Result<void> Pool::spread(std::size_t count, const std::function<Result<void>(Oracle&, std::size_t)>& task) const {
  std::mutex mutex;
  std::size_t next = 0;
  std::optional<std::pair<std::size_t, Error>> failed;
  const auto work = [&](Oracle& oracle) {
    for (;;) {
      std::size_t mine = 0;
      {
        const std::scoped_lock lock(mutex);
        if (failed || next >= count) return;
        mine = next++;
      }
      const auto done = task(oracle, mine);
      if (done) continue;
      const std::scoped_lock lock(mutex);
      if (!failed || mine < failed->first) failed = {mine, done.error()};
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < std::min(size(), count); ++worker)
    threads.emplace_back([&, worker] { work(at(worker)); });
  work(at(0));
  for (auto& thread : threads) thread.join();
  if (failed) return tl::unexpected(failed->second);
  return {};
}

Result<void> Pool::run(std::span<const Job> jobs, RunSink& sink) {
  const std::size_t parts = std::min(size(), jobs.size());
  if (parts <= 1) return at(0).run(jobs, sink);
  const auto begin_of = [&](std::size_t part) { return part * jobs.size() / parts; };
  std::vector<KeepingSink> sinks;
  for (std::size_t part = 0; part < parts; ++part) sinks.emplace_back(begin_of(part + 1) - begin_of(part));
  auto ran = spread(parts, [&](Oracle& oracle, std::size_t part) {
    return oracle.run(jobs.subspan(begin_of(part), begin_of(part + 1) - begin_of(part)), sinks[part]);
  });
  for (std::size_t part = 0; part < parts; ++part) {
    const auto runs = sinks[part].runs();
    for (std::size_t i = 0; i < runs.size(); ++i) sink.take(begin_of(part) + i, runs[i]);
    if (begin_of(part) + runs.size() < begin_of(part + 1)) break;
  }
  return ran;
}

Result<void> Pool::renew(Start how) {
  // Each oracle once: spread() may give two tasks to one.
  std::vector<Result<void>> done(size());
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < size(); ++worker)
    threads.emplace_back([&, worker] { done[worker] = at(worker).renew(how); });
  for (auto& thread : threads) thread.join();
  for (const auto& result : done)
    if (!result) return result;
  return {};
}

std::uint64_t Pool::guests() const {
  std::uint64_t all = 0;
  for (const auto& oracle : oracles_) all += oracle->guests();
  return all;
}

std::uint64_t Pool::guest_bytes() const {
  std::uint64_t all = 0;
  for (const auto& oracle : oracles_) all += oracle->guest_bytes();
  return all;
}

}  // namespace mprogcheck
