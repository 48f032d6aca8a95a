// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/folder_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "base/testing/scratch.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class folder_lock : public ::testing::Test {
 protected:
  Result<FolderLock> beside() {
    notes_.clear();
    return FolderLock::take_or_beside(out_, [this](std::string_view line) { notes_ += line; });
  }

  testing::Scratch scratch_;
  fs::path out_ = scratch_.file("out");
  std::string notes_;
};

TEST_F(folder_lock, is_one_s_at_a_time) {
  auto first = FolderLock::take(out_);
  ASSERT_TRUE(first);
  const auto second = FolderLock::take(out_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Error::Kind::usage);
  EXPECT_THAT(second.error().message, HasSubstr("--out"));
}

TEST_F(folder_lock, of_a_busy_folder_is_had_beside) {
  std::optional<FolderLock> campaign = *FolderLock::take(out_);
  auto first = beside();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->folder(), out_ / "beside-1");
  EXPECT_THAT(notes_, HasSubstr((out_ / "beside-1").string()));
  const auto second = beside();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->folder(), out_ / "beside-2");
  campaign.reset();
  const auto third = beside();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->folder(), out_);
  EXPECT_EQ(notes_, "");
}

TEST_F(folder_lock, of_a_folder_that_others_could_change_is_refused) {
  fs::create_directories(out_);
  fs::permissions(out_, fs::perms::all);
  for (const auto& refused : {FolderLock::take(out_), beside()}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Error::Kind::usage);
    EXPECT_THAT(refused.error().message, HasSubstr("choose another folder with --out"));
  }
}

TEST_F(folder_lock, that_cannot_be_had_is_told) {
  fs::create_directories(out_ / "lock");
  const auto none = beside();
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("cannot be opened"));
}

}  // namespace
}  // namespace mprogcheck
