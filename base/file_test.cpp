// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/fd.hpp"
#include "base/testing/scratch.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class File : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return scratch_.file(name); }
  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(scratch_.path()), fs::directory_iterator()));
  }
  testing::Scratch scratch_;
};

TEST_F(File, what_is_written_is_read) {
  const std::string text("a\0b\n\xff", 5);
  for (const bool durable : {false, true}) {
    ASSERT_TRUE(write_file(path("new/folder/file"), text, durable));
    EXPECT_EQ(read_file(path("new/folder/file")), text);
  }
  EXPECT_EQ(files(), 1U) << "nothing but the folder";
}

TEST_F(File, an_output_replaces_a_link_and_no_device_or_descriptor) {
  ASSERT_TRUE(write_file(path("target"), "target"));
  fs::create_symlink("target", path("link"));
  ASSERT_TRUE(write_output(path("link"), "new"));
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(path("link"))));
  EXPECT_EQ(read_file(path("target")), "target");

  fs::create_symlink("/dev/null", path("null"));
  ASSERT_TRUE(write_output(path("null"), "new"));
  EXPECT_TRUE(fs::is_symlink(path("null")));

  const Fd open(::open(path("target").c_str(), O_WRONLY | O_CLOEXEC));
  fs::create_symlink(fmt::format("/proc/self/fd/{}", open.get()), path("stdout"));
  ASSERT_TRUE(write_output(path("stdout"), ", too"));
  EXPECT_TRUE(fs::is_symlink(path("stdout"))) << "as /dev/stdout is";
  EXPECT_EQ(read_file(path("target")), "target, too");

  EXPECT_THAT(write_output(path("missing/file"), "").error().message, HasSubstr("there is no folder"));
}

TEST_F(File, a_file_that_is_not_there_is_a_usage_error) {
  const auto text = read_file(path("missing"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Error::Kind::usage);
  EXPECT_THAT(text.error().message, HasSubstr("No such file"));
}

TEST_F(File, nothing_is_read_that_is_no_file) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  for (const std::string& odd : {path("fifo"), scratch_.path(), std::string("/dev/zero"), std::string("/dev/null")}) {
    const auto text = read_file(odd);
    ASSERT_FALSE(text) << odd;
    EXPECT_THAT(text.error().message, HasSubstr("expected a")) << odd;
  }
}

TEST_F(File, no_more_is_read_than_asked_for) {
  ASSERT_TRUE(write_file(path("file"), std::string(1000, 'x')));
  EXPECT_EQ(read_file(path("file"), 1000)->size(), 1000U);
  EXPECT_FALSE(read_file(path("file"), 999));
  const auto endless = read_file("/dev/zero", 1U << 20, FileKind::any);
  ASSERT_FALSE(endless);
  EXPECT_THAT(endless.error().message, HasSubstr("expected at most 1048576 bytes, found more"));
}

TEST_F(File, a_pipe_is_read_to_its_end_if_that_is_wanted) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  std::thread writer([this] { std::ofstream(path("fifo")) << "text"; });
  EXPECT_EQ(read_file(path("fifo"), largest_text, FileKind::any), "text");
  writer.join();
}

TEST_F(File, proc_is_read_though_it_has_no_size) {
  EXPECT_FALSE(read_file("/proc/self/status")->empty());
}

TEST_F(File, no_link_is_followed_when_writing) {
  ASSERT_TRUE(write_file(path("victim"), "mine"));
  fs::create_symlink(path("victim"), path("report"));
  fs::create_symlink(path("victim"), path("report.partial"));
  ASSERT_TRUE(write_file(path("report"), "text"));
  EXPECT_EQ(read_file(path("victim")), "mine");
  EXPECT_EQ(read_file(path("report")), "text");
}

TEST_F(File, a_disk_that_is_full_leaves_the_old_content_and_nothing_else) {
  ASSERT_TRUE(write_file(path("report"), "old"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 10, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto written = write_file(path("report"), std::string(11, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("cannot be written"));
  EXPECT_EQ(read_file(path("report")), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(File, what_cannot_be_created_is_told) {
  ASSERT_TRUE(write_file(path("file"), ""));
  const auto written = write_file(path("file/below"), "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, Error::Kind::infrastructure);
}

}  // namespace
}  // namespace mprogcheck
