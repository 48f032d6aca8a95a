// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <fmt/format.h>

#include <string>

#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What must be the same when a campaign or an exploration goes on, or its shards are put together: a kernel that is
/// built again has the release of the one before, and other bytes.
struct KernelIdentity {
  std::string release;  ///< what its uname says; empty of the model
  std::string image;    ///< OracleIdentity::image

  friend bool operator==(const KernelIdentity&, const KernelIdentity&) = default;
};

inline KernelIdentity identity_of(const OracleIdentity& oracle) {
  return {oracle.release, oracle.image};
}

/// "6.12.107+deb13-cloud-amd64, image 0123456789abcdef"; of the model `name`, as the user called it.
inline std::string to_string(const KernelIdentity& kernel, const std::string& name) {
  return (kernel.release.empty() ? name : kernel.release) +
         (kernel.image.empty() ? "" : fmt::format(", image {}", kernel.image));
}

}  // namespace mprogcheck
