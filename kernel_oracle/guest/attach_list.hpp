// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "kernel_oracle/guest/guarded.hpp"
#include "kernel_oracle/guest/raw_view.hpp"
#include "kernel_oracle/guest/syscalls.hpp"

namespace mprogcheck::guest {

/// One hook of one device: what it held when last looked at, and what of that the run has shown already.
class AttachList {
 public:
  void place(std::uint32_t ifindex, std::uint32_t attach_type);

  /// Queries it. True if it is not as it was last time. With `thorough`, what the kernel wrote is held to what it
  /// promised, slot by slot, with guards around attr and arrays, and the arrays of attach flags are asked for too,
  /// which must be zero: if not, the answer becomes EPROTO.
  bool look(Syscalls& calls, bool thorough = false);

  [[nodiscard]] const RawView& view() const { return raw_[current_]; }
  [[nodiscard]] const RawView& before() const { return raw_[current_ ^ 1]; }
  /// After a look() that was true: it had been doubted, and is what it was all the same.
  [[nodiscard]] bool is_as_before() const;
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
  std::array<Guarded<union bpf_attr>, 2> queries_{};
  unsigned current_ = 0;
  bool known_ = false;
  std::uint32_t ifindex_ = 0;
  std::uint32_t attach_type_ = 0;
};

}  // namespace mprogcheck::guest
