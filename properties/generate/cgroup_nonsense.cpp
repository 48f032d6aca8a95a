// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/cgroup_nonsense.hpp"

#include <array>

namespace mprogcheck::properties {

namespace {

using model::Argument;
using model::Operation;
using model::Revision;
namespace flag = model::flag;

}  // namespace

void spoil_at_cgroup(RandomStream& random, Operation& operation, const std::optional<model::Site>& elsewhere,
                     const std::function<model::Name()>& any_name) {
  const auto literal = [&random] {
    constexpr std::array<std::uint32_t, 5> numbers{0, 1, 900, 0x7fff'ffff, 0xffff'ffff};
    return Argument::literal(numbers[random.below(numbers.size())]);
  };
  const auto odd_fd = [&] { return random.chance(128) ? Argument::of(any_name()) : literal(); };
  const auto odd_flags = [&random](std::uint32_t& flags) {
    constexpr std::array<std::uint32_t, 8> known{flag::override_, flag::multi, flag::replace, flag::before,
                                                 flag::after,     flag::id,    flag::link,    flag::preorder};
    flags ^= random.chance(220) ? known[random.below(known.size())] : 1U << random.below(32);
  };
  // Where ID says so, a literal has to be a legal id.
  const auto legal = [](std::uint32_t flags, Argument& relative) {
    if (!relative.named && (flags & flag::id) != 0 && !model::legal_id_literal(relative.value)) relative.value = 0;
    if (!relative.named && (flags & flag::id) == 0 && !model::legal_fd_literal(relative.value)) relative.value = 0;
  };
  std::visit(
      [&](auto& call) {
        if constexpr (requires { call.site; }) {
          if (elsewhere && random.chance(40)) {
            call.site = *elsewhere;
            return;
          }
        }
        if constexpr (requires { call.relative; }) {
          switch (random.below(5)) {
            case 0:
              call.program = odd_fd();
              break;
            case 1:
              call.relative = odd_fd();
              break;
            case 2:
              call.revision =
                  random.chance(128) ? Revision::literal(random.below(6)) : Revision::literal(random.next());
              break;
            case 3:
              if constexpr (requires { call.replace; }) call.replace = odd_fd();
              [[fallthrough]];
            default:
              odd_flags(call.flags);
          }
          legal(call.flags, call.relative);
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(call)>, model::UpdateLink>) {
          if (random.chance(80)) odd_flags(call.flags);
          if (random.chance(80)) call.program = odd_fd();
          if (random.chance(80)) call.old_program = odd_fd();
          if (random.chance(80)) call.link = odd_fd();
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(call)>, model::DetachLink>) {
          call.link = odd_fd();
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(call)>, model::Query>) {
          if (random.chance(128))
            call.query_flags = random.chance(128) ? 2 : random.word();
          else
            call.attach_flags = random.word();
        }
      },
      static_cast<model::AnyCall&>(operation));
}

}  // namespace mprogcheck::properties
