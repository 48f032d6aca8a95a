// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck::cli {

/// The option that names the kernel to test with.
inline std::string stock_kernel() {
  return " --kernel '" + mprogcheck::testing::stock_kernel() + "' ";
}

/// How the command ended, and what it said.
struct Ran {
  int code = 0;
  std::string out;
  std::string err;
};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Runs the command as scripts do, in a folder of its own.
class command : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "mprogcheck-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// Runs the command in a folder of its own. `environment` goes in front, as in a shell.
  Ran run(const std::string& arguments, const std::string& environment = {}) const {
    const std::string line = "cd '" + directory_.string() + "' && " + environment + " '" MPROGCHECK_COMMAND "' " +
                             arguments + " >out.txt 2>err.txt </dev/null";
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): the shell is what scripts have
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(directory_ / "out.txt"),
            content(directory_ / "err.txt")};
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }
  nlohmann::json json(const std::string& name) const { return nlohmann::json::parse(content(directory_ / name)); }

  /// One line on stderr, and that code.
  void expect_refusal(const Ran& ran, int code, const std::string& words) const {
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_THAT(ran.err, ::testing::AllOf(::testing::StartsWith("mprogcheck: "), ::testing::HasSubstr(words)));
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  }

  std::filesystem::path directory_;
};

}  // namespace mprogcheck::cli
