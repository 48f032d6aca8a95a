// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mprogcheck::model {

/// What an operation returned: 0, or a positive errno with Linux's numbers (asm-generic/errno.h). The model includes no
/// kernel header, so it names those it can predict.
struct Outcome {
  std::int32_t error = 0;

  [[nodiscard]] constexpr bool ok() const { return error == 0; }
  friend constexpr auto operator<=>(Outcome, Outcome) = default;
};

inline constexpr Outcome success{0};
inline constexpr Outcome eperm{1};
inline constexpr Outcome enoent{2};
inline constexpr Outcome enxio{6};
inline constexpr Outcome e2big{7};
inline constexpr Outcome ebadf{9};
inline constexpr Outcome eagain{11};
inline constexpr Outcome enomem{12};
inline constexpr Outcome eacces{13};
inline constexpr Outcome ebusy{16};
inline constexpr Outcome eexist{17};
inline constexpr Outcome enodev{19};
inline constexpr Outcome einval{22};
inline constexpr Outcome emfile{24};
inline constexpr Outcome enospc{28};
inline constexpr Outcome erange{34};
inline constexpr Outcome enolink{67};
inline constexpr Outcome eopnotsupp{95};
inline constexpr Outcome estale{116};

/// "ok", "-ENOENT", or "-errno 123" for one without a name here.
std::string to_string(Outcome outcome);
/// The other way, for those with a name here.
std::optional<Outcome> outcome_named(std::string_view name);

}  // namespace mprogcheck::model
