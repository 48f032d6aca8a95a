// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck::vm {

/// The bytes of a kernel image, in memory or in a file.
class ImageBytes {
 public:
  virtual ~ImageBytes() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// `length` bytes from there on, or as many as there are.
  [[nodiscard]] virtual std::string read(std::uint64_t offset, std::uint64_t length) const = 0;

  /// The object at an offset, or zeros if the image ends before.
  template <typename T>
  [[nodiscard]] T field(std::uint64_t offset) const {
    T value{};
    if (const auto bytes = read(offset, sizeof value); bytes.size() == sizeof value) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return value;
  }
};

class ImageInMemory final : public ImageBytes {
 public:
  explicit ImageInMemory(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
  [[nodiscard]] std::string read(std::uint64_t offset, std::uint64_t length) const override {
    return offset < bytes_.size() ? std::string(bytes_.substr(offset, length)) : std::string();
  }

 private:
  std::string_view bytes_;
};

/// Read piece by piece and not mapped: whoever builds a kernel in place cuts the file first, and a mapping would end us
/// by SIGBUS. So a file of any size takes little memory, too.
class ImageFile final : public ImageBytes {
 public:
  /// An Error of kind usage if it is no regular file, or cannot be read.
  static Result<ImageFile> open(const std::string& path);

  [[nodiscard]] std::uint64_t size() const override { return static_cast<std::uint64_t>(status_.st_size); }
  [[nodiscard]] std::string read(std::uint64_t offset, std::uint64_t length) const override;
  /// To be asked when all is read, before anything of it is believed: an Error if the disk failed, or if somebody wrote
  /// to the file since open().
  [[nodiscard]] Result<void> unchanged() const;

 private:
  ImageFile(std::string path, Fd fd, const struct stat& status)
      : path_(std::move(path)), fd_(std::move(fd)), status_(status) {}

  std::string path_;
  Fd fd_;
  struct stat status_;
  mutable int error_ = 0;  ///< of the first read that failed
};

}  // namespace mprogcheck::vm
