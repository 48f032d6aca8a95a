// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck {

/// Whoever writes below the folder that --out names holds its lock, so that nobody writes to another's machines, logs
/// and findings. It ends with the process, however that ends.
class FolderLock {
 public:
  /// Makes the folder where it is missing. An Error of kind usage if another process is at work in it, or others could
  /// exchange what is there (check_folder).
  static Result<FolderLock> take(const std::filesystem::path& folder);
  /// The same, but where another one is at work in it, a folder of its own below it: `note` is told which.
  static Result<FolderLock> take_or_beside(const std::filesystem::path& folder,
                                           const std::function<void(std::string_view)>& note);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  FolderLock(std::filesystem::path folder, Fd fd) : folder_(std::move(folder)), fd_(std::move(fd)) {}

  std::filesystem::path folder_;
  Fd fd_;
};

}  // namespace mprogcheck
