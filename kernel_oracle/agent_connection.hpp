// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "kernel_oracle/oracle.hpp"
#include "kernel_oracle/run_decoder.hpp"
#include "kernel_oracle/wire.hpp"

namespace mprogcheck {

/// What the agent said first.
struct AgentHello {
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
  /// The socket stays the caller's. `deadline`: how long the line may be silent while an answer is due.
  /// `counts`: the agent has said before, over another line, that it counts references. hello() finds out itself.
  AgentConnection(int socket, std::chrono::milliseconds deadline, bool counts = false)
      : socket_(socket), deadline_(deadline), counts_(counts) {}

  Result<AgentHello> hello();
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
  enum class Line { fine, hung, lost };
  /// Moves bytes until a whole frame is here, or there is room to send more and `hungry`. `note_` says what went wrong.
  Line exchange(wire::Frame& frame, bool& got_frame, bool hungry);
  bool take_frame(wire::Frame& frame, bool& got_frame);
  void encode_ahead(std::span<const Job> jobs, std::size_t& next, std::size_t end, bool one_by_one);

  /// The agent has, or will have got before what is sent next, what the job's trials choose from.
  [[nodiscard]] bool has_alphabet_of(const Job& job) const;
  void send_alphabet_of(const Job& job);

  [[nodiscard]] bool is_missing_its_count(const Job& job, bool ends_frame);

  int socket_;
  std::chrono::milliseconds deadline_;
  bool counts_;
  std::uint32_t uncounted_ = 0;  ///< runs since the last after which references were counted
  std::uint32_t alphabet_ = 0;   ///< Alphabet::number() of the last one sent
  wire::Buffer output_;
  std::size_t output_sent_ = 0;
  wire::Buffer payload_;
  std::vector<std::uint8_t> input_;
  std::size_t input_begin_ = 0, input_end_ = 0;
  std::string note_;
  RunDecoder decoder_;
  Run run_;
  Times times_;
};

}  // namespace mprogcheck
