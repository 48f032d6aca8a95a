// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Operations that are to change nothing, tried one after the other in the state after a step. A trial is to cost little
// more than its system call and the query after it: there are tens of thousands in a state.
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

namespace {

bool makes_something(const model::Operation& operation) {
  return std::holds_alternative<model::CreateLink>(operation) || std::holds_alternative<model::Load>(operation);
}

}  // namespace

bool SequenceRunner::can_try(const wire::JobRecord& job) const {
  if (job.trials.empty()) return true;
  if (alphabet_ == nullptr || alphabet_->number() != job.alphabet) return false;
  wire::Reader reader(job.trials);
  while (reader.left() != 0) {
    wire::TrialsRecord block;
    if (!wire::get_trials(reader, block) || !trial_set::is_within(block.which, alphabet_->operations().size()))
      return false;
  }
  return true;
}

void SequenceRunner::expect_trials() {
  trials_come_ = trials_left_.left() != 0 && wire::get_trials(trials_left_, trials_);
}

/// False if one changed something: what would follow is of a world that nobody knows.
bool SequenceRunner::try_operations() {
  say_where(true);
  tried_lists_ = declared_lists_;
  any_list_changed(false);  // from now on, what is not as it was when last looked at is not as it is now
  const auto operations = alphabet_->operations();
  const std::uint32_t lie_at = trials_.lie == TrialLie::none ? trial_set::no_operation : trials_.lie_at;
  const std::size_t tried = wire::begin_tried(*out_);
  const std::size_t begin = out_->size();
  // Nothing else is written before the block is done.
  std::uint8_t* errnos = out_->room(trial_set::count(trials_.which));
  std::uint8_t* const first = errnos;
  std::uint32_t changed = trial_set::no_operation;
  trial_set::for_each(trials_.which, [&](std::uint32_t number) {
    const wire::Step& step = operations[number];
    if (references_ == nullptr) mark_named(step.operation);
    int error = execute(step);
    if (changes_something(step.operation, error)) [[unlikely]]
      changed = number;
    if (number == lie_at) [[unlikely]] {
      if (trials_.lie == TrialLie::change)
        changed = number;
      else
        error = lied_errno(error);
    }
    *errnos++ = static_cast<std::uint8_t>(error < 255 ? error : 255);
    heartbeat_.did(1);
    return changed == trial_set::no_operation;
  });
  out_->truncate(begin + static_cast<std::size_t>(errnos - first));
  // Where the operation may not reach, too, and to the last byte.
  const bool elsewhere = any_list_changed(true);
  wire::end_tried(*out_, tried, changed, elsewhere);
  expect_trials();
  say_where();
  return changed == trial_set::no_operation;
}

/// Something was made, a query broke its promise, or a list that the operation can touch is not what it was.
bool SequenceRunner::changes_something(const model::Operation& operation, int error) {
  const bool broken = asked_ && breach_ != 0;
  bool made = error == 0 && makes_something(operation);
  made = made || declared_lists_ != tried_lists_;
  const auto site = model::site_of(operation);
  if (AttachList* const list = site ? list_of(*site) : nullptr; list != nullptr) {
    if (!differs(*list, false) && !broken && !made) [[likely]]
      return false;
  } else if (!any_list_changed(false) && !broken && !made) {
    return false;
  }
  // As after a step: reset() wants to know whom to look for.
  if (pending_link_ != nullptr && pending_link_->id == 0) learn_link(*pending_link_);
  return true;
}

/// From what it was when it was last looked at, whatever was done to its device.
bool SequenceRunner::differs(AttachList& list, bool thorough) {
  return look_at(list, thorough) && !list.is_as_before();
}

bool SequenceRunner::any_list_changed(bool thorough) {
  bool changed = false;
  for (AttachList* const list : lists())
    if ((declared_lists_ >> list->index & 1U) != 0 && differs(*list, thorough)) changed = true;
  return changed;
}

}  // namespace mprogcheck::guest
