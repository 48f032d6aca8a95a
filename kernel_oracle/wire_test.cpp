// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "kernel_oracle/job_encoder.hpp"
#include "kernel_oracle/wire_operation.hpp"
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
  if (get_job(job_reader, job)) RC_ASSERT(job.steps.size() + job.trials.size() <= bytes.size());
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
            (lie_applies(job.sequence, job.lie, job.lie_at, job.traits) ? job.lie : mprogcheck::Lie::none));
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
  RC_ASSERT(record.step_count == job.sequence.operations.size());

  model::World world = world_of(job);
  Reader steps(record.steps);
  for (const auto& operation : job.sequence.operations) {
    Step step;
    RC_ASSERT(get_step(steps, step));
    RC_ASSERT(step.operation == operation);
    const Foreseen& foreseen = step.foreseen;
    RC_ASSERT(foreseen.observe == model::visible_lists(world, operation, world.predict(operation).edit, false));
    if (std::holds_alternative<model::CreateLink>(operation)) RC_ASSERT(foreseen.made == world.next_link());
    if (std::holds_alternative<model::Load>(operation)) RC_ASSERT(foreseen.made == world.next_mortal());
    world.apply(operation);
  }
  RC_ASSERT(steps.left() == 0U);
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
