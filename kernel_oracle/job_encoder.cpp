// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/job_encoder.hpp"

#include <algorithm>

#include "kernel_oracle/wire_operation.hpp"
#include "kernel_oracle/wire_trial.hpp"
#include "model/touched.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck {

namespace {

/// Whether the pin is the last holder of what it holds, and a link so of its program: the guest waits until all that
/// is gone. Or whether something is attached to a cgroup that goes. Foreseen::dying.
std::uint8_t dying_with(const model::World& world, const model::Edit& edit) {
  if (edit.kind == model::Edit::Kind::remove_cgroup) {
    for (model::ListIndex list = 0; list < world.sites().size(); ++list)
      if (world.sites().target(list) == model::Target::cgroup(edit.cgroup.number) && !world.list(list).empty())
        return 1;
    return 0;
  }
  if (edit.kind != model::Edit::Kind::unpin) return 0;
  const model::PinnedObject& pinned = world.pinned(edit.pin);
  if (pinned.kind == model::ObjectKind::other) return 0;  // the guest holds it
  if (pinned.kind == model::ObjectKind::program) return world.program(pinned.object).references == 1 ? 1 : 0;
  const model::Link& link = world.link(pinned.object);
  if (link.references != 1) return 0;
  return link.program != model::no_program && world.program(link.program).references == 1 ? 2 : 1;
}

wire::Foreseen foreseen(const model::World& world, const model::Operation& operation, const model::Edit& edit) {
  wire::Foreseen known{.observe = model::visible_lists(world, operation, edit, false)};
  if (std::holds_alternative<model::CreateLink>(operation)) known.made = world.next_link();
  if (std::holds_alternative<model::Load>(operation)) known.made = world.next_mortal();
  known.dying = dying_with(world, edit);
  return known;
}

}  // namespace

void encode_alphabet(const Alphabet& alphabet, wire::Buffer& out) {
  const auto operations = alphabet.operations();
  std::size_t first = 0;
  do {
    const auto part =
        operations.subspan(first, std::min<std::size_t>(wire::most_in_alphabet_frame, operations.size() - first));
    const auto frame = wire::begin_frame(out, wire::FrameType::alphabet);
    wire::put_alphabet_head(out, alphabet.number(), static_cast<std::uint32_t>(first),
                            static_cast<std::uint32_t>(part.size()));
    for (const model::Operation& operation : part) wire::put_operation(out, operation);
    wire::end_frame(out, frame);
    first += part.size();
  } while (first < operations.size());
}

void encode_job(const Job& job, std::uint32_t number, wire::Buffer& out) {
  const auto& declarations = job.sequence.declarations;
  wire::JobRecord head;
  head.number = number;
  head.deep = job.depth == Depth::deep;
  // A lie that cannot be told is none. Of one about the end, the step is the last.
  if (const auto about = lie_about(job.sequence, job.lie, job.lie_at, job.traits)) {
    head.lie = job.lie;
    head.lie_on = *about;
  }
  head.lie_at = job.lie_at;
  head.accident = job.accident;
  head.accident_at = job.accident_at;
  head.devices = declarations.devices;
  for (unsigned n = 0; n < model::Device::count; ++n) head.made_as[n] = wire::device_class(declarations.made_as[n]);
  head.cgroups = declarations.cgroups;
  std::ranges::copy(declarations.parents, head.parents);
  head.sites = sites_of(job);
  head.programs = declarations.programs;
  for (unsigned n = 0; n < model::Name::pool_count; ++n)
    head.classes[n] = wire::program_class(declarations.classes[n].type, declarations.classes[n].returns);
  head.unkept = declarations.unkept;
  for (unsigned n = 0; n < model::Caller::declarable; ++n) head.uids[n] = declarations.uids[n];
  wire::Buffer trials;
  for (const Trials& block : job.trials)
    wire::put_trials(trials, {.step = block.step, .lie = block.lie, .lie_at = block.lie_at, .which = block.which});
  head.trials = trials.view();
  if (!job.trials.empty() && job.alphabet != nullptr) head.alphabet = job.alphabet->number();
  const std::size_t at = wire::put_job_head(out, head);

  model::World world = world_of(job);
  for (const auto& operation : job.sequence.operations) {
    const model::Verdict verdict = world.predict(operation);
    wire::put_step(out, {.foreseen = foreseen(world, operation, verdict.edit), .operation = operation});
    world.commit(verdict.edit);
  }
  wire::end_steps(out, at, static_cast<std::uint32_t>(job.sequence.operations.size()));
  out.bytes(head.trials.data(), head.trials.size());
}

}  // namespace mprogcheck
