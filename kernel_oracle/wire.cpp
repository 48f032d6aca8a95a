// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire.hpp"

#include <cstdlib>
#include <utility>

#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck::wire {

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

Buffer::~Buffer() {
  std::free(data_);
}

void Buffer::grow(std::size_t length) {
  std::size_t capacity = capacity_ < 4096 ? 4096 : capacity_ * 2;
  while (capacity - size_ < length) capacity *= 2;
  void* const data = std::realloc(data_, capacity);
  if (data == nullptr) std::abort();  // out of memory: neither side has anything better to do
  data_ = static_cast<std::uint8_t*>(data);
  capacity_ = capacity;
}

void Buffer::text(std::string_view text) {
  const auto length = static_cast<std::uint16_t>(text.size() < 0xffff ? text.size() : 0xffff);
  u16(length);
  bytes(text.data(), length);
}

/// Eight bytes a round: the guest is emulated, and a checksum byte by byte would cost more than the system calls.
std::uint32_t checksum(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t prime = 0x9e3779b97f4a7c15ULL;
  std::uint64_t value = bytes.size() * prime;
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    value = (value ^ Reader::load<std::uint64_t>(at)) * prime;
    value ^= value >> 32;
  }
  for (; left != 0; ++at, --left) {
    value = (value ^ *at) * prime;
    value ^= value >> 32;
  }
  // The upper half of a product has every bit of its factor in it; to fold the halves together would undo the last
  // round's folding, and leave out half of the last word.
  return static_cast<std::uint32_t>(value * prime >> 32);
}

namespace {

/// What a frame is called is checked like what it holds; how long it is is in the checksum.
std::uint32_t frame_checksum(std::uint16_t type, std::span<const std::uint8_t> payload) {
  return checksum(payload) ^ (type * 0x9e3779b1U);
}

}  // namespace

std::size_t begin_frame(Buffer& buffer, FrameType type) {
  const std::size_t frame = buffer.size();
  buffer.u32(magic);
  buffer.u16(version);
  buffer.u16(static_cast<std::uint16_t>(type));
  buffer.u32(0);
  buffer.u32(0);
  return frame;
}

void end_frame(Buffer& buffer, std::size_t frame) {
  const auto payload = buffer.view().subspan(frame + header_size);
  buffer.set32(frame + 8, static_cast<std::uint32_t>(payload.size()));
  const auto type = Reader::load<std::uint16_t>(buffer.view().data() + frame + 6);
  buffer.set32(frame + 12, frame_checksum(type, payload));
}

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "a frame";
    case Fault::incomplete:
      return "part of a frame";
    case Fault::bad_magic:
      return "bytes that begin no frame";
    case Fault::bad_version:
      return "a frame of another version of the agent";
    case Fault::bad_type:
      return "a frame of an unknown type";
    case Fault::bad_length:
      return "a frame that claims to be too long";
    case Fault::bad_checksum:
      return "a frame with a wrong checksum";
  }
  return "";
}

Fault read_frame(std::span<const std::uint8_t> input, Frame& frame) {
  // Each field is judged as soon as it is there: rubbish must not make the reader wait for more of it.
  if (input.size() < 4) return Fault::incomplete;
  if (Reader::load<std::uint32_t>(input.data()) != magic) return Fault::bad_magic;
  if (input.size() < header_size) return Fault::incomplete;
  if (Reader::load<std::uint16_t>(input.data() + 4) != version) return Fault::bad_version;
  const auto type = Reader::load<std::uint16_t>(input.data() + 6);
  if (type == 0 || type > last_frame_type) return Fault::bad_type;
  const auto length = Reader::load<std::uint32_t>(input.data() + 8);
  if (length > max_payload) return Fault::bad_length;
  if (input.size() - header_size < length) return Fault::incomplete;
  frame.type = static_cast<FrameType>(type);
  frame.payload = input.subspan(header_size, length);
  frame.size = header_size + length;
  return frame_checksum(type, frame.payload) == Reader::load<std::uint32_t>(input.data() + 12) ? Fault::none
                                                                                               : Fault::bad_checksum;
}

void put_hello(Buffer& buffer, const Hello& hello) {
  buffer.u32(hello.agent);
  buffer.u8(hello.devices);
  buffer.u64(hello.clock);
  buffer.text(hello.release);
  buffer.text(hello.features);
  buffer.text(hello.complaints);
}

bool get_hello(Reader& reader, Hello& hello) {
  hello.agent = reader.u32();
  hello.devices = reader.u8();
  hello.clock = reader.u64();
  hello.release = reader.text();
  hello.features = reader.text();
  hello.complaints = reader.text();
  return !reader.failed() && hello.devices <= model::Target::device_count;
}

void put_jobs_header(Buffer& buffer, const JobsHeader& header) {
  buffer.u32(header.jobs);
  buffer.u8(header.one_by_one ? 1 : 0);
}

bool get_jobs_header(Reader& reader, JobsHeader& header) {
  header.jobs = reader.u32();
  const auto one_by_one = reader.u8();
  header.one_by_one = one_by_one != 0;
  return !reader.failed() && one_by_one <= 1;
}

std::size_t put_job_head(Buffer& buffer, const JobRecord& job) {
  buffer.u32(job.number);
  buffer.u8(job.deep ? 1 : 0);
  buffer.u8(static_cast<std::uint8_t>(job.lie));
  buffer.u8(job.devices);
  buffer.u8(static_cast<std::uint8_t>(job.accident));
  buffer.u32(job.lie_at);
  buffer.u32(job.programs);
  buffer.u32(job.accident_at);
  for (unsigned n = 0; n < model::Name::pool_count; ++n)
    if ((job.programs >> n & 1U) != 0) buffer.u8(job.classes[n]);
  for (const std::uint32_t uid : job.uids) buffer.u32(uid);
  for (const std::uint8_t made_as : job.made_as) buffer.u8(made_as);
  buffer.u8(job.cgroups);
  for (const std::uint8_t parent : job.parents) buffer.u8(parent);
  buffer.u8(static_cast<std::uint8_t>(job.sites.size()));
  for (model::ListIndex list = 0; list < job.sites.size(); ++list) {
    buffer.u8(static_cast<std::uint8_t>(job.sites.hook(list)));
    buffer.u8(static_cast<std::uint8_t>(job.sites.target(list).place()));
  }
  buffer.u8(job.unkept ? 1 : 0);
  buffer.u8(job.lie_on);
  buffer.u32(job.alphabet);
  buffer.u32(static_cast<std::uint32_t>(job.trials.size()));
  buffer.u32(0);  // how many steps there are, and their bytes
  buffer.u32(0);
  return buffer.size();
}

void end_steps(Buffer& buffer, std::size_t job, std::uint32_t count) {
  buffer.set32(job - 8, count);
  buffer.set32(job - 4, static_cast<std::uint32_t>(buffer.size() - job));
}

bool get_job(Reader& reader, JobRecord& job) {
  job.number = reader.u32();
  const auto deep = reader.u8();
  job.deep = deep != 0;
  const auto lie = reader.u8();
  job.lie = static_cast<Lie>(lie);
  job.devices = reader.u8();
  const auto accident = reader.u8();
  job.accident = static_cast<Accident>(accident);
  job.lie_at = reader.u32();
  job.programs = reader.u32();
  job.accident_at = reader.u32();
  bool good = deep <= 1 && lie < lies && accident < accidents && job.devices >> model::Target::device_count == 0;
  for (unsigned n = 0; n < model::Name::pool_count; ++n) {
    job.classes[n] = (job.programs >> n & 1U) != 0 ? reader.u8() : std::uint8_t{0};
    good = good && job.classes[n] < program_classes;
  }
  for (std::uint32_t& uid : job.uids) uid = reader.u32();
  for (std::uint8_t& made_as : job.made_as) {
    made_as = reader.u8();
    good = good && made_as < device_classes;
  }
  job.cgroups = reader.u8();
  for (std::uint8_t& parent : job.parents) {
    parent = reader.u8();
    good = good && (parent < model::Cgroup::count || parent == model::Cgroup::top);
  }
  const unsigned sites = reader.u8();
  job.sites = {};
  for (unsigned n = 0; n < sites && n < model::list_count; ++n) {
    const std::uint8_t hook = reader.u8();
    const model::Site site{static_cast<model::Hook>(hook), model::Target::at_place(reader.u8())};
    good = good && hook < model::hooks && job.sites.add(site);
  }
  good = good && job.sites.size() == sites;
  const auto unkept = reader.u8();
  job.unkept = unkept != 0;
  good = good && unkept <= 1;
  job.lie_on = reader.u8();
  job.alphabet = reader.u32();
  const std::size_t trials = reader.u32();
  job.step_count = reader.u32();
  job.steps = reader.bytes(reader.u32());
  job.trials = reader.bytes(trials);
  good = good && job.step_count <= max_steps && (trials == 0) == (job.alphabet == 0);
  return good && !reader.failed() && are_trials(job.trials, job.step_count);
}

std::size_t put_run_head(Buffer& buffer, std::uint32_t number, std::uint32_t first) {
  const std::size_t at = buffer.size();
  buffer.u32(number);
  buffer.u32(first);
  buffer.u8(0);
  buffer.u8(0);
  buffer.u32(0);
  buffer.u32(0);
  buffer.u32(0);
  buffer.u8(0);
  return at;
}

void end_part(Buffer& buffer, std::size_t part, std::uint32_t steps) {
  buffer.set8(part + 8, 1);
  buffer.set32(part + 14, steps);
}

void end_run(Buffer& buffer, std::size_t run, const RunHead& head, std::string_view note) {
  buffer.set8(run + 9, static_cast<std::uint8_t>(head.ending));
  buffer.set32(run + 10, head.at);
  buffer.set32(run + 14, head.steps);
  buffer.set32(run + 18, head.unchecked);
  buffer.set8(run + 22, static_cast<std::uint8_t>((head.miscounted ? 1 : 0) | (head.counted ? 2 : 0)));
  buffer.text(note);
}

bool get_run_head(Reader& reader, RunHead& head) {
  head.number = reader.u32();
  head.first = reader.u32();
  const auto more = reader.u8();
  head.more = more != 0;
  const auto ending = reader.u8();
  head.ending = static_cast<Ending>(ending);
  head.at = reader.u32();
  head.steps = reader.u32();
  head.unchecked = reader.u32();
  const auto counts = reader.u8();
  head.miscounted = (counts & 1) != 0;
  head.counted = (counts & 2) != 0;
  return !reader.failed() && more <= 1 && ending < endings && counts <= 3 && head.first <= max_steps &&
         head.steps <= max_steps - head.first;
}

bool get_step_head(Reader& reader, StepHead& head) {
  head.error = reader.u16();
  head.lists = reader.u16();
  head.sees = reader.u8();
  return !reader.failed() && head.sees <= 63;
}

void put_passage(Buffer& buffer, const PassageRecord& passage) {
  buffer.u8(static_cast<std::uint8_t>(passage.fate));
  buffer.u8(static_cast<std::uint8_t>(passage.programs.size()));
  buffer.bytes(passage.programs.data(), passage.programs.size());
}

bool get_passage(Reader& reader, PassageRecord& passage) {
  const auto fate = reader.u8();
  passage.fate = static_cast<model::Fate>(fate);
  passage.programs = reader.bytes(reader.u8());
  if (reader.failed() || fate >= model::fates || passage.programs.size() > max_passage) return false;
  for (const std::uint8_t program : passage.programs)
    if (program >= model::program_count && program != model::no_program) return false;
  return true;
}

void put_view(Buffer& buffer, const ViewHead& head, const std::uint8_t* entries) {
  std::uint8_t* const to = buffer.room(17U + 2U * head.length);
  Buffer::store(to, head.error);
  Buffer::store(to + 2, head.revision);
  Buffer::store(to + 10, head.count);
  to[14] = head.mode;
  Buffer::store(to + 15, head.length);
  if (head.length != 0) std::memcpy(to + 17, entries, 2U * head.length);
}

bool get_view(Reader& reader, ViewHead& head, std::span<const std::uint8_t>& entries) {
  head.error = reader.u16();
  head.revision = reader.u64();
  head.count = reader.u32();
  head.mode = reader.u8();
  head.length = reader.u16();
  entries = reader.bytes(2U * head.length);
  return !reader.failed() && head.mode <= no_mode && head.length <= max_entries;
}

void put_link(Buffer& buffer, const LinkRecord& link) {
  buffer.u8(link.link);
  buffer.u8(link.alive ? 1 : 0);
  buffer.u8(link.program);
  buffer.u8(link.list);
  buffer.u16(link.error);
  buffer.u16(link.references);
}

void put_program(Buffer& buffer, const ProgramRecord& program) {
  buffer.u8(program.program);
  buffer.u8(program.alive ? 1 : 0);
  buffer.u16(program.references);
}

bool get_link(Reader& reader, LinkRecord& link) {
  link.link = reader.u8();
  const auto alive = reader.u8();
  link.alive = alive != 0;
  link.program = reader.u8();
  link.list = reader.u8();
  link.error = reader.u16();
  link.references = reader.u16();
  return !reader.failed() && alive <= 1 && link.link < model::link_count &&
         (link.program < model::program_count || link.program == model::no_program) &&
         (link.list < model::list_count || link.list == model::no_list);
}

bool get_program(Reader& reader, ProgramRecord& program) {
  program.program = reader.u8();
  const auto alive = reader.u8();
  program.alive = alive != 0;
  program.references = reader.u16();
  return !reader.failed() && alive <= 1 && program.program < model::program_count;
}

void put_bench(Buffer& buffer, const Bench& bench) {
  for (const auto number : {bench.operations, bench.rounds, bench.system_calls, bench.floor_ns, bench.checked_ns,
                            bench.uncounted_ns, bench.floor_failures, bench.checked_failures})
    buffer.u64(number);
}

bool get_bench(Reader& reader, Bench& bench) {
  for (auto* number : {&bench.operations, &bench.rounds, &bench.system_calls, &bench.floor_ns, &bench.checked_ns,
                       &bench.uncounted_ns, &bench.floor_failures, &bench.checked_failures})
    *number = reader.u64();
  return !reader.failed();
}

}  // namespace mprogcheck::wire
