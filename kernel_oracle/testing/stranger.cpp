// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/testing/stranger.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel_oracle/wire.hpp"
#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck::testing {

namespace {

struct AskedJob {
  std::uint32_t number = 0;
  std::uint32_t steps = 0;
};

/// The stranger's end of the line.
class Line {
 public:
  Line(int socket, int console, std::string_view release) : socket_(socket), console_(console), release_(release) {}

  [[nodiscard]] bool send(std::span<const std::uint8_t> bytes) const {
    while (!bytes.empty()) {
      const auto put = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
  }
  bool send(std::string_view bytes) const {
    return send(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  }
  template <typename Fill>
  bool frame(wire::FrameType type, Fill fill) const {
    wire::Buffer out;
    const auto begun = wire::begin_frame(out, type);
    fill(out);
    wire::end_frame(out, begun);
    return send(out.view());
  }
  bool text(wire::FrameType type, std::string_view words) const {
    return frame(type, [&](wire::Buffer& to) { to.text(words); });
  }
  bool hello(std::string_view release, std::string_view features, std::string_view complaints = "") const {
    return frame(wire::FrameType::hello, [&](wire::Buffer& to) {
      wire::put_hello(
          to,
          {.agent = 1, .devices = 4, .clock = 0, .release = release, .features = features, .complaints = complaints});
    });
  }
  bool hello() const { return hello(release_, "tcx"); }

  /// A header that promises more than will come.
  bool promise(wire::FrameType type, std::uint32_t length) const {
    wire::Buffer out;
    wire::end_frame(out, wire::begin_frame(out, type));
    constexpr std::size_t length_at = 8;
    out.set32(length_at, length);
    return send(out.view());
  }

  /// The end of a run: nothing happened in it.
  bool run(std::uint32_t number, wire::Ending ending = wire::Ending::complete, std::string_view note = "") const {
    return frame(wire::FrameType::runs, [&](wire::Buffer& to) {
      const auto run = wire::put_run_head(to, number);
      wire::end_run(to, run, {.ending = ending}, note);
    });
  }
  /// A part of a run that goes on, with so many steps of which nothing is shown.
  bool part(std::uint32_t number, std::uint32_t first, std::uint32_t steps) const {
    return frame(wire::FrameType::runs, [&](wire::Buffer& to) {
      const auto run = wire::put_run_head(to, number, first);
      for (std::uint32_t n = 0; n < steps; ++n) wire::put_step_head(to, {});
      wire::end_part(to, run, steps);
    });
  }

  /// The next job that has steps; those without, which ask whether we live, are answered. False: the host hung up.
  bool next_job(AskedJob& job) {
    for (;;) {
      while (asked_.empty())
        if (!read_jobs()) return false;
      job = asked_.front();
      asked_.erase(asked_.begin());
      if (job.steps != 0) return true;
      if (!run(job.number)) return false;
    }
  }

  /// For so long, or until the host hangs up: false then.
  bool pause(int milliseconds) const {
    pollfd hung_up{socket_, POLLRDHUP, 0};
    return ::poll(&hung_up, 1, milliseconds) == 0;
  }
  void wait_for_the_end() const {
    pollfd hung_up{socket_, POLLRDHUP, 0};
    while (::poll(&hung_up, 1, -1) < 0) {
    }
  }
  void log(std::string_view words) const {
    while (!words.empty()) {
      const auto put = ::write(console_, words.data(), words.size());
      if (put <= 0) return;
      words.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  [[nodiscard]] std::string_view release() const { return release_; }

 private:
  bool receive(std::size_t length) {
    std::array<std::uint8_t, 65536> chunk;
    while (input_.size() < length) {
      const auto got = ::recv(socket_, chunk.data(), chunk.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      input_.insert(input_.end(), chunk.begin(), chunk.begin() + got);
    }
    return true;
  }
  bool read_jobs() {
    wire::Frame frame;
    while (wire::read_frame(input_, frame) != wire::Fault::none)
      if (!receive(input_.size() + 1)) return false;
    wire::Reader reader(frame.payload);
    wire::JobsHeader header;
    if (frame.type == wire::FrameType::bye) return false;
    if (frame.type == wire::FrameType::jobs && wire::get_jobs_header(reader, header))
      for (std::uint32_t n = 0; n < header.jobs; ++n) {
        wire::JobRecord job;
        if (!wire::get_job(reader, job)) return false;
        asked_.push_back({job.number, job.step_count});
      }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(frame.size));
    return true;
  }

  int socket_, console_;
  std::string_view release_;
  std::vector<std::uint8_t> input_;
  std::vector<AskedJob> asked_;
};

// Before it has introduced itself.

void never(Line& line) {
  line.wait_for_the_end();
}
void garbage(Line& line) {
  line.send(std::string(100'000, 'x'));
}
void big_frame(Line& line) {
  line.promise(wire::FrameType::hello, 0xffff'ffff);
  line.wait_for_the_end();
}
void incomplete(Line& line) {
  line.promise(wire::FrameType::hello, wire::max_payload);
  while (line.send("x") && line.pause(10)) {
  }
}
void log_before_hello(Line& line) {
  while (line.text(wire::FrameType::log, "") && line.pause(10)) {
  }
}
void hello_poison(Line& line) {
  line.hello(poison, "");
  line.wait_for_the_end();
}
void complaints_poison(Line& line) {
  line.hello(line.release(), "tcx", poison);
  line.wait_for_the_end();
}
void error_poison(Line& line) {
  line.text(wire::FrameType::error, poison);
  line.wait_for_the_end();
}
void big_hello(Line& line) {
  std::string features = "tcx ";
  while (features.size() < 60'000) features += "x ";
  line.hello(std::string(65'535, 'R'), features, std::string(65'535, 'C'));
  line.wait_for_the_end();
}
void other_release(Line& line) {
  line.hello("9.9.9-other", "tcx");
  line.wait_for_the_end();
}
void two_hellos(Line& line) {
  line.hello();
  line.hello();
  line.wait_for_the_end();
}

// When it has been given a job.

template <typename Does>
void with_each_job(Line& line, Does does) {
  AskedJob job;
  if (!line.hello()) return;
  while (line.next_job(job))
    if (!does(job)) return;
}

void log_for_ever(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    while (line.text(wire::FrameType::log, "still here") && line.pause(10)) {
    }
    return false;
  });
}
void log_flood(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    while (line.text(wire::FrameType::log, std::string(65'535, 'x'))) {
    }
    return false;
  });
}
void empty_parts(Line& line) {
  with_each_job(line, [&](const AskedJob& job) {
    while (line.part(job.number, 0, 0) && line.pause(10)) {
    }
    return false;
  });
}
void slow_parts(Line& line) {
  with_each_job(line, [&](const AskedJob& job) {
    for (std::uint32_t n = 0; n + 1 < job.steps && line.part(job.number, n, 1) && line.pause(20); ++n) {
    }
    line.wait_for_the_end();
    return false;
  });
}
void too_many_parts(Line& line) {
  with_each_job(line, [&](const AskedJob& job) {
    std::uint32_t told = 0;
    while (line.part(job.number, told, job.steps)) told += job.steps;
    return false;
  });
}
void trickle(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    line.promise(wire::FrameType::runs, wire::max_payload);
    while (line.send("x") && line.pause(10)) {
    }
    return false;
  });
}
void silent_job(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    line.wait_for_the_end();
    return false;
  });
}
void tiny_steps(Line& line) {
  with_each_job(line, [&](const AskedJob& job) { return line.part(job.number, 0, wire::max_payload / 5 - 8); });
}
void false_length(Line& line) {
  with_each_job(line, [&](const AskedJob& job) {
    return line.frame(wire::FrameType::runs, [&](wire::Buffer& to) {
      const auto run = wire::put_run_head(to, job.number);
      wire::put_step_head(to, {});
      wire::end_part(to, run, 0xffff'ffff);
    });
  });
}
/// Of every step as many errnos as a frame holds, and nobody asked for any.
void trial_bomb(Line& line) {
  with_each_job(line, [&](const AskedJob& job) {
    return line.frame(wire::FrameType::runs, [&](wire::Buffer& to) {
      constexpr std::size_t errnos = 100'000;
      const auto run = wire::put_run_head(to, job.number);
      const auto steps = std::min<std::uint32_t>(job.steps, wire::max_payload / errnos - 1);
      for (std::uint32_t n = 0; n < steps; ++n) {
        wire::put_step_head(to, {.sees = wire::StepHead::has_trials});
        const auto tried = wire::begin_tried(to);
        std::fill_n(to.room(errnos), errnos, std::uint8_t{0});
        wire::end_tried(to, tried, 0xffff'ffff, false);
      }
      wire::end_part(to, run, steps);
    });
  });
}
void other_job(Line& line) {
  with_each_job(line, [&](const AskedJob& job) { return line.run(job.number + 1000); });
}
void unasked_runs(Line& line) {
  with_each_job(line, [&](const AskedJob& job) { return line.run(job.number) && line.run(job.number + 1); });
}
void out_of_turn(Line& line) {
  with_each_job(line, [&](const AskedJob&) { return line.text(wire::FrameType::jobs, ""); });
}
void error_at_work(Line& line) {
  with_each_job(line, [&](const AskedJob&) { return line.text(wire::FrameType::error, poison); });
}
void splat_poison(Line& line) {
  with_each_job(line, [&](const AskedJob& job) { return line.run(job.number, wire::Ending::splat, poison); });
}
void long_note(Line& line) {
  with_each_job(
      line, [&](const AskedJob& job) { return line.run(job.number, wire::Ending::splat, std::string(65'535, 'A')); });
}
void unclean_poison(Line& line) {
  with_each_job(line, [&](const AskedJob& job) { return line.run(job.number, wire::Ending::unclean, poison); });
}

// What its console says when it goes.

void console_poison(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    line.log(
        "[    1.0] BUG: kernel NULL pointer dereference, \x1b[31maddress: 0000 \x9b"
        "31m \x7f\n" +
        std::string(poison));
    return false;
  });
}
void long_splat(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    line.log("BUG: " + std::string(8'000'000, 'A') + "\n");
    return false;
  });
}
void half_splats(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    std::string half;
    while (half.size() < 1'000'000) half += "INFO: task ";
    line.log(half + "\n");
    return false;
  });
}
void console_flood(Line& line) {
  with_each_job(line, [&](const AskedJob&) {
    const std::string lines(1'000'000, 'A');
    for (int n = 0; n < 20; ++n) line.log(lines);
    line.log("\nlast words\n");
    return false;
  });
}

struct Stranger {
  Deed deed;
  void (*does)(Line&);
};
constexpr std::array strangers{
    Stranger{{"never", "says nothing"}, never},
    Stranger{{"garbage", "says what is no frame"}, garbage},
    Stranger{{"big_frame", "promises 4 GiB"}, big_frame},
    Stranger{{"incomplete", "introduces itself byte by byte, without end"}, incomplete},
    Stranger{{"log_before_hello", "says that it works before it says who it is"}, log_before_hello},
    Stranger{{"hello_poison", "has no tcx, and a release for terminals"}, hello_poison},
    Stranger{{"complaints_poison", "complains to a terminal"}, complaints_poison},
    Stranger{{"error_poison", "gives up, and tells a terminal"}, error_poison},
    Stranger{{"big_hello", "has 65,535 bytes of each"}, big_hello},
    Stranger{{"other_release", "is another kernel than its image"}, other_release},
    Stranger{{"two_hellos", "introduces itself twice"}, two_hellos},
    Stranger{{"log_for_ever", "is at work for ever"}, log_for_ever},
    Stranger{{"log_flood", "is at work, as fast as the line"}, log_flood},
    Stranger{{"empty_parts", "tells a run in parts of no steps"}, empty_parts},
    Stranger{{"slow_parts", "tells a run in many parts, and not the last"}, slow_parts},
    Stranger{{"too_many_parts", "tells more steps than there are operations"}, too_many_parts},
    Stranger{{"trickle", "sends a run byte by byte"}, trickle},
    Stranger{{"silent_job", "answers no job"}, silent_job},
    Stranger{{"tiny_steps", "tells as many steps as a frame can hold"}, tiny_steps},
    Stranger{{"false_length", "announces 2^32 steps"}, false_length},
    Stranger{{"trial_bomb", "answers trials that nobody asked for"}, trial_bomb},
    Stranger{{"other_job", "answers another job"}, other_job},
    Stranger{{"unasked_runs", "answers a job and the next"}, unasked_runs},
    Stranger{{"out_of_turn", "sends a frame of the host's"}, out_of_turn},
    Stranger{{"error_at_work", "gives up at work, and tells a terminal"}, error_at_work},
    Stranger{{"splat_poison", "a splat for terminals"}, splat_poison},
    Stranger{{"long_note", "a splat of 65,535 bytes"}, long_note},
    Stranger{{"unclean_poison", "a world that is not empty, for terminals"}, unclean_poison},
    Stranger{{"console_poison", "dies of a splat for terminals"}, console_poison},
    Stranger{{"long_splat", "dies of a splat of 8 MB"}, long_splat},
    Stranger{{"half_splats", "dies of a line that begins to be a splat 90,000 times"}, half_splats},
    Stranger{{"console_flood", "dies behind 20 MB of console"}, console_flood},
};
constexpr auto all_deeds = [] {
  std::array<Deed, strangers.size()> all{};
  for (std::size_t n = 0; n < all.size(); ++n) all[n] = strangers[n].deed;
  return all;
}();

}  // namespace

std::span<const Deed> deeds() {
  return all_deeds;
}

bool do_deed(std::string_view name, int line, int console, std::string_view release) {
  const auto* const found = std::find_if(strangers.begin(), strangers.end(),
                                         [name](const Stranger& stranger) { return stranger.deed.name == name; });
  if (found == strangers.end()) return false;
  Line its_line(line, console, release);
  found->does(its_line);
  return true;
}

}  // namespace mprogcheck::testing
