// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/curfew.hpp"
#include "base/result.hpp"
#include "kernel_oracle/agent_budget.hpp"
#include "kernel_oracle/run_decoder.hpp"
#include "kernel_oracle/wire.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What the agent said first. As all text that comes from here it is clean, and of a sensible length: see
/// base/text.hpp.
struct AgentHello {
  static constexpr std::size_t release_length = 64;  ///< of struct utsname
  std::string release;
  std::vector<std::string> features;
  unsigned devices = 0;
  std::string complaints;  ///< what it could not set up; empty if all is well
  [[nodiscard]] bool has(std::string_view feature) const;
};

/// A conversation with an agent over one stream socket, whatever is at its other end. Jobs are sent ahead of the runs
/// that come back, so that the guest never waits for us, and neither side ever waits for the other to read.
class AgentConnection {
 public:
  /// The socket stays the caller's. `counts`: the agent has said before, over another line, that it counts references.
  /// hello() finds out itself. `curfew`: when to leave an agent alone that is at work; null: never.
  AgentConnection(int socket, const AgentBudget& budget, bool counts = false, const Curfew* curfew = nullptr)
      : socket_(socket), budget_(budget), counts_(counts), curfew_(curfew) {}
  /// `silence`: how long the line may be silent while an answer is due.
  AgentConnection(int socket, std::chrono::milliseconds silence, bool counts = false, const Curfew* curfew = nullptr)
      : AgentConnection(socket, AgentBudget::with_silence(silence), counts, curfew) {}

  /// `within`: so long it may take, where that is longer than silence may be.
  Result<AgentHello> hello(std::chrono::milliseconds within = std::chrono::milliseconds(0));
  /// Does the agent answer, and can it empty its world? Runs a sequence of no operations. An Error says what is wrong.
  Result<void> probe();

  /// How far it came.
  struct Progress {
    std::size_t taken = 0;  ///< jobs before this one have been handed to the sink
    std::size_t sent = 0;   ///< jobs before this one have been sent: the guest may have been in any of them
    /// complete: all is taken. unclean, splat: the last run taken ended so, and the guest runs no further one. hung,
    /// lost: of the line; no run says so.
    Run::Ending ending = Run::Ending::complete;
    std::string note;
    /// Not empty: the agent does not do what it is there for, in one line, and nothing it says can be relied on.
    std::string fault;
    /// It was the curfew. Of kind `interrupted`, unless nothing had come for so long that the guest may be hung.
    std::optional<Error> cut;
  };
  /// An agent that counts references does so at least after one of so many runs, and after the last one of a frame.
  static constexpr std::uint32_t counted_every = 32;
  /// Runs jobs[begin, end). `one_by_one`: each run is sent before the next job begins, at the price of speed.
  Progress run(std::span<const Job> jobs, std::size_t begin, std::size_t end, bool one_by_one, RunSink& sink);

  Result<wire::Bench> bench(std::span<const Job> jobs);

  /// Asks the agent to end.
  void bye();

  /// Seconds spent waiting for the guest, encoding jobs, decoding runs, since the beginning: for bench.
  struct Times {
    double waiting = 0, encoding = 0, decoding = 0;
  };
  [[nodiscard]] const Times& times() const { return times_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Line { fine, hung, lost, cut };
  /// Since when the agent is at what it has to do, and for how long it may be.
  struct Task {
    Clock::time_point begin;
    std::chrono::milliseconds within;  ///< or, if that is longer,
    std::span<const Job> jobs{};       ///< as long as these take, so many
    unsigned times = 1;
  };
  /// Moves bytes until a whole frame is here, or there is room to send more and `hungry`. `note_` says what went wrong.
  Line exchange(wire::Frame& frame, bool& got_frame, bool hungry, const Task& task);
  bool take_frame(wire::Frame& frame, bool& got_frame);
  [[nodiscard]] bool is_overdue(const Task& task, Clock::time_point now);
  [[nodiscard]] std::size_t input_announced() const;
  bool receive();
  void send_some();
  /// The error of a line that was cut.
  [[nodiscard]] Error cut_error(const Task& task) const;
  void encode_ahead(std::span<const Job> jobs, std::size_t& next, std::size_t end, bool one_by_one);

  /// The agent has, or will have got before what is sent next, what the job's trials choose from.
  [[nodiscard]] bool has_alphabet_of(const Job& job) const;
  void send_alphabet_of(const Job& job);

  [[nodiscard]] bool is_missing_its_count(const Job& job, bool ends_frame);

  int socket_;
  AgentBudget budget_;
  bool counts_;
  const Curfew* curfew_;
  std::uint32_t uncounted_ = 0;  ///< runs since the last after which references were counted
  std::uint32_t alphabet_ = 0;   ///< Alphabet::number() of the last one sent
  wire::Buffer output_;
  std::size_t output_sent_ = 0;
  wire::Buffer payload_;
  std::vector<std::uint8_t> input_;
  std::size_t input_begin_ = 0, input_end_ = 0;
  Clock::time_point last_byte_;                   ///< or the begin of the waiting, in either direction
  std::optional<Clock::time_point> frame_begin_;  ///< of the frame that is not whole yet
  std::string note_;
  RunDecoder decoder_;
  Run run_;
  Times times_;
};

}  // namespace mprogcheck
