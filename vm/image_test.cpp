// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/image.hpp"
#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/testing/scratch.hpp"
#include "vm/testing/bzimage.hpp"
#include "vm/testing/vmlinux.hpp"

namespace mprogcheck::vm {
namespace {

using ::testing::HasSubstr;
using testing_images::make_bzimage;
using testing_images::make_vmlinux;

class ImageTest : public ::testing::Test {
 protected:
  Result<ImageHeader> header_of(const std::string& bytes) {
    EXPECT_TRUE(write_file(scratch_.file("image"), bytes));
    return read_image_header(scratch_.file("image"));
  }
  std::string error_of(const std::string& bytes) {
    const auto header = header_of(bytes);
    if (header) return "no error";
    EXPECT_EQ(header.error().kind, Error::Kind::usage);
    return header.error().message;
  }
  testing::Scratch scratch_;
};

TEST_F(ImageTest, reads_the_release_of_a_bzimage) {
  const auto header = header_of(make_bzimage("6.12.107+deb13-cloud-amd64 (builder@host) #1 SMP"));
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->kind, ImageHeader::Kind::bzimage);
  EXPECT_EQ(header->release, "6.12.107+deb13-cloud-amd64");
  EXPECT_EQ(header->payload_offset, 3 * 512u + 32u);
}

TEST_F(ImageTest, reads_the_release_of_a_vmlinux) {
  const auto header = header_of(make_vmlinux("7.2.0-rc1", true));
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->kind, ImageHeader::Kind::elf);
  EXPECT_EQ(header->release, "7.2.0-rc1");
}

TEST_F(ImageTest, every_cut_of_an_image_is_an_error) {
  for (const auto& whole : {make_bzimage("6.12", std::string(500, 'x')), make_vmlinux("6.12", true)}) {
    for (std::size_t size = 0; size + 16 < whole.size(); ++size) {
      ASSERT_NE(error_of(whole.substr(0, size)), "no error") << size << " bytes of " << whole.size();
    }
  }
  EXPECT_THAT(error_of(make_bzimage("6.12", std::string(5000, 'x')).substr(0, 4000)),
              HasSubstr("is truncated: 4000 bytes"));
}

TEST_F(ImageTest, what_is_no_kernel_is_told_so) {
  EXPECT_THAT(error_of("#!/bin/sh\n"), HasSubstr("is not a kernel image: expected a bzImage or an ELF vmlinux"));
  EXPECT_THAT(read_image_header(scratch_.file("nothing")).error().message, HasSubstr("No such file or directory"));
  EXPECT_THAT(read_image_header(scratch_.path()).error().message, HasSubstr("is not a file"));
  EXPECT_THAT(error_of(make_vmlinux("6.12", false)), HasSubstr("CONFIG_PVH=y"));
}

RC_GTEST_PROP(image, random_bytes_never_crash_the_reader, (std::string bytes, bool elf)) {
  const testing::Scratch scratch;
  auto image = elf ? make_vmlinux("6.12", true) : make_bzimage("6.12");
  const auto at = *rc::gen::inRange<std::size_t>(0, image.size());
  image.replace(at, std::min(bytes.size(), image.size() - at), bytes);
  RC_ASSERT(write_file(scratch.file("image"), image));
  (void)read_image_header(scratch.file("image"));
  (void)has_pvh_entry(ImageInMemory(image));
}

TEST_F(ImageTest, one_that_was_built_again_has_another_digest) {
  const auto digest_of = [this](std::string_view payload) {
    EXPECT_EQ(header_of(make_bzimage("6.12.1", payload))->release, "6.12.1");
    return image_digest(scratch_.file("image")).value();
  };
  const auto first = digest_of("as it was");
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(digest_of("as it is!"), first);
  EXPECT_EQ(digest_of("as it was"), first);
  EXPECT_FALSE(image_digest(scratch_.file("none")));
}

TEST_F(ImageTest, a_release_is_text_that_can_be_printed) {
  EXPECT_EQ(header_of(make_bzimage("6.12\x1b[31m-red\x07\x9b#"))->release, "6.12-red?#");
  EXPECT_EQ(header_of(make_vmlinux("6.12\x1b[31m-red\x7f", true))->release, "6.12-red");
}

TEST_F(ImageTest, nothing_waits_for_a_fifo) {
  ASSERT_EQ(::mkfifo(scratch_.file("fifo").c_str(), 0600), 0);
  for (const auto& odd : {scratch_.file("fifo"), std::string("/dev/zero")}) {
    EXPECT_THAT(read_image_header(odd).error().message, HasSubstr("is not a file"));
    EXPECT_THAT(image_digest(odd).error().message, HasSubstr("is not a file"));
  }
}

TEST_F(ImageTest, a_large_file_takes_little_memory) {
  const auto path = scratch_.file("image");
  ASSERT_TRUE(write_file(path, make_vmlinux("6.12", true)));
  std::filesystem::resize_file(path, std::uint64_t{64} << 30);
  EXPECT_EQ(read_image_header(path)->release, "6.12");
}

TEST_F(ImageTest, one_that_is_written_to_while_it_is_read_is_told) {
  const auto path = scratch_.file("image");
  const auto image = make_vmlinux("6.12", true);
  for (const auto size : {std::size_t{100}, std::size_t{0}, image.size() + 1}) {
    ASSERT_TRUE(write_file(path, image));
    const auto file = ImageFile::open(path);
    ASSERT_TRUE(file);
    EXPECT_TRUE(file->unchanged());
    std::filesystem::resize_file(path, size);
    EXPECT_LE(file->read(0, image.size()).size(), std::min(size, image.size()));
    ASSERT_FALSE(file->unchanged());
    EXPECT_THAT(file->unchanged().error().message, HasSubstr("changed while it was read"));
  }
}

}  // namespace
}  // namespace mprogcheck::vm
