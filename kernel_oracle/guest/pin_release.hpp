// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

namespace mprogcheck::guest {

/// Where pins are: a BPF file system, if there is one.
inline constexpr const char* pin_directory = "/sys/fs/bpf";

/// How a kernel lets go of what a pin held. With some the reference is gone when unlink(2) returns; others drop it
/// behind an RCU grace period (kernel/bpf/inode.c: bpf_free_inode), and until then a close is not the last one. Both
/// are right: where it comes late, it is waited for.
class PinRelease {
 public:
  /// Tries whether there is a BPF file system, and when it lets go.
  void probe();
  [[nodiscard]] bool can_pin() const { return can_pin_; }
  [[nodiscard]] bool is_late() const { return late_; }

  /// Waits until what was unlinked before has been let go of, if that comes late. What follows in a worker of the
  /// kernel, because that was the last reference of a link, may still be to come.
  void settle() const;

 private:
  bool can_pin_ = false;
  bool late_ = false;
};

}  // namespace mprogcheck::guest
