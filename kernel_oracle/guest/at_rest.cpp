// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Between sequences every program and link must be held as often as at the start, and no other may be there: a leaked
// reference stays, so it is enough to look now and then.
#include <sched.h>

#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

using model::ObjectKind;

namespace {

/// A reference may be dropped by a worker of the kernel: it gets this many turns.
constexpr unsigned patience = 100;
constexpr unsigned patience_with_a_lie = 2;
/// Where pins let go late, there surely is one at work: some two seconds.
constexpr unsigned patience_with_late_pins = 10'000;

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
  const unsigned most = lying ? patience_with_a_lie : release_.is_late() ? patience_with_late_pins : patience;
  for (unsigned turns = 0; turns < most; ++turns) {
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

}  // namespace mprogcheck::guest
