// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/agent_connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "kernel_oracle/job_encoder.hpp"
#include "kernel_oracle/run_decoder.hpp"

namespace mprogcheck {

namespace {

/// A jobs frame is closed at this size: a few hundred operations, a few milliseconds of the guest's time.
constexpr std::size_t frame_bytes = 32UL << 10;
/// So many jobs' bytes may be on their way: enough that the guest never waits, few enough to repeat after a crash.
constexpr std::size_t bytes_ahead = 128UL << 10;
constexpr std::size_t read_chunk = 256UL << 10;

class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Stopwatch(double& seconds) : seconds_(seconds) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  double& seconds_;
  Clock::time_point begin_ = Clock::now();
};

/// The words that can be names of features.
std::vector<std::string> features_in(std::string_view text) {
  constexpr std::size_t most = 256, longest = 64;
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
  std::vector<std::string> found;
  while (!text.empty() && found.size() < most) {
    const auto word = text.substr(0, text.find(' '));
    if (!word.empty() && word.size() <= longest && word.find_first_not_of(letters) == std::string_view::npos)
      found.emplace_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return found;
}

}  // namespace

bool AgentHello::has(std::string_view feature) const {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

/// The next frame of what has been read, if it is whole. False if the bytes are no frame.
bool AgentConnection::take_frame(wire::Frame& frame, bool& got_frame) {
  const auto fault = wire::read_frame(std::span(input_.data() + input_begin_, input_end_ - input_begin_), frame);
  got_frame = fault == wire::Fault::none;
  if (got_frame) {
    input_begin_ += frame.size;
    frame_begin_.reset();
    return true;
  }
  if (fault == wire::Fault::incomplete) return true;
  note_ = fmt::format("the agent sent {}", wire::text_of(fault));
  return false;
}

/// Whether it is time to give the agent up, unless something has come in the meantime: it may be this process that was
/// kept waiting. `note_` says why.
bool AgentConnection::is_overdue(const Task& task, Clock::time_point now) {
  const auto seconds = [now](Clock::time_point begin) { return std::chrono::duration<double>(now - begin).count(); };
  if (now - last_byte_ >= budget_.silence) {
    note_ = fmt::format("no answer for {:.1f} s", seconds(last_byte_));
    return true;
  }
  if (frame_begin_ && now - *frame_begin_ >= budget_.frame(input_announced())) {
    note_ = fmt::format("a frame that was begun {:.1f} s ago is not whole", seconds(*frame_begin_));
    return true;
  }
  // Jobs are counted for nobody but who seems to be late.
  if (now - task.begin < task.within) return false;
  if (!task.jobs.empty() && now - task.begin < task.times * budget_.work(task.jobs)) return false;
  note_ = fmt::format("{}no end of it for {:.1f} s", task.jobs.empty() ? "" : "the agent says that it is at work, and ",
                      seconds(task.begin));
  return true;
}

/// How long the frame is to be that has begun to come.
std::size_t AgentConnection::input_announced() const {
  constexpr std::size_t length_at = 8;
  if (input_end_ - input_begin_ < wire::header_size) return wire::header_size;
  return wire::header_size + wire::Reader::load<std::uint32_t>(input_.data() + input_begin_ + length_at);
}

Error AgentConnection::cut_error(const Task& task) const {
  const auto now = Clock::now();
  const bool may_hang = now - task.begin >= budget_.silence / 2;
  return {may_hang ? Error::Kind::infrastructure : Error::Kind::interrupted,
          fmt::format("{}: the guest was at work for {:.1f} s, and was left alone{}", curfew_->why(),
                      std::chrono::duration<double>(now - task.begin).count(),
                      may_hang ? "; whether it hangs is not known: run it again, for longer" : "")};
}

/// Takes what is there. False if the line is none.
bool AgentConnection::receive() {
  if (input_begin_ == input_end_) input_begin_ = input_end_ = 0;
  if (input_.size() - input_end_ < read_chunk) {
    if (input_begin_ != 0) std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
    input_end_ -= std::exchange(input_begin_, 0);
    if (input_.size() - input_end_ < read_chunk) input_.resize(std::max(2 * input_.size(), input_end_ + read_chunk));
  }
  const auto got = ::recv(socket_, input_.data() + input_end_, input_.size() - input_end_, MSG_DONTWAIT);
  if (got > 0) {
    input_end_ += static_cast<std::size_t>(got);
    last_byte_ = Clock::now();
    if (!frame_begin_) frame_begin_ = last_byte_;
  } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
    note_ = got == 0 ? "the line to the agent was closed" : fmt::format("recv: {}", std::strerror(errno));
    return false;
  }
  return true;
}

void AgentConnection::send_some() {
  const auto rest = output_.view().subspan(output_sent_);
  const auto put = ::send(socket_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put > 0) {
    output_sent_ += static_cast<std::size_t>(put);
    last_byte_ = Clock::now();
  } else if (put < 0 && errno != EINTR && errno != EAGAIN) {
    // What the agent said last may still be on its way: reading it decides.
    output_sent_ = output_.size();
  }
}

AgentConnection::Line AgentConnection::exchange(wire::Frame& frame, bool& got_frame, bool hungry, const Task& task) {
  last_byte_ = Clock::now();
  auto now = last_byte_;
  for (;; now = Clock::now()) {
    if (!take_frame(frame, got_frame)) return Line::lost;
    if (got_frame) return Line::fine;
    if (output_sent_ == output_.size()) {
      output_.clear();
      output_sent_ = 0;
      if (hungry) return Line::fine;
    }
    if (curfew_ != nullptr && curfew_->is_over(now)) return Line::cut;
    const bool overdue = is_overdue(task, now);
    const bool writing = output_sent_ < output_.size();
    pollfd poll{socket_, static_cast<short>(POLLIN | (writing ? POLLOUT : 0)), 0};
    const auto left = std::min<Clock::duration>(budget_.silence - (now - last_byte_), Curfew::glance);
    int ready = 0;
    {
      const Stopwatch waiting(times_.waiting);
      const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
      ready = ::poll(&poll, 1, overdue ? 0 : static_cast<int>(milliseconds));
    }
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) {
      note_ = fmt::format("poll: {}", std::strerror(errno));
      return Line::lost;
    }
    if (ready == 0 && overdue) return Line::hung;
    if ((poll.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0 && !receive()) return Line::lost;
    if (writing && (poll.revents & POLLOUT) != 0) send_some();
  }
}

Result<AgentHello> AgentConnection::hello(std::chrono::milliseconds within) {
  wire::Frame frame;
  bool got_frame = false;
  const Task task{.begin = Clock::now(), .within = std::max(within, budget_.silence)};
  const Line line = exchange(frame, got_frame, false, task);
  if (line == Line::cut) return fail(Error::Kind::interrupted, "{} while a guest was starting", curfew_->why());
  if (line != Line::fine) return fail("the agent did not introduce itself: {}", note_);
  wire::Reader reader(frame.payload);
  wire::Hello hello;
  if (frame.type == wire::FrameType::error) return fail("the agent gave up: {}", printable_line(reader.text()));
  if (frame.type != wire::FrameType::hello || !wire::get_hello(reader, hello))
    return fail("the agent did not introduce itself: expected a hello, found something else");
  AgentHello told{.release = printable_line(hello.release, AgentHello::release_length),
                  .features = features_in(hello.features),
                  .devices = hello.devices,
                  .complaints = printable_line(hello.complaints)};
  counts_ = told.has(feature_refcnt);
  return told;
}

Result<void> AgentConnection::probe() {
  class Nowhere final : public RunSink {
    void take(std::size_t, Run&) override {}
  } nowhere;
  const Job nothing;
  const auto progress = run(std::span(&nothing, 1), 0, 1, true, nowhere);
  if (progress.cut) return tl::unexpected(*progress.cut);
  if (progress.ending == Run::Ending::complete) return {};
  return fail("the agent cannot run a sequence of no operations: {}", progress.note);
}

bool AgentConnection::has_alphabet_of(const Job& job) const {
  return job.trials.empty() || job.alphabet == nullptr || job.alphabet->number() == alphabet_;
}

void AgentConnection::send_alphabet_of(const Job& job) {
  if (has_alphabet_of(job)) return;
  const Stopwatch encoding(times_.encoding);
  encode_alphabet(*job.alphabet, output_);
  alphabet_ = job.alphabet->number();
}

void AgentConnection::encode_ahead(std::span<const Job> jobs, std::size_t& next, std::size_t end, bool one_by_one) {
  const Stopwatch encoding(times_.encoding);
  payload_.clear();
  std::uint32_t count = 0;
  while (next < end && payload_.size() < frame_bytes && has_alphabet_of(jobs[next])) {
    encode_job(jobs[next], static_cast<std::uint32_t>(next), payload_);
    ++next;
    ++count;
  }
  const auto frame = wire::begin_frame(output_, wire::FrameType::jobs);
  wire::put_jobs_header(output_, {.jobs = count, .one_by_one = one_by_one});
  output_.bytes(payload_.view().data(), payload_.size());
  wire::end_frame(output_, frame);
}

/// That no leak was found means nothing where nobody looked.
bool AgentConnection::is_missing_its_count(const Job& job, bool ends_frame) {
  uncounted_ = run_.counted ? 0 : uncounted_ + 1;
  const bool well = run_.ending == Run::Ending::complete || ends_by_lie(job.lie, run_.note);
  return counts_ && well && uncounted_ != 0 && (ends_frame || job.depth == Depth::deep || uncounted_ >= counted_every);
}

AgentConnection::Progress AgentConnection::run(std::span<const Job> jobs, std::size_t begin, std::size_t end,
                                               bool one_by_one, RunSink& sink) {
  Progress progress{.taken = begin, .sent = begin, .ending = Run::Ending::complete, .note = {}, .fault = {}, .cut = {}};
  const auto stop = [&](Run::Ending ending, std::string note) {
    progress.ending = ending;
    progress.note = std::move(note);
    return progress;
  };
  decoder_.reset();
  uncounted_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> ahead;  // frames on their way: (jobs before, bytes)
  std::size_t bytes = 0, logged = 0;
  auto since = Clock::now();
  while (progress.taken < end) {
    while (progress.sent < end && bytes < bytes_ahead && output_.size() - output_sent_ < bytes_ahead) {
      send_alphabet_of(jobs[progress.sent]);
      const std::size_t before = output_.size();
      encode_ahead(jobs, progress.sent, end, one_by_one);
      ahead.emplace_back(progress.sent, output_.size() - before);
      bytes += output_.size() - before;
    }
    wire::Frame frame;
    bool got_frame = false;
    const Task task{.begin = since,
                    .within = budget_.overhead,
                    .jobs = jobs.subspan(progress.taken, ahead.empty() ? 0 : ahead.front().first - progress.taken)};
    const Line line = exchange(frame, got_frame, progress.sent < end && bytes < bytes_ahead, task);
    if (line == Line::cut) {
      progress.cut = cut_error(task);
      return stop(Run::Ending::lost, progress.cut->message);
    }
    if (line != Line::fine) return stop(line == Line::hung ? Run::Ending::hung : Run::Ending::lost, note_);
    if (!got_frame) continue;
    wire::Reader reader(frame.payload);
    if (frame.type == wire::FrameType::log) {  // a long run goes on: it is not silent
      logged += frame.size;
      if (logged > budget_.log_bytes)
        return stop(Run::Ending::lost, fmt::format("the agent sent {} bytes that say nothing", logged));
      continue;
    }
    if (frame.type == wire::FrameType::error)
      return stop(Run::Ending::lost, fmt::format("the agent gave up: it was sent {}", printable_line(reader.text())));
    if (frame.type != wire::FrameType::runs) return stop(Run::Ending::lost, "the agent sent a frame out of turn");
    while (reader.left() != 0) {
      bool good = false;
      {
        const Stopwatch decoding(times_.decoding);
        if (progress.taken < progress.sent) {
          const Due due(static_cast<std::uint32_t>(progress.taken), jobs[progress.taken]);
          good = decoder_.read(reader, run_, &due);
        }
      }
      if (!good) return stop(Run::Ending::lost, "the agent sent a run that makes no sense");
      if (!decoder_.whole()) continue;
      const std::size_t number = decoder_.number();
      since = last_byte_;
      logged = 0;
      run_.counts = counts_;
      const bool ends_frame =
          std::any_of(ahead.begin(), ahead.end(), [&](const auto& sent) { return sent.first == number + 1; });
      if (is_missing_its_count(jobs[number], ends_frame)) {
        progress.fault = fmt::format(
            "the agent says that it counts references, and after the sequence of job {} it did not: leaks may have "
            "gone unseen",
            number);
        return stop(Run::Ending::lost, progress.fault);
      }
      const auto ending = run_.ending;
      auto note = run_.note;
      sink.take(number, run_);
      ++progress.taken;
      if (ending != Run::Ending::complete && !ends_by_lie(jobs[number].lie, note)) return stop(ending, std::move(note));
    }
    std::size_t done = 0;
    while (done < ahead.size() && ahead[done].first <= progress.taken) bytes -= ahead[done++].second;
    ahead.erase(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(done));
  }
  return progress;
}

Result<wire::Bench> AgentConnection::bench(std::span<const Job> jobs) {
  for (const Job& job : jobs) send_alphabet_of(job);
  if (!std::all_of(jobs.begin(), jobs.end(), [this](const Job& job) { return has_alphabet_of(job); }))
    return fail(Error::Kind::usage, "the jobs to be measured have several alphabets");
  const auto request = wire::begin_frame(output_, wire::FrameType::bench_request);
  wire::put_jobs_header(output_, {.jobs = static_cast<std::uint32_t>(jobs.size()), .one_by_one = false});
  for (std::size_t i = 0; i < jobs.size(); ++i) encode_job(jobs[i], static_cast<std::uint32_t>(i), output_);
  wire::end_frame(output_, request);
  if (output_.size() - request > wire::max_payload) return fail("the jobs to be measured are too many for one frame");
  wire::Frame frame;
  bool got_frame = false;
  // The guest says once a second that it is still measuring. It runs the jobs a dozen times, and until it has measured
  // a second of each side.
  constexpr unsigned times = 16;
  const Task task{.begin = Clock::now(), .within = budget_.overhead, .jobs = jobs, .times = times};
  std::size_t logged = 0;
  do {
    const Line line = exchange(frame, got_frame, false, task);
    if (line == Line::cut) return tl::unexpected(cut_error(task));
    if (line != Line::fine) return fail("bench: {}", note_);
    logged += frame.size;
  } while (frame.type == wire::FrameType::log && logged <= budget_.log_bytes);
  wire::Reader reader(frame.payload);
  wire::Bench bench;
  if (frame.type == wire::FrameType::error)
    return fail("bench: the agent gave up: it was sent {}", printable_line(reader.text()));
  if (frame.type != wire::FrameType::bench_answer || !wire::get_bench(reader, bench))
    return fail("bench: the agent's answer makes no sense");
  return bench;
}

void AgentConnection::bye() {
  output_.clear();
  output_sent_ = 0;
  wire::end_frame(output_, wire::begin_frame(output_, wire::FrameType::bye));
  (void)!::send(socket_, output_.view().data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  output_.clear();
}

}  // namespace mprogcheck
