// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/bounded_log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace mprogcheck::vm {
namespace {

/// What cannot be written is lost for the file.
void write_at(int file, std::size_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::size_t>(written);
  }
}

}  // namespace

std::string BoundedLog::gap() const {
  return left_out_ == 0 ? "" : fmt::format("\n... ({} bytes are left out here) ...\n", left_out_);
}

void BoundedLog::append(std::string_view bytes) {
  const auto to_head = bytes.substr(0, part_ - std::min(part_, head_.size()));
  write_at(file_.get(), head_.size(), to_head);
  head_ += to_head;
  bytes.remove_prefix(to_head.size());
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, 2 * part_ - std::min(2 * part_, tail_.size()));
    write_at(file_.get(), head_.size() + gap().size() + tail_.size(), piece);
    tail_ += piece;
    bytes.remove_prefix(piece.size());
    if (bytes.empty()) return;
    // Its second half begins anew, so that a byte is written twice at most.
    tail_.erase(0, part_);
    left_out_ += part_;
    (void)!::ftruncate(file_.get(), static_cast<off_t>(head_.size()));
    write_at(file_.get(), head_.size(), gap() + tail_);
  }
}

std::string BoundedLog::since(std::uint64_t position) const {
  if (position <= head_.size() && left_out_ == 0) {
    const auto at = static_cast<std::size_t>(position);
    return head_.substr(at) + tail_;
  }
  const auto tail_begin = head_.size() + left_out_;
  std::string text;
  if (position < head_.size()) text = head_.substr(static_cast<std::size_t>(position));
  if (position < tail_begin) text += gap();
  const auto skipped = position > tail_begin ? std::min<std::uint64_t>(position - tail_begin, tail_.size()) : 0;
  return text + tail_.substr(static_cast<std::size_t>(skipped));
}

}  // namespace mprogcheck::vm
