// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "model/hooks/cgroup.hpp"
#include "model/name.hpp"
#include "model/passage.hpp"
#include "model/world.hpp"
#include "oracle/accident.hpp"
#include "oracle/lie.hpp"

/// The bytes between the host and the agent in the guest. Both link this file, and the agent is small and static:
/// nothing here needs more than the C library.
///
/// A stream of frames: a header of 16 bytes {magic, version, type, length, checksum of type and payload}, then the
/// payload.
/// All numbers are little-endian. A decoder here trusts nothing it reads: it is bounded by the span it was given, and
/// what it returns is in range.
namespace mprogcheck::wire {

inline constexpr std::uint32_t magic = 0x4b43504d;  // "MPCK"
inline constexpr std::uint16_t version = 8;
inline constexpr std::size_t header_size = 16;
inline constexpr std::uint32_t max_payload = 8U << 20;

enum class FrameType : std::uint16_t {
  hello = 1,      ///< agent → host, once: see Hello
  jobs,           ///< host → agent: JobsHeader, then jobs
  runs,           ///< agent → host: runs, in the order of their jobs; a long one in parts, over several frames
  bench_request,  ///< host → agent: JobsHeader, then jobs
  bench_answer,   ///< agent → host: see Bench
  bye,            ///< host → agent: power off, or end
  log,            ///< agent → host: one line of text for the report
  error,          ///< agent → host: why it cannot go on; nothing follows
  alphabet,       ///< host → agent: see AlphabetPart
};
inline constexpr std::uint16_t last_frame_type = static_cast<std::uint16_t>(FrameType::alphabet);

/// Bytes to be sent. Grows; never shrinks, so that one buffer is used over and over.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  void u8(std::uint8_t value) { *room(1) = value; }
  void u16(std::uint16_t value) { put(value); }
  void u32(std::uint32_t value) { put(value); }
  void u64(std::uint64_t value) { put(value); }
  void bytes(const void* data, std::size_t length) {
    if (length != 0) std::memcpy(room(length), data, length);
  }
  /// Its length in two bytes, then the text; what is beyond 65535 bytes is cut off.
  void text(std::string_view text);
  /// Overwrites what was written at an offset.
  void set16(std::size_t offset, std::uint16_t value) { store(data_ + offset, value); }
  void set32(std::size_t offset, std::uint32_t value) { store(data_ + offset, value); }
  void set8(std::size_t offset, std::uint8_t value) { data_[offset] = value; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<const std::uint8_t> view() const { return {data_, size_}; }
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size < size_ ? size : size_; }
  /// The next `length` bytes, for the caller to write.
  std::uint8_t* room(std::size_t length) {
    if (capacity_ - size_ < length) [[unlikely]]
      grow(length);
    std::uint8_t* const at = data_ + size_;
    size_ += length;
    return at;
  }

  template <typename Number>
  static void store(std::uint8_t* to, Number value) {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(to, &value, sizeof value);
    } else {
      for (std::size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }

 private:
  template <typename Number>
  void put(Number value) {
    store(room(sizeof value), value);
  }
  void grow(std::size_t length);

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// Reads from a span and never past it: after the first read too many, every read gives 0 and failed() holds.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> input) : at_(input.data()), end_(input.data() + input.size()) {}

  std::uint8_t u8() { return get<std::uint8_t>(); }
  std::uint16_t u16() { return get<std::uint16_t>(); }
  std::uint32_t u32() { return get<std::uint32_t>(); }
  std::uint64_t u64() { return get<std::uint64_t>(); }
  std::span<const std::uint8_t> bytes(std::size_t length) {
    if (left() < length) [[unlikely]] {
      fail();
      return {};
    }
    const std::uint8_t* const at = at_;
    if (length != 0) at_ += length;
    return {at, length};
  }
  std::string_view text() {
    const auto read = bytes(u16());
    return {reinterpret_cast<const char*>(read.data()), read.size()};
  }
  void fail() {
    failed_ = true;
    at_ = end_;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  template <typename Number>
  static Number load(const std::uint8_t* from) {
    if constexpr (std::endian::native == std::endian::little) {
      Number value;
      std::memcpy(&value, from, sizeof value);
      return value;
    } else {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < sizeof(Number); ++i) value |= static_cast<std::uint64_t>(from[i]) << (8 * i);
      return static_cast<Number>(value);
    }
  }

 private:
  template <typename Number>
  Number get() {
    const auto read = bytes(sizeof(Number));
    return read.empty() ? Number{} : load<Number>(read.data());
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

/// Opens a frame in a buffer; end_frame() fills in its length and checksum. Several frames may follow each other.
std::size_t begin_frame(Buffer& buffer, FrameType type);
void end_frame(Buffer& buffer, std::size_t frame);

enum class Fault : std::uint8_t { none, incomplete, bad_magic, bad_version, bad_type, bad_length, bad_checksum };
std::string_view text_of(Fault fault);

struct Frame {
  FrameType type = FrameType::error;
  std::span<const std::uint8_t> payload;
  std::size_t size = 0;  ///< header and payload
};
/// The frame that the input begins with. `incomplete`: more bytes are needed. Any other fault: this is no frame of
/// ours, and nothing after it can be trusted.
Fault read_frame(std::span<const std::uint8_t> input, Frame& frame);

std::uint32_t checksum(std::span<const std::uint8_t> bytes);

/// The first thing the agent says. The texts point into the payload.
struct Hello {
  std::uint32_t agent = 0;      ///< version of the agent
  std::uint8_t devices = 0;     ///< d0 … that it could make
  std::uint64_t clock = 0;      ///< CLOCK_MONOTONIC, nanoseconds
  std::string_view release;     ///< uname -r
  std::string_view features;    ///< words with a space between
  std::string_view complaints;  ///< what does not work, in words; empty if all does
};
void put_hello(Buffer& buffer, const Hello& hello);
bool get_hello(Reader& reader, Hello& hello);

/// At the head of a jobs frame.
struct JobsHeader {
  std::uint32_t jobs = 0;
  bool one_by_one = false;  ///< send each run before the next job begins: to find which of many kills the guest
};
void put_jobs_header(Buffer& buffer, const JobsHeader& header);
bool get_jobs_header(Reader& reader, JobsHeader& header);

/// Run::Ending, by the same numbers, as far as a guest can tell.
enum class Ending : std::uint8_t { complete, unclean, splat };
inline constexpr std::uint8_t endings = 3;
/// ListView's foreign_link.
inline constexpr std::uint8_t foreign_link = 0xfe;
inline constexpr std::uint32_t max_steps = 100'000;
/// The longest list that is shown, and the longest answer.
inline constexpr std::uint16_t max_list = 65;
inline constexpr std::uint16_t max_entries = model::Effective::most;
/// mprogcheck::Breach, by the same numbers.
struct Breach {
  static constexpr std::uint8_t beyond_attr = 1, inside_attr = 2, array = 4, flags_not_zero = 8, all = 15;
};

/// One sequence: this, then the steps, then the trials.
struct JobRecord {
  std::uint32_t number = 0;  ///< its run carries the same
  bool deep = false;
  Lie lie = Lie::none;
  std::uint32_t lie_at = 0;
  std::uint8_t lie_on = 0;  ///< what lie_about() says
  Accident accident = Accident::none;
  std::uint32_t accident_at = 0;
  std::uint8_t devices = 0;
  std::uint8_t made_as[model::Device::count] = {};  ///< device_class()
  std::uint8_t cgroups = 0;
  std::uint8_t parents[model::Cgroup::count] = {};  ///< model::Declarations::parents
  model::Sites sites{};                             ///< whose lists are looked at
  std::uint32_t programs = 0;
  std::uint8_t classes[model::Name::pool_count] = {};  ///< program_class(); of programs that are declared
  bool unkept = false;
  std::uint32_t uids[model::Caller::declarable] = {};  ///< of the callers that are declared, or 0
  std::uint32_t alphabet = 0;                          ///< AlphabetPart::number; without trials, 0
  std::uint32_t step_count = 0;
  std::span<const std::uint8_t> steps{};   ///< as many, one after the other (wire_operation.hpp)
  std::span<const std::uint8_t> trials{};  ///< whole TrialsRecords (wire_trial.hpp), ascending by step
};
inline constexpr std::uint8_t program_classes = model::program_types * model::returns_count;
constexpr std::uint8_t program_class(model::ProgramType type, model::Returns returns) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(type) * model::returns_count + static_cast<unsigned>(returns));
}
inline constexpr std::uint8_t device_classes = model::device_kinds * model::policies * model::policies;
constexpr std::uint8_t device_class(model::DeviceClass made_as) {
  return static_cast<std::uint8_t>(
      (static_cast<unsigned>(made_as.kind) * model::policies + static_cast<unsigned>(made_as.policy)) *
          model::policies +
      static_cast<unsigned>(made_as.peer_policy));
}
constexpr model::DeviceClass device_class_of(std::uint8_t number) {
  return {.kind = static_cast<model::DeviceKind>(number / (model::policies * model::policies)),
          .policy = static_cast<model::Policy>(number / model::policies % model::policies),
          .peer_policy = static_cast<model::Policy>(number % model::policies)};
}
/// Writes all but the steps, which follow one by one, and the `trials` behind them; returns what end_steps() needs.
std::size_t put_job_head(Buffer& buffer, const JobRecord& job);
/// The steps are all that has been written since.
void end_steps(Buffer& buffer, std::size_t job, std::uint32_t count);
/// The steps themselves are not looked at.
bool get_job(Reader& reader, JobRecord& job);

/// What begins a run, or a part of one. The parts of a run follow each other, with nothing between them; the ending is
/// the last one's.
struct RunHead {
  std::uint32_t number = 0;
  std::uint32_t first = 0;  ///< steps of the run that other parts told before
  bool more = false;        ///< another part follows
  Ending ending = Ending::complete;
  std::uint32_t at = 0;
  std::uint32_t steps = 0;      ///< of this part
  bool miscounted = false;      ///< Run::miscounted
  bool counted = false;         ///< Run::counted
  std::uint32_t unchecked = 0;  ///< Run::unchecked
};
/// Returns what ends it.
std::size_t put_run_head(Buffer& buffer, std::uint32_t number, std::uint32_t first = 0);
/// Ends a part of a run that goes on.
void end_part(Buffer& buffer, std::size_t part, std::uint32_t steps);
/// Ends the run: the note follows the steps.
void end_run(Buffer& buffer, std::size_t run, const RunHead& head, std::string_view note);
bool get_run_head(Reader& reader, RunHead& head);

/// What begins a step of a run: then, per bit of `lists`, a ListTag and what it says; then, if `sees`, the rest.
struct StepHead {
  static constexpr std::uint8_t has_objects = 1, has_times = 2, has_answer = 4, has_passage = 8, has_trials = 16,
                                has_next = 32;
  std::uint16_t error = 0;
  std::uint16_t lists = 0;
  std::uint8_t sees = 0;
};
inline void put_step_head(Buffer& buffer, const StepHead& head) {
  std::uint8_t* const to = buffer.room(5);
  Buffer::store(to, head.error);
  Buffer::store(to + 2, head.lists);
  to[4] = head.sees;
}
bool get_step_head(Reader& reader, StepHead& head);

/// The packet of a `run`: behind the answer of a query, where that would be. A program that is not known is
/// model::no_program.
struct PassageRecord {
  model::Fate fate = model::Fate::none;
  std::span<const std::uint8_t> programs;  ///< at most max_passage
};
/// More than any list holds: a chain that is longer than it should be is seen to be.
inline constexpr std::size_t max_passage = 128;
void put_passage(Buffer& buffer, const PassageRecord& passage);
bool get_passage(Reader& reader, PassageRecord& passage);

enum class ListTag : std::uint8_t {
  unchanged,  ///< since the last time that this run showed it
  seen,       ///< a ViewHead and its entries
};
/// An entry on the wire is two bytes: the program's slot, the link's slot.
/// model::Mode, by the same numbers as the flags; no_mode, if they are none.
inline constexpr std::uint8_t no_mode = 3;
constexpr std::uint8_t mode_of(std::uint32_t attach_flags) {
  return attach_flags < no_mode ? static_cast<std::uint8_t>(attach_flags) : no_mode;
}
struct ViewHead {
  std::uint16_t error = 0;
  std::uint64_t revision = 0;
  std::uint32_t count = 0;
  std::uint8_t mode = 0;     ///< mode_of() attach_flags
  std::uint16_t length = 0;  ///< entries that follow
};
void put_view(Buffer& buffer, const ViewHead& head, const std::uint8_t* entries);
/// The entries are 2 * length bytes; length is at most max_entries.
bool get_view(Reader& reader, ViewHead& head, std::span<const std::uint8_t>& entries);

struct LinkRecord {
  std::uint8_t link = 0;
  bool alive = false;
  std::uint8_t program = model::no_program;
  std::uint8_t list = model::no_list;
  std::uint16_t references = 0xffff;
  std::uint16_t error = 0;  ///< errno of the question; program and list are none then
};
struct ProgramRecord {
  std::uint8_t program = 0;
  bool alive = false;
  std::uint16_t references = 0xffff;
};
void put_link(Buffer& buffer, const LinkRecord& link);
void put_program(Buffer& buffer, const ProgramRecord& program);
bool get_link(Reader& reader, LinkRecord& link);
bool get_program(Reader& reader, ProgramRecord& program);

/// What the guest measured: the same jobs as raw system calls in a tight loop, and through the checked path.
struct Bench {
  std::uint64_t operations = 0;      ///< of the jobs, once through
  std::uint64_t rounds = 0;          ///< how often each side ran them
  std::uint64_t system_calls = 0;    ///< of the floor, once through
  std::uint64_t floor_ns = 0;        ///< all rounds
  std::uint64_t checked_ns = 0;      ///< all rounds
  std::uint64_t uncounted_ns = 0;    ///< all rounds, as checked, but references are never counted
  std::uint64_t floor_failures = 0;  ///< system calls that returned an error, all rounds
  std::uint64_t checked_failures = 0;
};
void put_bench(Buffer& buffer, const Bench& bench);
bool get_bench(Reader& reader, Bench& bench);

}  // namespace mprogcheck::wire
