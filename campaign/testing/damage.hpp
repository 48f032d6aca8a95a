// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace mprogcheck::testing {

/// For tests: what may have become of a file by the next start. The same seed does the same.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed) {}

  /// To one of the files. In words; empty if it is what it was.
  std::string to_one_of(const std::vector<std::filesystem::path>& files) {
    const auto& file = files[below(files.size())];
    const std::string was = *read_file(file);
    const std::string done = damage(file, files);
    std::error_code error;
    const bool same = std::filesystem::exists(file, error) && *read_file(file) == was;
    return same ? std::string()
                : done + " of " + file.parent_path().filename().string() + "/" + file.filename().string();
  }
  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

 private:
  std::string damage(const std::filesystem::path& file, const std::vector<std::filesystem::path>& files) {
    std::string text = *read_file(file);
    auto lines = lines_of(text);
    const std::size_t line = below(lines.size());
    std::string done;
    switch (below(9)) {
      case 0:
        text[below(text.size())] ^= static_cast<char>(1U << below(8));
        done = "a bit";
        break;
      case 1:
        text.resize(below(text.size()));
        done = "the end";
        break;
      case 2:
        done = change_digit(text);
        break;
      case 3:
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(line));
        text = joined(lines);
        done = "a line less";
        break;
      case 4:
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(line), std::string(lines[line]));
        text = joined(lines);
        done = "a line twice";
        break;
      case 5:
        std::swap(lines[line], lines[below(lines.size())]);
        text = joined(lines);
        done = "the order";
        break;
      case 6:
        std::fill_n(text.begin() + static_cast<std::ptrdiff_t>(below(text.size())), 1, '\0');
        done = "a byte";
        break;
      case 7:
        std::filesystem::remove(file);
        return "all";
      default:
        return swap(file, files[below(files.size())]);
    }
    EXPECT_TRUE(write_file(file, text, false));
    return done;
  }

  std::string change_digit(std::string& text) {
    std::vector<std::size_t> digits;
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] >= '0' && text[i] <= '9') digits.push_back(i);
    if (!digits.empty()) text[digits[below(digits.size())]] = static_cast<char>('0' + below(10));
    return "a digit";
  }
  static std::string swap(const std::filesystem::path& one, const std::filesystem::path& other) {
    const std::string text = *read_file(one);
    EXPECT_TRUE(write_file(one, *read_file(other), false));
    EXPECT_TRUE(write_file(other, text, false));
    return "the place";
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size() - 1) + 1;
      lines.push_back(text.substr(begin, end - begin));
      begin = end;
    }
    return lines;
  }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
  }

  std::mt19937_64 random_;
};

}  // namespace mprogcheck::testing
