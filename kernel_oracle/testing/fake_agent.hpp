// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/socket.h>

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "kernel_oracle/guest/channel.hpp"
#include "kernel_oracle/wire.hpp"
#include "kernel_oracle/wire_trial.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck::testing {

/// For tests: an agent without a kernel, at the other end of a socket pair. Every step succeeds and shows nothing; what
/// it does wrong is for the test to say.
class FakeAgent {
 public:
  enum class Fate {
    live,       ///< answer
    die,        ///< close the line, with what was not sent unsent
    freeze,     ///< never answer again
    chatter,    ///< answer, after a few heartbeats
    babble,     ///< send what is no frame
    parts,      ///< answer, each step in a frame of its own
    unclean,    ///< answer that the world could not be emptied
    uncounted,  ///< answer, and say that references were not counted after the run
  };
  using Plan = std::function<Fate(std::uint32_t job)>;

  explicit FakeAgent(Plan plan, std::size_t coalesced = 1024, std::string features = "tcx")
      : plan_(std::move(plan)), coalesced_(coalesced), features_(std::move(features)) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    ours_ = Fd(ends[0]);
    theirs_ = Fd(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeAgent() {
    ::shutdown(ours_.get(), SHUT_RDWR);
    thread_.join();
  }
  FakeAgent(const FakeAgent&) = delete;
  FakeAgent& operator=(const FakeAgent&) = delete;

  [[nodiscard]] int socket() const { return ours_.get(); }
  /// So many frames of alphabets came.
  [[nodiscard]] unsigned alphabets() const { return alphabets_; }

 private:
  void serve() {
    // The host may hang up while something is being sent. That ends an agent, but not the test that it is a part of.
    sigset_t broken_line;
    ::sigemptyset(&broken_line);
    ::sigaddset(&broken_line, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_line, nullptr);
    guest::Channel channel(theirs_.get());
    wire::Buffer out;
    send(channel, out, wire::FrameType::hello, [this](wire::Buffer& to) {
      wire::put_hello(
          to, {.agent = 1, .devices = 4, .clock = 0, .release = "fake", .features = features_, .complaints = ""});
    });
    wire::Frame frame;
    while (channel.read(frame)) {
      if (frame.type == wire::FrameType::bench_request) {
        chatter(channel, out);
        send(channel, out, wire::FrameType::bench_answer, [](wire::Buffer& to) { wire::put_bench(to, {.rounds = 1}); });
        continue;
      }
      if (frame.type == wire::FrameType::alphabet) {
        wire::Reader reader(frame.payload);
        wire::AlphabetPart part;
        if (!wire::get_alphabet_part(reader, part)) break;
        alphabet_ = part.number;
        ++alphabets_;
        continue;
      }
      if (frame.type != wire::FrameType::jobs || !run(channel, frame.payload)) break;
    }
    ::shutdown(theirs_.get(), SHUT_RDWR);
  }

  template <typename Fill>
  static void send(guest::Channel& channel, wire::Buffer& out, wire::FrameType type, Fill fill) {
    const auto frame = wire::begin_frame(out, type);
    fill(out);
    wire::end_frame(out, frame);
    channel.send(out);
  }

  static void chatter(guest::Channel& channel, wire::Buffer& out) {
    for (int n = 0; n < 5; ++n) send(channel, out, wire::FrameType::log, [](wire::Buffer& to) { to.text(""); });
  }

  bool run(guest::Channel& channel, std::span<const std::uint8_t> payload) {
    wire::Reader reader(payload);
    wire::JobsHeader header;
    wire::get_jobs_header(reader, header);
    wire::Buffer runs, out;
    const auto flush = [&] {
      send(channel, out, wire::FrameType::runs, [&](wire::Buffer& to) { to.bytes(runs.view().data(), runs.size()); });
      runs.clear();
    };
    for (std::uint32_t n = 0; n < header.jobs; ++n) {
      wire::JobRecord job;
      if (!wire::get_job(reader, job)) return false;
      if (!job.trials.empty() && job.alphabet != alphabet_) return false;
      const Fate fate = plan_(job.number);
      if (fate == Fate::die) return false;
      if (fate == Fate::freeze) {
        wire::Frame never;
        while (channel.read(never)) {
        }
        return false;
      }
      if (fate == Fate::babble) {
        out.text("Boot took 3 s");
        out.text("no frame, whatever it is");
        channel.send(out);
        return true;
      }
      if (fate == Fate::chatter) chatter(channel, out);
      auto run = wire::put_run_head(runs, job.number);
      wire::RunHead head;
      for (std::uint32_t i = 0; i < job.step_count; ++i) {
        if (fate == Fate::parts && i != 0) {
          wire::end_part(runs, run, head.steps);
          head.steps = 0;
          flush();
          run = wire::put_run_head(runs, job.number, i);
        }
        wire::put_step_head(runs, {});
        ++head.steps;
      }
      if (fate == Fate::unclean) head.ending = wire::Ending::unclean;
      head.counted = fate != Fate::uncounted;
      wire::end_run(runs, run, head, fate == Fate::unclean ? "left something" : "");
      if (header.one_by_one || fate == Fate::unclean || runs.size() >= coalesced_) flush();
      if (fate == Fate::unclean) return true;
    }
    if (runs.size() != 0) flush();
    return true;
  }

  Plan plan_;
  std::uint32_t alphabet_ = 0;  ///< the number of the one that it has
  std::atomic<unsigned> alphabets_{0};
  std::size_t coalesced_;
  std::string features_;
  Fd ours_, theirs_;
  std::thread thread_;
};

/// Keeps what it is given, and holds that it is given it in order.
class Collector final : public RunSink {
 public:
  void take(std::size_t job, Run& run) override {
    in_order_ = in_order_ && job == runs.size();
    runs.push_back(std::move(run));
  }
  [[nodiscard]] bool in_order() const { return in_order_; }
  std::vector<Run> runs;

 private:
  bool in_order_ = true;
};

}  // namespace mprogcheck::testing
