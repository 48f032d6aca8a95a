// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "campaign/explore/explore.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {

/// For tests: sets `stop`, as a signal would, when it is asked for the first time after so many times.
class StopsAfter final : public Oracle {
 public:
  StopsAfter(std::unique_ptr<Oracle> inner, std::size_t times, std::atomic<bool>& stop)
      : inner_(std::move(inner)), left_(times), stop_(stop) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
  Result<void> renew(Start how) override { return inner_->renew(how); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    if (left_ == 0)
      stop_ = true;
    else
      --left_;
    return inner_->run(jobs, sink);
  }

 private:
  std::unique_ptr<Oracle> inner_;
  std::size_t left_;
  std::atomic<bool>& stop_;
};

/// For tests: explorations of the model, honest or with a planted fault, in a folder of their own.
class exploration : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "mprogcheck-explore-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  ExploreReport explored(ExploreOptions options, const OracleFactory& factory) const {
    options.kernel = "model";
    if (options.out.empty()) options.out = directory_ / "out";
    Reporter silent;
    auto report = explore(options, factory, silent);
    EXPECT_TRUE(report) << report.error().message;
    EXPECT_FALSE(report->error) << report->error->message;
    return std::move(*report);
  }
  static OracleFactory honest() {
    return [](unsigned) { return Result<std::unique_ptr<Oracle>>(std::make_unique<ModelOracle>()); };
  }
  static OracleFactory faulty(const std::string& name) {
    return [name](unsigned) { return make_faulty_oracle(name); };
  }

  std::filesystem::path directory_;
};

inline constexpr properties::Bound small{.programs = 2};

}  // namespace mprogcheck
