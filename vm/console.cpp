// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/console.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/fd.hpp"

namespace mprogcheck::vm {

std::string clean(std::string_view raw) {
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\x1b') {
      if (i + 1 < raw.size() && raw[i + 1] == '[') {
        i += 2;
        while (i < raw.size() && (raw[i] < '@' || raw[i] > '~')) ++i;
      }
    } else if (raw[i] == '\n' || raw[i] == '\t' || static_cast<unsigned char>(raw[i]) >= ' ') {
      text += raw[i];
    }
  }
  return text;
}

std::string last_lines(const std::string& path, std::size_t count) {
  constexpr off_t enough = 256 * 1024;
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - enough);
  std::string raw(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  const auto got = ::pread(fd.get(), raw.data(), raw.size(), from);
  raw.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  auto text = clean(raw);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (count == 0) return {};
  auto start = text.size();
  for (std::size_t line = 0; line < count; ++line) {
    start = start == 0 ? std::string::npos : text.rfind('\n', start - 1);
    if (start == std::string::npos) return text;
  }
  return text.substr(start + 1);
}

std::string panic_reason(std::string_view console) {
  constexpr std::string_view mark = "Kernel panic - not syncing: ";
  const auto at = console.find(mark);
  if (at == console.npos) return {};
  console.remove_prefix(at + mark.size());
  return std::string(console.substr(0, console.find_first_of("\r\n")));
}

}  // namespace mprogcheck::vm
