// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/raw_view.hpp"
#include "kernel_oracle/wire.hpp"
#include "model/hooks/cgroup.hpp"

namespace mprogcheck::guest {

/// What a `query` of a sequence was answered. What is effective may be longer than any list.
struct RawAnswer {
  static constexpr std::uint32_t room = model::Effective::most;
  static constexpr std::uint32_t spare = 64;  ///< as RawView::spare
  using Slots = std::array<std::uint32_t, room + spare>;
  Slots programs, links;
  std::uint64_t revision = 0;
  std::uint32_t count = 0, flags = 0, length = 0;
  std::int32_t error = 0;
};

/// One `query` of a sequence: an attr of any size and four arrays, each between guards, so that every byte that the
/// kernel writes is one that it promised, or is seen.
class QueryCall {
 public:
  /// Lays the buffers out anew.
  /// `target`: an interface index or, `of_cgroup`, an fd.
  void prepare(const model::Query& query, std::uint32_t target, std::uint32_t attach_type, bool of_cgroup);

  /// What bpf(2) is given: size() bytes, of which only those are the kernel's.
  [[nodiscard]] union bpf_attr* attr() { return reinterpret_cast<union bpf_attr*>(attr_.bytes.data()); }
  [[nodiscard]] unsigned size() const { return size_; }

  /// After the call: what it answered, as far as the attr and the arrays have room for it.
  void read(int result, RawAnswer& answer) const;
  /// After read(): how the kernel wrote something else than it promised (kernel/bpf/mprog.c: bpf_mprog_query). A set of
  /// wire::Breach bits.
  [[nodiscard]] std::uint8_t breach(const RawAnswer& answer) const;

 private:
  static constexpr std::size_t guard = 64;
  static constexpr std::uint8_t guard_byte = 0xa5;
  static constexpr std::uint32_t guard_word = 0xa5a5a5a5;
  static constexpr std::size_t guard_words = guard / sizeof(std::uint32_t);

  struct Array {
    std::array<std::uint32_t, guard_words> before;
    RawAnswer::Slots slots;
    void lay_out();
    [[nodiscard]] bool wrote(std::uint32_t promised) const { return intact() && wrote_exactly(slots, promised); }
    [[nodiscard]] bool intact() const;
  };
  struct Attr {
    std::array<std::uint8_t, guard> before;
    alignas(8) std::array<std::uint8_t, model::Query::most_size + guard> bytes;
  };
  enum { prog_ids, link_ids, prog_flags, link_flags, arrays };

  template <typename Field>
  [[nodiscard]] Field field(unsigned offset) const;
  /// Of cgroups, nothing is said of links.
  [[nodiscard]] bool is_written(unsigned array) const {
    return !of_cgroup_ || array == prog_ids || array == prog_flags;
  }
  [[nodiscard]] bool given(unsigned array) const { return (without_ >> array & 1U) == 0; }
  [[nodiscard]] std::uint8_t attr_breach(bool answered) const;

  std::array<Array, arrays> arrays_;
  Attr attr_;
  Attr laid_out_;  ///< attr_ as it was before the call
  unsigned size_ = 0;
  std::uint32_t asked_ = 0;  ///< slots, as the kernel reads it
  std::uint8_t without_ = 0;
  bool of_cgroup_ = false;
};

}  // namespace mprogcheck::guest
