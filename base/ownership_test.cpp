// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/ownership.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A user that is neither this one nor root.
uid_t stranger() {
  return ::geteuid() + 12345;
}

struct stat status_of(mode_t mode, uid_t user, gid_t group = 54321) {
  struct stat status {};
  status.st_mode = mode;
  status.st_uid = user;
  status.st_gid = group;
  return status;
}

TEST(ownership, what_only_we_and_root_can_change_is_ours) {
  const uid_t us = ::geteuid();
  EXPECT_EQ(why_not_ours(status_of(S_IFDIR | 0755, us)), "");
  EXPECT_EQ(why_not_ours(status_of(S_IFDIR | 0700, us)), "");
  EXPECT_EQ(why_not_ours(status_of(S_IFDIR | 0755, 0)), "");
  EXPECT_EQ(why_not_ours(status_of(S_IFLNK | 0777, us)), "") << "a link's own mode says nothing";
  EXPECT_THAT(why_not_ours(status_of(S_IFDIR | 0755, stranger())), HasSubstr("belongs to user"));
  EXPECT_THAT(why_not_ours(status_of(S_IFLNK | 0777, stranger())), HasSubstr("belongs to user"));
  EXPECT_THAT(why_not_ours(status_of(S_IFDIR | 0775, us)), HasSubstr("group 54321 may write"));
  EXPECT_THAT(why_not_ours(status_of(S_IFDIR | 01777, us)), HasSubstr("every user may write"));
  EXPECT_THAT(why_not_ours(status_of(S_IFDIR | 0777, 0)), HasSubstr("every user may write"));
}

TEST(ownership, a_group_of_the_owner_alone_may_write) {
  // root's group has root's name, and nobody else in it, on every Debian.
  EXPECT_EQ(why_not_ours(status_of(S_IFDIR | 0775, 0, 0)), "");
}

class Folder : public ::testing::Test {
 protected:
  [[nodiscard]] static Result<void> check(const std::string& path) {
    return check_folder(path, Error::Kind::usage, "choose another folder");
  }
  testing::Scratch scratch_;
};

TEST_F(Folder, is_made_for_us_alone_whatever_the_umask) {
  const mode_t old = ::umask(0);
  const auto made = make_folder(scratch_.file("a/b/c"), Error::Kind::usage, "choose another folder");
  ::umask(old);
  ASSERT_TRUE(made) << made.error().message;
  for (const auto* name : {"a", "a/b", "a/b/c"}) {
    EXPECT_EQ(fs::status(scratch_.file(name)).permissions(), fs::perms{0755}) << name;
    EXPECT_TRUE(check(scratch_.file(name))) << name;
  }
  EXPECT_TRUE(make_folder(scratch_.file("a/b/c/"), Error::Kind::usage, "")) << "made before";
}

TEST_F(Folder, that_is_not_there_is_no_error) {
  EXPECT_TRUE(check(scratch_.file("none")));
  EXPECT_FALSE(fs::exists(scratch_.file("none")));
}

TEST_F(Folder, that_others_may_write_to_is_refused_with_what_to_do) {
  fs::create_directory(scratch_.file("open"));
  fs::permissions(scratch_.file("open"), fs::perms{0777});
  for (const auto& ours : {check(scratch_.file("open")), check(scratch_.file("open/")),
                           make_folder(scratch_.file("open"), Error::Kind::usage, "choose another folder")}) {
    ASSERT_FALSE(ours);
    EXPECT_EQ(ours.error().kind, Error::Kind::usage);
    EXPECT_EQ(ours.error().message.find('\n'), std::string::npos);
    EXPECT_THAT(ours.error().message, HasSubstr("every user may write to it; choose another folder"));
  }
  // Through a link, too, which is ours.
  fs::create_symlink("open", scratch_.file("link"));
  EXPECT_THAT(check(scratch_.file("link")).error().message, HasSubstr("every user may write"));
}

TEST_F(Folder, of_another_user_or_behind_a_link_of_theirs_is_refused) {
  fs::create_directory(scratch_.file("theirs"));
  fs::create_directory(scratch_.file("ours"));
  fs::create_symlink("ours", scratch_.file("link"));
  if (::chown(scratch_.file("theirs").c_str(), stranger(), stranger()) != 0)
    GTEST_SKIP() << "only root can give a folder away";
  ASSERT_EQ(::lchown(scratch_.file("link").c_str(), stranger(), stranger()), 0);
  EXPECT_TRUE(check(scratch_.file("ours")));
  EXPECT_THAT(check(scratch_.file("theirs")).error().message, HasSubstr("belongs to user"));
  EXPECT_THAT(check(scratch_.file("link")).error().message, HasSubstr("a link stands in its place: it belongs"));
  EXPECT_THAT(check(scratch_.file("link/")).error().message, HasSubstr("a link stands in its place: it belongs"));
}

TEST_F(Folder, that_cannot_be_one_is_told) {
  ASSERT_TRUE(write_file(scratch_.file("file"), "x"));
  fs::create_symlink("nowhere", scratch_.file("dangling"));
  for (const auto* name : {"file", "file/below", "dangling", "dangling/below"}) {
    const auto made = make_folder(scratch_.file(name), Error::Kind::usage, "choose another folder");
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().kind, Error::Kind::infrastructure) << name;
    EXPECT_THAT(made.error().message, HasSubstr("; choose another folder")) << name;
  }
}

}  // namespace
}  // namespace mprogcheck
