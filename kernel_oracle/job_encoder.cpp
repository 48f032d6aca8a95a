// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/job_encoder.hpp"

#include <algorithm>

#include "kernel_oracle/wire_trial.hpp"
#include "model/touched.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck {

namespace {

using wire::StepRecord;

/// The fields of each call, in the places that StepRecord says.
class StepOf {
 public:
  explicit StepOf(StepRecord& step) : step_(step) {}

  void operator()(const model::Attach& call) { program_call(wire::Call::attach, call); }
  void operator()(const model::Detach& call) { program_call(wire::Call::detach, call); }
  void operator()(const model::CreateLink& call) {
    step_.call = wire::Call::link;
    step_.name = call.name.slot;
    site(call.site);
    program(call.program);
    relative(call.relative);
    step_.flags = call.flags;
    revision(call.revision);
  }
  void operator()(const model::UpdateLink& call) {
    step_.call = wire::Call::update;
    relative(call.link);
    program(call.program);
    replace(call.old_program);
    step_.flags = call.flags;
  }
  void operator()(const model::DetachLink& call) {
    step_.call = wire::Call::link_detach;
    relative(call.link);
  }
  void operator()(const model::Close& call) {
    step_.call = wire::Call::close;
    step_.name = call.name.slot;
  }
  void operator()(const model::Dup& call) {
    step_.call = wire::Call::dup;
    step_.name = call.name.slot;
    program(call.from);
  }
  void operator()(const model::Open& call) {
    step_.call = wire::Call::open;
    step_.name = call.name.slot;
    step_.kind = static_cast<std::uint8_t>(call.kind);
    program(call.id);
  }
  void operator()(const model::Load& call) {
    step_.call = wire::Call::load;
    step_.name = call.name.slot;
    step_.kind = wire::program_class(call.type, call.returns);
  }
  void operator()(const model::Query& call) {
    step_.call = wire::Call::query;
    site(call.site);
    step_.flags = call.query_flags;
    step_.relative = call.attach_flags;
    step_.replace = call.count;
    step_.kind = call.without;
    step_.revision = call.size;
    step_.made = call.garbage ? 1 : 0;
  }
  void operator()(const model::Fill& call) {
    step_.call = wire::Call::fill;
    site(call.site);
    step_.kind = call.count;
  }
  void operator()(const model::SendPacket& call) {
    step_.call = wire::Call::run;
    site(call.site);
  }
  void operator()(const model::RemoveDevice& call) { device_call(wire::Call::remove, call.device); }
  void operator()(const model::MakeDevice& call) { device_call(wire::Call::make, call.device); }
  void operator()(const model::MoveDevice& call) {
    device_call(wire::Call::move, call.device);
    step_.kind = call.home ? 1 : 0;
  }
  void operator()(const model::SetQdisc& call) {
    device_call(wire::Call::qdisc, call.device);
    step_.kind = static_cast<std::uint8_t>(call.qdisc);
  }
  void operator()(const model::Pin& call) {
    step_.call = wire::Call::pin;
    step_.kind = call.pin.number;
    program(call.from);
  }
  void operator()(const model::Get& call) {
    step_.call = wire::Call::get;
    step_.name = call.name.slot;
    step_.kind = call.pin.number;
  }
  void operator()(const model::Unpin& call) {
    step_.call = wire::Call::unpin;
    step_.kind = call.pin.number;
  }

 private:
  void device_call(wire::Call kind, model::Device device) {
    step_.call = kind;
    step_.target = device.number;
  }

  template <typename ProgramCall>
  void program_call(wire::Call kind, const ProgramCall& call) {
    step_.call = kind;
    site(call.site);
    program(call.program);
    relative(call.relative);
    replace(call.replace);
    step_.flags = call.flags;
    revision(call.revision);
  }
  void site(const model::Site& where) {
    step_.hook = static_cast<std::uint8_t>(where.hook);
    step_.target = where.target.value;
  }
  void argument(const model::Argument& given, std::uint32_t& field, std::uint8_t bit) {
    field = given.value;
    if (given.named) step_.named |= bit;
  }
  void program(const model::Argument& given) { argument(given, step_.program, StepRecord::program_named); }
  void relative(const model::Argument& given) { argument(given, step_.relative, StepRecord::relative_named); }
  void replace(const model::Argument& given) { argument(given, step_.replace, StepRecord::replace_named); }
  void revision(const model::Revision& given) {
    step_.revision = given.value;
    if (given.relative) step_.named |= StepRecord::revision_now;
  }

  StepRecord& step_;
};

/// Whether the pin is the last holder of what it holds, and a link so of its program: the guest waits until all that
/// is gone. StepRecord::made.
std::uint8_t dying_with(const model::World& world, const model::Edit& edit) {
  if (edit.kind != model::Edit::Kind::unpin) return 0;
  const model::PinnedObject& pinned = world.pinned(edit.pin);
  if (pinned.kind == model::ObjectKind::other) return 0;  // the guest holds it
  if (pinned.kind == model::ObjectKind::program) return world.program(pinned.object).references == 1 ? 1 : 0;
  const model::Link& link = world.link(pinned.object);
  if (link.references != 1) return 0;
  return link.program != model::no_program && world.program(link.program).references == 1 ? 2 : 1;
}

/// Of a trial the model expects no object: if it makes one nevertheless, it takes a slot that is in no one's way, for
/// nothing is shown after that.
StepRecord step_of_trial(const model::Operation& operation) {
  StepRecord step;
  std::visit(StepOf(step), operation);
  step.caller = operation.caller.number;
  if (step.call == wire::Call::link) step.made = model::link_count - 1;
  if (step.call == wire::Call::load) step.made = model::program_count - 1;
  return step;
}

}  // namespace

void encode_alphabet(const Alphabet& alphabet, wire::Buffer& out) {
  const auto operations = alphabet.operations();
  std::size_t first = 0;
  do {
    const auto part =
        operations.subspan(first, std::min<std::size_t>(wire::most_in_alphabet_frame, operations.size() - first));
    const auto frame = wire::begin_frame(out, wire::FrameType::alphabet);
    wire::put_alphabet_head(out, alphabet.number(), static_cast<std::uint32_t>(first));
    for (const model::Operation& operation : part) wire::put_step(out, step_of_trial(operation));
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
  if (const auto about = lie_about(job.sequence, job.lie, job.lie_at, job.quirks)) {
    head.lie = job.lie;
    head.lie_on = *about;
  }
  head.lie_at = job.lie_at;
  head.accident = job.accident;
  head.accident_at = job.accident_at;
  head.devices = declarations.devices;
  for (unsigned n = 0; n < model::Device::count; ++n) head.made_as[n] = wire::device_class(declarations.made_as[n]);
  head.families = families_of(job);
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
  wire::set_step_count(out, at, static_cast<std::uint32_t>(job.sequence.operations.size()));

  model::World world = world_of(job);
  for (const auto& operation : job.sequence.operations) {
    StepRecord step;
    std::visit(StepOf(step), operation);
    step.caller = operation.caller.number;
    const model::Verdict verdict = world.predict(operation);
    step.observe = model::visible_lists(world, operation, verdict.edit, false);
    if (step.call == wire::Call::link) step.made = world.next_link();
    if (step.call == wire::Call::load) step.made = world.next_mortal();
    if (step.call == wire::Call::unpin) step.made = dying_with(world, verdict.edit);
    wire::put_step(out, step);
    world.commit(verdict.edit);
  }
  out.bytes(head.trials.data(), head.trials.size());
}

}  // namespace mprogcheck
