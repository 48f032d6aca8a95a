// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/taint.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <charconv>
#include <string_view>

#include "kernel_oracle/guest/programs.hpp"

namespace mprogcheck::guest {

std::string taint_letters(std::uint64_t bits) {
  // Documentation/admin-guide/tainted-kernels.rst.
  constexpr std::string_view letters = "PFSRMBUDAWCIOELKXTNJ";
  std::string text;
  for (; bits != 0; bits &= bits - 1) {
    const auto bit = static_cast<unsigned>(std::countr_zero(bits));
    if (!text.empty()) text += ' ';
    text += bit < letters.size() ? std::string(1, letters[bit]) : std::to_string(bit);
  }
  return text;
}

bool Taint::open() {
  fd_ = out_of_the_way(::open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC));
  known_ = read();
  return fd_ >= 0;
}

std::uint64_t Taint::read() const {
  char text[32];
  const ssize_t length = ::pread(fd_, text, sizeof text, 0);
  std::uint64_t bits = 0;
  if (length > 0) std::from_chars(text, text + length, bits);
  return bits;
}

std::string Taint::news() {
  const std::uint64_t now = read(), fresh = now & ~known_;
  if (fresh == 0) return {};
  known_ = now;
  return "the kernel is tainted, and does not say why: " + taint_letters(fresh);
}

}  // namespace mprogcheck::guest
