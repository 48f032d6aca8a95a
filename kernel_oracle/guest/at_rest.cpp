// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Between sequences every program and link must be held as often as at the start, and no other may be there: a leaked
// reference stays, so it is enough to look now and then. Where references cannot be counted, whether one is left is
// still to be seen: let go of all that is known, and what lives on is held by somebody.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/sequence_runner.hpp"
#include "model/visit_names.hpp"

namespace mprogcheck::guest {

using model::Name;
using model::ObjectKind;

namespace {

/// A reference may be dropped by a worker of the kernel: it gets this many turns.
constexpr unsigned patience = 100;
constexpr unsigned patience_with_a_lie = 2;

std::string describe(ObjectKind kind, std::uint32_t id, const Object* pooled) {
  std::string text = kind == ObjectKind::link ? "link" : "program";
  if (pooled != nullptr && pooled->slot < model::filler_program_begin) text += " p" + std::to_string(pooled->slot);
  if (pooled != nullptr && pooled->slot >= model::filler_program_begin && pooled->slot < model::mortal_program_begin)
    text += " f" + std::to_string(pooled->slot - model::filler_program_begin);
  return text + " (id " + std::to_string(id) + ")";
}

std::string mismatch(const std::string& what, std::uint32_t expected, std::uint32_t observed) {
  return what + " is held " + std::to_string(observed) + " times, expected " + std::to_string(expected);
}

bool has_gone(std::uint32_t program_id) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.prog_id = program_id;
  const int fd = mpc_bpf(BPF_PROG_GET_FD_BY_ID, &attr, MPC_BY_ID_SIZE);
  if (fd >= 0) ::close(fd);
  return fd == -ENOENT;
}

}  // namespace

/// The first object that is not held as it should be; empty if all are.
std::string SequenceRunner::not_at_rest(ObjectKind kind) const {
  std::size_t pooled = 0, kept = 0;
  for (const auto& [id, references] : references_->all(kind)) {
    const Object* const object = kind == ObjectKind::program ? programs_.find(id) : nullptr;
    std::uint32_t expected = 1;  // the agent's own file
    if (object != nullptr) {
      ++pooled;
    } else if (!alone_) {
      continue;  // it may be anybody's
    } else if (const auto* const before = References::find(references_->kept(kind), id)) {
      ++kept;
      expected = before->references;
    } else {
      return mismatch(describe(kind, id, nullptr) + ", which no sequence should have left,", 0, references);
    }
    if (references != expected) return mismatch(describe(kind, id, object), expected, references);
  }
  if (kind == ObjectKind::program && pooled != programs_.count())
    return std::to_string(programs_.count() - pooled) + " of the programs that are kept are gone";
  if (alone_ && kept != references_->kept(kind).size()) return "an object of before the first sequence is gone";
  return {};
}

/// `lying`: as it would be if a reference too many were held.
bool SequenceRunner::check_references(bool lying) {
  std::string wrong;
  const unsigned least = lying ? patience_with_a_lie : patience;
  const std::uint64_t end = lying ? 0 : workers_until_;
  for (unsigned turns = 0; turns < least || now() < end; ++turns) {
    if (!references_->look()) {
      wrong = "the counts cannot be read";
      break;
    }
    if (lying) references_->pretend_one_more(programs_.filler(0).object.id);
    wrong = not_at_rest(ObjectKind::program);
    if (wrong.empty()) wrong = not_at_rest(ObjectKind::link);
    if (wrong.empty()) return true;
    sched_yield();
  }
  if (unchecked_ != 0) wrong += " (after this sequence or one of the " + std::to_string(unchecked_) + " before it)";
  if (lying) wrong += " " + std::string(lie_mark);
  unclean("references: " + wrong);
  return false;
}

/// It may be held by more than the agent when the sequence is over. The same for what a trial names.
void SequenceRunner::mark_named(const model::Operation& operation) {
  model::visit_names(operation, [this](Name name) { mark_named(name.slot); });
  if (const auto* const fill = std::get_if<model::Fill>(&operation))
    for (unsigned n = 0; n < fill->count; ++n) mark_named(Name::filler(n).slot);
}

void SequenceRunner::mark_named(unsigned slot) {
  if (slot < Name::pool_count && pool_[slot] != nullptr) pool_[slot]->named = true;
  if (slot >= Name::filler_begin && slot < Name::object_begin) programs_.filler(slot - Name::filler_begin).named = true;
}

/// What is there and should not be, or the other way round; empty if there is nothing.
std::string SequenceRunner::stranger(ObjectKind kind) const {
  const LiveIds::Ids &all = ids_.all(kind), &kept = ids_.kept(kind);
  std::size_t pooled = 0, old = 0;
  for (const std::uint32_t id : all) {
    if (kind == ObjectKind::program && programs_.find(id) != nullptr)
      ++pooled;
    else if (std::ranges::binary_search(kept, id))
      ++old;
    else if (alone_)  // otherwise it may be anybody's
      return describe(kind, id, nullptr) + ", which no sequence should have left, lives on";
  }
  if (kind == ObjectKind::program && pooled != programs_.count())
    return std::to_string(programs_.count() - pooled) + " of the programs that are kept are gone";
  if (alone_ && old != kept.size()) return "an object of before the first sequence is gone";
  return {};
}

/// The agent closes its own file, which was the last: the program must go. Another takes its place. Like the counts,
/// this is none of the calls that the floor of a bench makes again: there the programs stay as they are.
std::string SequenceRunner::turn_over(Programs::Pooled& pooled) {
  const Object& object = pooled.object;
  const bool is_filler = object.slot >= model::filler_program_begin && object.slot < model::mortal_program_begin;
  const unsigned slot = is_filler ? Name::filler(object.slot - model::filler_program_begin).slot : object.slot;
  const std::string what = describe(ObjectKind::program, object.id, &object);
  const bool is_named = is_filler || (slot < Name::slots && is_open(slot));
  if (is_named && is_open(slot)) {
    ::close(fd_of_slot(slot));
    set_closed(slot);
  }
  ::close(pooled.fd);
  bool gone = has_gone(object.id);
  for (unsigned turns = 0; !gone && (turns < patience || now() < workers_until_); ++turns) {
    sched_yield();
    gone = has_gone(object.id);
  }
  if (!gone) return what + " lives on when its last file is closed";
  if (const int error = programs_.load_again(pooled); error < 0)
    return what + " cannot be loaded again: " + std::strerror(-error);
  if (is_named) {
    ::dup2(pooled.fd, fd_of_slot(slot));
    set_open(slot);
  }
  return {};
}

bool SequenceRunner::check_ids() {
  std::string wrong;
  for (unsigned turns = 0; turns < patience || now() < workers_until_; ++turns) {
    if (!ids_.look()) {
      wrong = "the ids cannot be read";
      break;
    }
    wrong = stranger(ObjectKind::program);
    if (wrong.empty()) wrong = stranger(ObjectKind::link);
    if (wrong.empty()) break;
    sched_yield();
  }
  bool turned = false;
  for (Programs::Pooled* const pooled : programs_.all()) {
    if (!pooled->named || !wrong.empty()) continue;
    wrong = turn_over(*pooled);
    turned = true;
  }
  if (turned) programs_.index();
  if (wrong.empty()) return true;
  if (unchecked_ != 0) wrong += " (after this sequence or one of the " + std::to_string(unchecked_) + " before it)";
  unclean("references: " + wrong);
  return false;
}

}  // namespace mprogcheck::guest
