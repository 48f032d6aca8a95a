// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whatever comes over the line, in either direction: it is read to its end, or refused; what is read is in range.
// The first byte says as what the rest is read. A fuzzer does not find a checksum, so payloads are also given unframed.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "kernel_oracle/run_decoder.hpp"
#include "kernel_oracle/wire.hpp"
#include "kernel_oracle/wire_operation.hpp"
#include "kernel_oracle/wire_trial.hpp"
#include "model/sequence.hpp"

namespace {

using namespace mprogcheck;
using Bytes = std::span<const std::uint8_t>;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_program(model::ProgramIndex program) {
  return program < model::program_count || program == model::no_program;
}

/// What follows uses the indices of a run unseen.
void require_in_range(const Run& run) {
  require(run.steps.size() <= wire::max_steps);
  for (const ListView& view : run.lists) {
    require(view.list < model::list_count || view.list == model::no_list);
    require(view.length <= wire::max_entries && view.first + view.length <= run.entries.size());
  }
  for (const Step& step : run.steps) {
    require(step.first_list + step.lists <= run.lists.size());
    require(step.first_link + step.links <= run.links.size());
    require(step.first_program + step.programs <= run.programs.size());
    require(step.answer < static_cast<std::int32_t>(run.lists.size()));
  }
  for (const TriedTrials& tried : run.trials) {
    require(tried.step < run.steps.size() && tried.length <= trial_set::most_operations);
    require(tried.first + tried.length <= run.trial_errnos.size());
    require(tried.changed == TriedTrials::none || tried.changed < trial_set::most_operations);
  }
  for (const model::Entry& entry : run.entries) {
    require(is_program(entry.program));
    require(entry.link < model::link_count || entry.link == model::no_link || entry.link == foreign_link);
  }
  for (const LinkView& link : run.links) require(link.link < model::link_count && is_program(link.program));
  for (const ProgramView& program : run.programs) require(program.program < model::program_count);
}

/// As the host reads them (agent_connection.cpp).
void read_runs(Bytes payload, RunDecoder& decoder, Run& run) {
  wire::Reader reader(payload);
  while (reader.left() != 0) {
    if (!decoder.read(reader, run)) {
      decoder.reset();
      return;
    }
    require_in_range(run);
  }
}

/// As the agent reads it (guest/alphabet.cpp).
void read_alphabet(Bytes payload) {
  wire::Reader reader(payload);
  wire::AlphabetPart part;
  if (!wire::get_alphabet_part(reader, part)) return;
  require(part.first + part.count <= trial_set::most_operations);
  wire::Reader operations(part.operations);
  model::Operation operation;
  for (std::uint32_t n = 0; n < part.count; ++n) {
    if (!wire::get_operation(operations, operation)) return;
    require(!model::validate(operation));
  }
}

/// Trials of a job that was read: they can be taken for granted.
void read_trials(const wire::JobRecord& job) {
  wire::Reader reader(job.trials);
  std::uint32_t next = 0;
  while (reader.left() != 0) {
    wire::TrialsRecord trials;
    require(wire::get_trials(reader, trials));
    require(trials.step >= next && trials.step < job.step_count);
    require(trials.which.size() <= trial_set::most_operations / 8);
    next = trials.step + 1;
  }
}

/// As the agent reads them (guest/agent_main.cpp).
void read_jobs(Bytes payload) {
  wire::Reader reader(payload);
  wire::JobsHeader header;
  if (!wire::get_jobs_header(reader, header)) return;
  for (std::uint32_t n = 0; n < header.jobs; ++n) {
    wire::JobRecord job;
    if (!wire::get_job(reader, job)) return;
    require(job.step_count <= wire::max_steps && static_cast<std::uint8_t>(job.accident) < accidents);
    require(job.devices >> model::Target::device_count == 0);
    read_trials(job);
    for (const auto type : job.classes) require(type < wire::program_classes);
    wire::Reader steps(job.steps);
    wire::Step step;
    for (std::uint32_t i = 0; i < job.step_count; ++i) {
      if (!wire::get_step(steps, step)) return;
      require(!model::validate(step.operation));
      if (std::holds_alternative<model::CreateLink>(step.operation)) require(step.foreseen.made < model::link_count);
      require(step.foreseen.made < model::program_count && step.foreseen.dying <= 2);
    }
  }
}

void read_frames(Bytes stream) {
  RunDecoder decoder;
  Run run;
  wire::Frame frame;
  while (wire::read_frame(stream, frame) == wire::Fault::none) {
    require(frame.size <= stream.size() && frame.payload.size() <= wire::max_payload);
    wire::Reader reader(frame.payload);
    wire::Hello hello;
    wire::Bench bench;
    if (frame.type == wire::FrameType::runs) read_runs(frame.payload, decoder, run);
    if (frame.type == wire::FrameType::jobs || frame.type == wire::FrameType::bench_request) read_jobs(frame.payload);
    if (frame.type == wire::FrameType::alphabet) read_alphabet(frame.payload);
    if (frame.type == wire::FrameType::hello) wire::get_hello(reader, hello);
    if (frame.type == wire::FrameType::bench_answer) wire::get_bench(reader, bench);
    if (frame.type == wire::FrameType::error || frame.type == wire::FrameType::log) reader.text();
    stream = stream.subspan(frame.size);
  }
}

/// The same payload as frames of every type, twice, so that a run that is cut goes on.
void read_framed(Bytes payload) {
  wire::Buffer stream;
  for (std::uint16_t type = 1; type <= wire::last_frame_type; ++type)
    for (int round = 0; round < 2; ++round) {
      const auto frame = wire::begin_frame(stream, static_cast<wire::FrameType>(type));
      stream.bytes(payload.data(), payload.size());
      wire::end_frame(stream, frame);
    }
  read_frames(stream.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  RunDecoder decoder;
  Run run;
  switch (data[0] % 5) {
    case 0:
      read_frames(rest);
      break;
    case 1:
      read_runs(rest, decoder, run);
      break;
    case 2:
      read_jobs(rest);
      break;
    case 3:
      read_alphabet(rest);
      break;
    default:
      read_framed(rest);
  }
  return 0;
}
