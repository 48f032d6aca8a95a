// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "kernel_oracle/job_encoder.hpp"
#include "model/arbitrary.hpp"
#include "model/touched.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const Buffer& buffer) {
  const auto view = buffer.view();
  return {view.begin(), view.end()};
}

Bytes framed(FrameType type, const Bytes& payload) {
  Buffer buffer;
  const auto frame = begin_frame(buffer, type);
  buffer.bytes(payload.data(), payload.size());
  end_frame(buffer, frame);
  return bytes_of(buffer);
}

/// Another byte at some place.
rc::Gen<Bytes> spoilt(const Bytes& good) {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange<std::size_t>(0, good.size()), rc::gen::inRange(1, 256)),
                      [good](const std::pair<std::size_t, int>& change) {
                        Bytes bad = good;
                        bad[change.first] = static_cast<std::uint8_t>(bad[change.first] ^ change.second);
                        return bad;
                      });
}

RC_GTEST_PROP(Wire, FrameComesBack, (const Bytes& payload, const Bytes& rest)) {
  const auto type = static_cast<FrameType>(*rc::gen::inRange(1, last_frame_type + 1));
  Bytes stream = framed(type, payload);
  const auto size = stream.size();
  stream.insert(stream.end(), rest.begin(), rest.end());
  Frame frame;
  RC_ASSERT(read_frame(stream, frame) == Fault::none);
  RC_ASSERT(frame.type == type);
  RC_ASSERT(frame.size == size);
  RC_ASSERT(std::equal(payload.begin(), payload.end(), frame.payload.begin(), frame.payload.end()));
}

RC_GTEST_PROP(Wire, PartOfAFrameIsIncomplete, (const Bytes& payload)) {
  const Bytes whole = framed(FrameType::runs, payload);
  const Bytes part(whole.begin(), whole.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(whole)));
  Frame frame;
  RC_ASSERT(read_frame(part, frame) == Fault::incomplete);
}

RC_GTEST_PROP(Wire, OneWrongByteIsNoticed, (const Bytes& payload)) {
  const Bytes whole = framed(FrameType::runs, payload);
  const Bytes bad = *spoilt(whole);
  Frame frame;
  const Fault fault = read_frame(bad, frame);
  // A larger length waits for more. All else is refused.
  RC_ASSERT(fault != Fault::none);
  if (fault == Fault::incomplete) RC_ASSERT(!std::equal(whole.begin() + 8, whole.begin() + 12, bad.begin() + 8));
}

RC_GTEST_PROP(Wire, AnyBytesAreReadWithoutHarm, (const Bytes& bytes)) {
  Frame frame;
  if (read_frame(bytes, frame) == Fault::none) RC_ASSERT(frame.size <= bytes.size());
  Reader hello_reader(bytes), job_reader(bytes), bench_reader(bytes), jobs_reader(bytes);
  Hello hello;
  if (get_hello(hello_reader, hello)) RC_ASSERT(hello.devices <= model::Target::device_count);
  JobRecord job;
  if (get_job(job_reader, job)) RC_ASSERT(job.step_count() * StepRecord::size <= bytes.size());
  Bench bench;
  get_bench(bench_reader, bench);
  JobsHeader header;
  get_jobs_header(jobs_reader, header);
}

RC_GTEST_PROP(Wire, ReaderStopsAtTheEnd, (const Bytes& bytes)) {
  Reader reader(bytes);
  std::size_t taken = 0;
  while (!reader.failed()) {
    const auto width = *rc::gen::element<std::size_t>(1, 2, 4, 8);
    if (reader.left() >= width) taken += width;
    width == 1   ? (void)reader.u8()
    : width == 2 ? (void)reader.u16()
    : width == 4 ? (void)reader.u32()
                 : (void)reader.u64();
  }
  RC_ASSERT(taken <= bytes.size());
  RC_ASSERT(reader.left() == 0U);
  RC_ASSERT(reader.u64() == 0U);
}

RC_GTEST_PROP(Wire, HelloComesBack, (const std::string& release, const std::string& features)) {
  Buffer buffer;
  const auto devices = *rc::gen::inRange<std::uint8_t>(0, model::Target::device_count + 1);
  const auto clock = *rc::gen::arbitrary<std::uint64_t>();
  put_hello(
      buffer,
      {.agent = 7, .devices = devices, .clock = clock, .release = release, .features = features, .complaints = "x"});
  Reader reader(buffer.view());
  Hello hello;
  RC_ASSERT(get_hello(reader, hello));
  RC_ASSERT(reader.left() == 0U);
  RC_ASSERT(hello.agent == 7U);
  RC_ASSERT(hello.devices == devices);
  RC_ASSERT(hello.clock == clock);
  RC_ASSERT(hello.release == release);
  RC_ASSERT(hello.features == features);
  RC_ASSERT(hello.complaints == "x");
}

/// What a step record says, told as an operation again: the inverse of what the encoder does.
class OperationOf {
 public:
  explicit OperationOf(const StepRecord& step) : step_(step) {}

  [[nodiscard]] model::Operation operation() const {
    using namespace model;
    switch (step_.call) {
      case Call::attach:
        return Attach{site(), program(), step_.flags, relative(), replace(), revision()};
      case Call::detach:
        return Detach{site(), program(), step_.flags, relative(), replace(), revision()};
      case Call::link:
        return CreateLink{{step_.name}, site(), program(), step_.flags, relative(), revision()};
      case Call::update:
        return UpdateLink{relative(), program(), step_.flags, replace()};
      case Call::link_detach:
        return DetachLink{relative()};
      case Call::close:
        return Close{{step_.name}};
      case Call::dup:
        return Dup{{step_.name}, program()};
      case Call::open:
        return Open{{step_.name}, static_cast<ObjectKind>(step_.kind), program()};
      case Call::load:
        return Load{{step_.name},
                    static_cast<ProgramType>(step_.kind / returns_count),
                    static_cast<Returns>(step_.kind % returns_count)};
      case Call::query:
        return Query{.site = site(),
                     .query_flags = step_.flags,
                     .attach_flags = step_.relative,
                     .count = step_.replace,
                     .without = step_.kind,
                     .size = static_cast<std::uint16_t>(step_.revision),
                     .garbage = step_.made != 0};
      case Call::run:
        return SendPacket{site()};
      case Call::remove:
        return model::RemoveDevice{device()};
      case Call::make:
        return model::MakeDevice{device()};
      case Call::move:
        return model::MoveDevice{device(), step_.kind != 0};
      case Call::qdisc:
        return model::SetQdisc{device(), static_cast<model::Qdisc>(step_.kind)};
      case Call::pin:
        return model::Pin{{step_.kind}, program()};
      case Call::get:
        return model::Get{{step_.name}, {step_.kind}};
      case Call::unpin:
        return model::Unpin{{step_.kind}};
      case Call::fill:
        break;
    }
    return Fill{site(), step_.kind};
  }

 private:
  [[nodiscard]] model::Site site() const { return {static_cast<model::Hook>(step_.hook), {step_.target}}; }
  [[nodiscard]] model::Device device() const { return {static_cast<std::uint8_t>(step_.target)}; }
  [[nodiscard]] model::Argument argument(std::uint32_t value, std::uint8_t bit) const {
    return {value, (step_.named & bit) != 0};
  }
  [[nodiscard]] model::Argument program() const { return argument(step_.program, StepRecord::program_named); }
  [[nodiscard]] model::Argument relative() const { return argument(step_.relative, StepRecord::relative_named); }
  [[nodiscard]] model::Argument replace() const { return argument(step_.replace, StepRecord::replace_named); }
  [[nodiscard]] model::Revision revision() const {
    return {step_.revision, (step_.named & StepRecord::revision_now) != 0};
  }
  const StepRecord& step_;
};

RC_GTEST_PROP(Wire, JobComesBack, ()) {
  Job job;
  job.sequence = *model::arbitrary_sequence();
  job.depth = *rc::gen::element(Depth::fast, Depth::deep);
  job.lie = static_cast<mprogcheck::Lie>(*rc::gen::inRange<int>(0, lies));
  job.lie_at = *rc::gen::arbitrary<std::uint32_t>();
  Buffer buffer;
  encode_job(job, 17, buffer);

  Reader reader(buffer.view());
  JobRecord record;
  RC_ASSERT(get_job(reader, record));
  RC_ASSERT(reader.left() == 0U);
  RC_ASSERT(record.number == 17U);
  RC_ASSERT(record.deep == (job.depth == Depth::deep));
  RC_ASSERT(record.lie ==
            (lie_applies(job.sequence, job.lie, job.lie_at, job.quirks) ? job.lie : mprogcheck::Lie::none));
  RC_ASSERT(record.lie_at == job.lie_at);
  RC_ASSERT(record.devices == job.sequence.declarations.devices);
  RC_ASSERT(record.programs == job.sequence.declarations.programs);
  for (unsigned n = 0; n < model::Name::pool_count; ++n) {
    if (!job.sequence.declarations.has_program(n)) continue;
    const auto& declared = job.sequence.declarations.classes[n];
    RC_ASSERT(record.classes[n] == program_class(declared.type, declared.returns));
  }
  RC_ASSERT(record.unkept == job.sequence.declarations.unkept);
  RC_ASSERT(std::ranges::equal(record.uids, job.sequence.declarations.uids));
  RC_ASSERT(record.step_count() == job.sequence.operations.size());

  model::World world = world_of(job);
  for (std::size_t i = 0; i < record.step_count(); ++i) {
    const std::span<const std::uint8_t, StepRecord::size> bytes(record.steps.data() + i * StepRecord::size,
                                                                StepRecord::size);
    StepRecord step;
    RC_ASSERT(get_step(bytes, step));
    const auto& operation = job.sequence.operations[i];
    auto read = OperationOf(step).operation();
    read.caller.number = step.caller;
    RC_ASSERT(read == operation);
    RC_ASSERT(step.observe == model::visible_lists(world, operation, world.predict(operation).edit, false));
    if (step.call == Call::link) RC_ASSERT(step.made == world.next_link());
    if (step.call == Call::load) RC_ASSERT(step.made == world.next_mortal());
    world.apply(operation);
  }
}

RC_GTEST_PROP(Wire, SpoiltStepsStayInRange, ()) {
  Bytes bytes = *rc::gen::container<Bytes>(StepRecord::size, rc::gen::arbitrary<std::uint8_t>());
  bytes[0] = static_cast<std::uint8_t>(bytes[0] % (calls + 1));
  bytes[1] = static_cast<std::uint8_t>(bytes[1] % (model::hooks + 1));
  bytes[6] = static_cast<std::uint8_t>(bytes[6] % 17);
  StepRecord step;
  if (!get_step(std::span<const std::uint8_t, StepRecord::size>(bytes.data(), StepRecord::size), step)) return;
  RC_ASSERT(static_cast<unsigned>(step.call) < calls);
  RC_ASSERT(step.hook < model::hooks);
  RC_ASSERT(step.name < model::Name::slots);
  if ((step.named & StepRecord::program_named) != 0) RC_ASSERT(step.program < model::Name::slots);
  if ((step.named & StepRecord::relative_named) != 0) RC_ASSERT(step.relative < model::Name::slots);
  if ((step.named & StepRecord::replace_named) != 0) RC_ASSERT(step.replace < model::Name::slots);
  if (step.call == Call::link) RC_ASSERT(step.made < model::link_count);
  if (step.call == Call::query) RC_ASSERT(step.revision <= model::Query::most_size);
  if (step.call == Call::fill) RC_ASSERT(step.kind <= model::OrderedList::capacity);
}

TEST(Wire, AnotherVersionIsRefused) {
  Bytes frame = framed(FrameType::hello, {1, 2, 3});
  ++frame[4];
  Frame read;
  EXPECT_EQ(read_frame(frame, read), Fault::bad_version);
}

TEST(Wire, ALengthBeyondTheLimitIsRefusedAtOnce) {
  Bytes frame = framed(FrameType::runs, {});
  frame[11] = 0x7f;
  Frame read;
  EXPECT_EQ(read_frame(frame, read), Fault::bad_length);
}

TEST(Wire, RubbishIsRefusedBeforeItsHeaderIsWhole) {
  const Bytes rubbish = {'B', 'o', 'o', 't'};
  Frame read;
  EXPECT_EQ(read_frame(rubbish, read), Fault::bad_magic);
}

}  // namespace
}  // namespace mprogcheck::wire
