// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "kernel_oracle/guest/syscalls.hpp"

namespace mprogcheck::guest {

/// One answer of BPF_PROG_QUERY, as the kernel wrote it.
struct RawView {
  static constexpr std::uint32_t room = 64;
  std::array<std::uint32_t, room> programs;
  std::array<std::uint32_t, room> links;
  std::uint64_t revision = 1;
  std::uint32_t count = 0;
  std::uint32_t length = 0;  ///< entries that were written
  std::int32_t error = 0;
};

/// One hook of one device: what it held when last looked at, and what of that the run has shown already.
class AttachList {
 public:
  void place(std::uint32_t ifindex, std::uint32_t attach_type);

  /// Queries it. True if it is not as it was last time. With `flags`, the arrays of attach flags are asked for too:
  /// they must be zero, and if not, the answer becomes -EPROTO.
  bool look(Syscalls& calls, bool flags = false);

  [[nodiscard]] const RawView& view() const { return raw_[current_]; }
  [[nodiscard]] const RawView& before() const { return raw_[current_ ^ 1]; }
  [[nodiscard]] bool is_fresh() const {
    return known_ && view().error == 0 && view().count == 0 && view().revision == 1;
  }
  [[nodiscard]] std::uint32_t ifindex() const { return ifindex_; }
  [[nodiscard]] std::uint32_t attach_type() const { return attach_type_; }

  /// Something may have changed it since it was last looked at.
  void doubt() { known_ = false; }
  [[nodiscard]] bool known() const { return known_; }

  bool shown = false;                                       ///< the run has shown view() to the host
  std::array<std::uint8_t, 2UL * RawView::room> entries{};  ///< view() in the model's terms, as the wire has it

 private:
  std::array<RawView, 2> raw_{};
  std::array<union bpf_attr, 2> queries_{};
  unsigned current_ = 0;
  bool known_ = false;
  std::uint32_t ifindex_ = 0;
  std::uint32_t attach_type_ = 0;
};

}  // namespace mprogcheck::guest
