// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/operation.hpp"

#include <array>

namespace mprogcheck::model::rfc_v2 {

namespace {

constexpr std::array<std::string_view, call_count> names{"attach", "detach", "link", "update", "detach_link", "close"};

std::string hexadecimal(std::uint32_t value) {
  std::string digits;
  do digits.insert(digits.begin(), "0123456789abcdef"[value & 0xfU]);
  while ((value >>= 4U) != 0);
  return "0x" + digits;
}

std::string number(Object object) {
  switch (object.kind) {
    case Object::Kind::zero:
      return "0";
    case Object::Kind::negative:
      return "-1";
    default:
      return "901";
  }
}

std::string name(Object object) {
  switch (object.kind) {
    case Object::Kind::program:
      return "p" + std::to_string(object.index);
    case Object::Kind::link:
      return "l" + std::to_string(object.index);
    case Object::Kind::other_program:
      return "xdp";
    case Object::Kind::other_link:
      return "iter";
    case Object::Kind::other_kind:
      return "map";
    default:
      return {};
  }
}

/// "p0", "fd 901": an argument that can only be an fd.
std::string bare(Object object) {
  return name(object).empty() ? "fd " + number(object) : name(object);
}

std::string looked_up(Object object, bool by_id) {
  const std::string how = by_id ? "id" : "fd";
  if (object.kind == Object::Kind::closed && by_id) return "id 1073741824";
  return name(object).empty() ? how + " " + number(object) : how + "(" + name(object) + ")";
}

void print_options(const Operation& operation, std::string& text) {
  struct Word {
    std::uint32_t bit;
    const char* word;
  };
  for (const Word& word : {Word{flag::first, " first"}, Word{flag::last, " last"}, Word{flag::before, " before"},
                           Word{flag::after, " after"}, Word{flag::link, " link"}, Word{flag::replace, " replace"}})
    if ((operation.flags & word.bit) != 0) text += word.word;
  const bool by_id = (operation.flags & flag::id) != 0;
  if (by_id || !operation.relative.is_zero()) {
    if ((operation.flags & (flag::neighbour | flag::replace | flag::link)) == 0) text += " relative";
    text += " " + looked_up(operation.relative, by_id);
  }
  if (operation.expect == Expect::now) text += " revision now";
  if (operation.expect == Expect::stale) text += " revision now+1";
  if ((operation.flags & ~flag::known) != 0) text += " flags " + hexadecimal(operation.flags & ~flag::known);
  if (!operation.device) text += " nowhere";
}

}  // namespace

std::string_view name_of(Call call) {
  return names[static_cast<unsigned>(call)];
}

std::string print(const Operation& operation) {
  std::string text{name_of(operation.call)};
  const bool takes_link =
      operation.call == Call::link_update || operation.call == Call::link_detach || operation.call == Call::link_close;
  if (takes_link) text += " " + bare(operation.link);
  if (operation.call == Call::link_detach || operation.call == Call::link_close) return text;
  if (operation.call != Call::detach || !operation.program.is_zero()) text += " " + bare(operation.program);
  if (operation.call != Call::link_update) {
    print_options(operation, text);
    return text;
  }
  const bool expects = (operation.flags & flag::replace) != 0;
  if (expects || !operation.old.is_zero()) text += (expects ? " expect " : " expect_fd ") + bare(operation.old);
  if ((operation.flags & ~flag::replace) != 0) text += " flags " + hexadecimal(operation.flags & ~flag::replace);
  return text;
}

}  // namespace mprogcheck::model::rfc_v2
