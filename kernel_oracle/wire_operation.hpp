// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel_oracle/wire.hpp"
#include "model/fields.hpp"

/// Operations on the wire: the number of the call, then the fields, as model/fields.hpp has them. Each call has its
/// length.
namespace mprogcheck::wire {

void put_operation(Buffer& buffer, const model::Operation& operation);
/// False unless it is one that model::validate() allows.
bool get_operation(Reader& reader, model::Operation& operation);

/// What the host's model foresees of a step, and the guest needs to know.
struct Foreseen {
  std::uint16_t observe = 0;  ///< bit N: list N is to be looked at after it
  std::uint8_t made = 0;      ///< link, load: table slot of the link or program that it makes, if it does
  std::uint8_t dying = 0;     ///< unpin: 1, if the last holder of an object goes; 2, and with a link its program
};
static_assert(model::list_count <= 16, "Foreseen::observe is two bytes");

/// One operation of a sequence.
struct Step {
  Foreseen foreseen;
  model::Operation operation;
};
void put_step(Buffer& buffer, const Step& step);
/// False if the operation is not valid, or what is foreseen cannot be.
bool get_step(Reader& reader, Step& step);

namespace detail {

/// Of a field, in bytes.
struct Size {
  std::size_t bytes = 1;  // the number of the call
  constexpr void operator()(model::role::Any /*role*/, const model::Argument& /*field*/) { bytes += 1 + 4; }
  constexpr void operator()(model::role::Any /*role*/, const model::Revision& /*field*/) { bytes += 1 + 8; }
  constexpr void operator()(model::role::Any /*role*/, const model::Site& /*field*/) { bytes += 1 + 4; }
  constexpr void operator()(model::role::Any /*role*/, const auto& field) { bytes += sizeof field; }
};
template <typename Call>
constexpr std::size_t size_of() {
  const model::Operation operation{Call()};
  Size size;
  fields(operation, size);
  return size.bytes;
}
template <typename... Calls>
constexpr std::array<std::size_t, sizeof...(Calls)> sizes_of(const std::variant<Calls...>* /*of*/) {
  return {size_of<Calls>()...};
}

}  // namespace detail

/// Of each call, in bytes.
inline constexpr auto operation_sizes = detail::sizes_of(static_cast<const model::AnyCall*>(nullptr));
inline constexpr std::size_t most_operation_size = std::ranges::max(operation_sizes);
inline constexpr std::size_t least_operation_size = std::ranges::min(operation_sizes);

}  // namespace mprogcheck::wire
