// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/sequence_runner.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cstdio>

#include "kernel_oracle/guest/accident.hpp"
#include "kernel_oracle/guest/clock.hpp"

namespace mprogcheck::guest {

using model::Name;

namespace {

/// Two walks cost as much as a few operations.
constexpr std::uint32_t count_references_every = 32;

}  // namespace

SequenceRunner::SequenceRunner(Devices devices, Keepers& keepers, DeviceLife& life, Cgroups& cgroups,
                               Programs& programs, const Objects& objects, Traffic& traffic, KernelLog* log,
                               References* references, LiveIds& ids, ComingId& coming, const PinRelease& release,
                               bool alone, Heartbeat& heartbeat)
    : devices_(std::move(devices)),
      keepers_(keepers),
      life_(life),
      cgroups_(cgroups),
      programs_(programs),
      objects_(objects),
      traffic_(traffic),
      log_(log),
      references_(references),
      ids_(ids),
      coming_(coming),
      release_(release),
      alone_(alone),
      heartbeat_(heartbeat) {
  for (unsigned place = 0; place < model::Target::places; ++place)
    for (const model::HookRow& row : model::hook_rows) {
      const model::Target target = model::Target::at_place(place);
      hook_at({row.hook, target}).belong_to(row.hook, target);
    }
  for (unsigned device = 0; device < devices_.count; ++device) place_lists(device);
  for (unsigned n = 0; n < Name::filler_count; ++n) {
    names_[Name::filler(n).slot] = &programs_.filler(n).object;
    set_open(Name::filler(n).slot);
  }
  for (unsigned n = 0; n < Name::object_count; ++n) {
    names_[Name::object(n).slot] = objects_.of_number(n);
    if (objects_.has(n)) set_open(Name::object(n).slot);
  }
  made_.resize(wire::max_steps + 1);  // and what a trial may make, after which nothing follows
}

bool SequenceRunner::bind_pool(const wire::JobRecord& job) {
  std::array<unsigned, wire::program_classes> taken{};
  std::array<Programs::Pooled*, Name::pool_count> wanted{};
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    if ((job.programs >> n & 1U) != 0) {
      wanted[n] = programs_.pool(job.classes[n], taken[job.classes[n]]++);
      if (wanted[n] == nullptr) return false;
    }
    if (pool_[n] != nullptr && pool_[n] != wanted[n]) pool_[n]->object.slot = 0xff;
  }
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    if (wanted[n] != nullptr) {
      wanted[n]->object.slot = static_cast<std::uint8_t>(n);
      names_[n] = &wanted[n]->object;
      if (pool_[n] != wanted[n] || !is_open(n)) calls_.dup2(wanted[n]->fd, fd_of_slot(n));
      set_open(n);
    } else {
      names_[n] = nullptr;
      if (is_open(n)) close_slot(n);
    }
    pool_[n] = wanted[n];
  }
  return true;
}

/// The task's name is printed by every oops: the job, in deep depth and where a step takes its time that one too.
void SequenceRunner::say_where(bool step) const {
  char name[16];
  if (job_->deep || step)
    std::snprintf(name, sizeof name, "%u.%u", job_->number, step_);
  else
    std::snprintf(name, sizeof name, "%u", job_->number);
  prctl(PR_SET_NAME, name);
}

/// In its log, or without a word. What it says is the ending then, whatever else there was.
bool SequenceRunner::kernel_complains() {
  std::string note = log_->splat();
  if (note.empty()) note = log_->taint();
  if (note.empty()) return false;
  ending_ = wire::Ending::splat;
  note_ = std::move(note);
  return true;
}

/// On the way that a defect or a leak would be seen. True if it was told: the world is as well as before.
bool SequenceRunner::lie_about_the_ending(bool& miscounted) {
  if (job_->lie == Lie::no_splat && log_ != nullptr) {
    log_->pretend(lied_splat);
    kernel_complains();
    return ends_by_lie(job_->lie, note_);
  }
  if (job_->lie == Lie::leak && references_ != nullptr) miscounted = !check_references(true);
  return miscounted;
}

bool SequenceRunner::can_have_devices(const wire::JobRecord& job) const {
  if (job.devices >> devices_.count != 0) return false;
  for (unsigned n = 0; n < devices_.count; ++n)
    if ((job.devices >> n & 1U) != 0 && !life_.can_be(wire::device_class_of(job.made_as[n]))) return false;
  return true;
}

/// Before anything is done: they are then in the guest's own hands, and all make sense.
bool SequenceRunner::read_steps(const wire::JobRecord& job) {
  if (job.step_count > wire::max_steps) return false;
  if (steps_.size() < job.step_count) steps_.resize(job.step_count);
  wire::Reader reader(job.steps);
  for (std::uint32_t n = 0; n < job.step_count; ++n)
    if (!wire::get_step(reader, steps_[n])) return false;
  return reader.left() == 0;
}

bool SequenceRunner::begin(const wire::JobRecord& job) {
  if (!can_have_devices(job) || (job.cgroups != 0 && !cgroups_.works()) || !can_try(job) || !read_steps(job) ||
      !bind_pool(job))
    return false;
  if (job.unkept) keepers_.release(calls_);  // if it fails, so does keep()
  std::fill(names_.begin() + Name::mortal_begin, names_.begin() + Name::filler_begin, nullptr);
  job_ = &job;
  for (AttachList* const hook : lists()) hook->index = model::no_list;
  list_count_ = job.sites.size();
  for (model::ListIndex list = 0; list < job.sites.size(); ++list) {
    AttachList& hook = hook_at(job.sites[list]);
    hook.index = list;
    hook.asked_of = false;
    hook.shown = false;
    lists_[list] = &hook;
  }
  trials_left_ = wire::Reader(job.trials);
  expect_trials();
  ending_ = wire::Ending::complete;
  note_.clear();
  have_devices();
  have_cgroups();
  declared_lists_ = 0;
  spoken_of_ = job.devices;
  unpin_patience_.renew();
  for (const AttachList* const hook : lists())
    if (is_there(*hook)) declared_lists_ = static_cast<model::ListSet>(declared_lists_ | 1U << hook->index);
  return true;
}

bool SequenceRunner::run(const wire::JobRecord& job, RunFrames& runs, bool last_for_now) {
  if (!begin(job)) return false;
  runs.begin_run(job.number);
  out_ = &runs.buffer();
  step_ = 0;
  say_where();
  const std::uint32_t steps = job.step_count;
  if (log_ != nullptr) log_->expect_lines_of(steps);
  while (step_ < steps) {
    const wire::Step& step = steps_[step_];
    Times times;
    if (job.accident != Accident::none && happens_at(job.accident, job.accident_at, step_)) [[unlikely]] {
      say_where();
      have(job.accident, heartbeat_.channel());
    }
    if (job.deep) {
      say_where();
      times.begin = now();
    }
    if (references_ == nullptr) mark_named(step.operation);
    const int error = execute(step);
    if (job.deep) times.end = now();
    observe(error, step_ + 1 == steps, times);
    const bool goes_on = !has_trials() || try_operations();
    ++step_;
    runs.step_done();
    heartbeat_.did(job.deep ? 16 : 1);
    if (job.deep && log_ != nullptr && kernel_complains()) break;
    if (!goes_on) break;
  }
  const std::uint32_t seen = step_;
  if (ending_ == wire::Ending::complete) reset();
  const bool due = job.deep || last_for_now || job.lie == Lie::leak || unchecked_ + 1 >= count_references_every;
  std::uint32_t unchecked = 0;
  bool miscounted = false, counted = false;
  if (!counting_ || !due || ending_ != wire::Ending::complete) {
    ++unchecked_;
  } else if (references_ != nullptr ? check_references() : check_ids()) {
    unchecked_ = 0;
    counted = references_ != nullptr;
  } else {
    unchecked = unchecked_;
    miscounted = true;
  }
  if (log_ != nullptr && ending_ != wire::Ending::splat) kernel_complains();
  const bool lied = ending_ == wire::Ending::complete && lie_about_the_ending(miscounted);
  in_doubt_ = ending_ != wire::Ending::complete && !lied;
  wire::RunHead head;
  head.ending = ending_;
  head.at = seen == 0 ? 0 : seen - 1;
  head.miscounted = miscounted;
  head.counted = counted;
  head.unchecked = unchecked;
  runs.end_run(head, note_);
  return true;
}

}  // namespace mprogcheck::guest
