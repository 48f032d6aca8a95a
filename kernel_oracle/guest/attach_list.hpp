// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "kernel_oracle/guest/guarded.hpp"
#include "kernel_oracle/guest/raw_view.hpp"
#include "kernel_oracle/guest/syscalls.hpp"
#include "model/sites.hpp"

namespace mprogcheck::guest {

/// One hook of one target: what it held when last looked at, and what of that the run has shown already.
///
/// Where a target keeps the revision of an empty list from sequence to sequence, it is told as if each sequence had
/// found a new one: here alone the kernel's number becomes that, and back.
class AttachList {
 public:
  /// Of a target that is new: an interface index, or an fd. `shown_by_link`: how the info of its links shows it.
  void place(std::uint32_t target, std::uint32_t attach_type, std::uint64_t shown_by_link);
  /// What it is a list of, for good.
  void belong_to(model::Hook hook, model::Target target) {
    hook_ = hook;
    of_ = target;
    of_cgroup_ = target.is_cgroup();
  }
  [[nodiscard]] model::Hook hook() const { return hook_; }
  [[nodiscard]] model::Target of() const { return of_; }

  /// Queries it. True if it is not as it was last time. With `thorough`, what the kernel wrote is held to what it
  /// promised, slot by slot, with guards around attr and arrays, and the arrays of attach flags are asked for too,
  /// which must be zero, or a cgroup's mode: if not, the answer becomes EPROTO.
  bool look(Syscalls& calls, bool thorough = false);

  /// Its revision is as told() has it.
  [[nodiscard]] const RawView& view() const { return raw_[current_]; }
  [[nodiscard]] const RawView& before() const { return raw_[current_ ^ 1]; }
  /// After a look() that was true: it had been doubted, and is what it was all the same.
  [[nodiscard]] bool is_as_before() const;
  [[nodiscard]] bool is_fresh() const {
    return known_ && view().error == 0 && view().count == 0 && view().flags == 0 &&
           (view().revision == 1 || (of_cgroup_ && view().revision == 0));  // a kernel that tells none
  }
  [[nodiscard]] std::uint32_t target() const { return target_; }
  [[nodiscard]] std::uint32_t attach_type() const { return attach_type_; }
  [[nodiscard]] std::uint64_t shown_by_link() const { return shown_by_link_; }

  /// A revision that the kernel tells with that count of entries, as it is told to the host. Of a device's empty list
  /// it always says 1.
  [[nodiscard]] std::uint64_t told(std::uint64_t revision, std::uint32_t count) const {
    return (count == 0 && !of_cgroup_) || revision == 0 ? revision : revision - offset_;
  }
  /// A revision that is expected, as the kernel is asked with it. 0 is not compared with any, and stays what it is.
  [[nodiscard]] std::uint64_t asked_with(std::uint64_t expected) const {
    return expected == 0 || expected + offset_ == 0 ? expected : expected + offset_;
  }
  /// What the kernel said, if the view has entries.
  [[nodiscard]] std::uint64_t kernel_revision() const { return view().revision + offset_; }
  /// The kernel's revision of the list, which is empty, is told as 1 from now on.
  void begin_at(std::uint64_t kernel_revision) {
    offset_ = kernel_revision - 1;
    doubt();
  }

  /// Something may have changed it since it was last looked at.
  void doubt() { known_ = false; }
  [[nodiscard]] bool known() const { return known_; }

  bool there = false;                       ///< the device, as it was last made, has that hook
  bool asked_of = false;                    ///< in this sequence something was tried at it, or it was not empty
  model::ListIndex index = model::no_list;  ///< what the sequence knows it as, if it does
  bool shown = false;                       ///< the run has shown view() to the host
  std::array<std::uint8_t, 2UL * RawView::room> entries{};  ///< view() in the model's terms, as the wire has it

 private:
  std::array<RawView, 2> raw_{};
  std::array<Guarded<union bpf_attr>, 2> queries_{};
  unsigned current_ = 0;
  bool known_ = false;
  model::Hook hook_{};
  model::Target of_{};
  bool of_cgroup_ = false;
  std::uint32_t target_ = 0;
  std::uint32_t attach_type_ = 0;
  std::uint64_t shown_by_link_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace mprogcheck::guest
