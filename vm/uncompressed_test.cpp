// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/uncompressed.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/testing/scratch.hpp"
#include "vm/decompress.hpp"
#include "vm/testing/bzimage.hpp"
#include "vm/testing/vmlinux.hpp"

namespace mprogcheck::vm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing_images::make_bzimage;
using testing_images::make_vmlinux;
using testing_images::zstd;

class UncompressedTest : public ::testing::Test {
 protected:
  [[nodiscard]] static std::size_t files_below(const std::string& directory) {
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
  testing::Scratch scratch_;
  testing::Environment cache_{"MPROGCHECK_CACHE", scratch_.file("a/b/cache")};
  std::string path_ = scratch_.file("bzImage");
};

TEST_F(UncompressedTest, the_payload_is_unpacked_once) {
  const auto vmlinux = make_vmlinux("6.12.1", true);
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(vmlinux) + "SIZE")));
  const auto unpacked = uncompressed_image(path_);
  ASSERT_TRUE(unpacked) << unpacked.error().message;
  EXPECT_EQ(read_file(*unpacked).value(), vmlinux);
  EXPECT_EQ(uncompressed_image(path_).value(), *unpacked);
  EXPECT_EQ(uncompressed_image(*unpacked).value(), *unpacked) << "an ELF image is left alone";
}

TEST_F(UncompressedTest, a_payload_that_cannot_be_booted_directly_is_an_error) {
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(make_vmlinux("6.12.1", false)) + "SIZE")));
  EXPECT_THAT(uncompressed_image(path_).error().message, HasSubstr("no PVH entry"));
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", "an unheard-of compression")));
  EXPECT_FALSE(uncompressed_image(path_));
}

TEST_F(UncompressedTest, what_an_image_says_of_itself_is_no_part_of_a_path) {
  const auto vmlinux = make_vmlinux("6.12.1", true);
  for (const auto* release : {"../../cron", "/etc/cron", "a/b", "..", "\x1b]0;x"}) {
    ASSERT_TRUE(write_file(path_, make_bzimage(release, zstd(vmlinux) + "SIZE")));
    const auto kept = uncompressed_image(path_);
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(fs::path(*kept).parent_path(), scratch_.file("a/b/cache/uncompressed"));
    EXPECT_THAT(fs::path(*kept).filename().string(), MatchesRegex("[0-9a-f]{16}-[0-9a-f]{16}"));
    EXPECT_EQ(files_below(scratch_.path()), 2U) << "this one and the image";
  }
}

TEST_F(UncompressedTest, one_that_is_not_what_it_was_is_made_anew) {
  const auto vmlinux = make_vmlinux("6.12.1", true);
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(vmlinux) + "SIZE")));
  const auto kept = uncompressed_image(path_).value();
  auto other = vmlinux;
  other.back() ^= 1;
  for (const auto& damaged : {std::string(), vmlinux.substr(1), other}) {
    ASSERT_TRUE(write_file(kept, damaged));
    EXPECT_EQ(uncompressed_image(path_).value(), kept);
    EXPECT_EQ(read_file(kept).value(), vmlinux);
  }
}

/// Each user says so by its time of change, while others look at what it is.
TEST_F(UncompressedTest, one_that_others_use_at_the_same_time_stays) {
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(make_vmlinux("6.12.1", true)) + "SIZE")));
  const auto kept = uncompressed_image(path_).value();
  const Fd held(::open(kept.c_str(), O_RDONLY | O_CLOEXEC));
  std::atomic<bool> ends = false;
  std::thread other([&] {
    std::error_code error;
    for (int n = 0; !ends; ++n)
      fs::last_write_time(kept, fs::file_time_type::clock::now() - std::chrono::seconds(n % 60), error);
  });
  for (int n = 0; n < 500; ++n) EXPECT_EQ(uncompressed_image(path_).value(), kept);
  ends = true;
  other.join();
  struct stat now {};
  ASSERT_EQ(fstat(held.get(), &now), 0);
  EXPECT_EQ(now.st_nlink, 1U) << "it was taken away, and made anew";
}

TEST_F(UncompressedTest, of_many_the_last_that_were_used_are_kept) {
  const auto image = [&](std::size_t number) {
    auto vmlinux = make_vmlinux("6.12.1", true);
    vmlinux.back() = static_cast<char>(number);
    EXPECT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(vmlinux) + "SIZE")));
    return uncompressed_image(path_).value();
  };
  const auto first = image(0), second = image(1);
  const auto folder = fs::path(first).parent_path();
  EXPECT_TRUE(write_file(folder / "somebody-else-s", "")) << "is left alone";
  for (std::size_t number = 2; number < most_uncompressed; ++number) image(number);
  image(most_uncompressed);
  EXPECT_TRUE(fs::exists(second)) << "somebody may be about to boot it";
  for (const auto& entry : fs::directory_iterator(folder))
    fs::last_write_time(entry.path(), entry.last_write_time() - std::chrono::hours(2));
  EXPECT_EQ(image(0), first) << "used again";
  image(most_uncompressed + 1);
  EXPECT_FALSE(fs::exists(second));
  EXPECT_TRUE(fs::exists(first));
  EXPECT_EQ(files_below(folder), most_uncompressed + 1);
}

TEST_F(UncompressedTest, a_payload_does_not_grow_without_end) {
  const auto bomb = zstd(std::string(100'000, '\0'));
  EXPECT_TRUE(decompress(bomb, "it", 100'000));
  EXPECT_THAT(decompress(bomb, "it", 99'999).error().message, HasSubstr("it is more than 99999 bytes"));
}

TEST_F(UncompressedTest, nothing_is_kept_where_others_may_write) {
  fs::create_directories(scratch_.file("a/b/cache/uncompressed"));
  fs::permissions(scratch_.file("a/b/cache/uncompressed"), fs::perms{0777});
  ASSERT_TRUE(write_file(path_, make_bzimage("6.12.1", zstd(make_vmlinux("6.12.1", true)) + "SIZE")));
  EXPECT_THAT(uncompressed_image(path_).error().message, HasSubstr("every user may write to it; make it"));
}

}  // namespace
}  // namespace mprogcheck::vm
