// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/image.hpp"
#include "base/file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"
#include "vm/testing/bzimage.hpp"

namespace mprogcheck::vm {
namespace {

using ::testing::HasSubstr;
using testing_images::make_bzimage;

/// The smallest ELF image that passes: one segment with the banner, one with the PVH note.
std::string make_vmlinux(std::string_view release, bool pvh) {
  const auto banner = "Linux version " + std::string(release) + " (somebody) #1\n";
  std::string note;
  const auto add = [&note](const auto& object) { note.append(reinterpret_cast<const char*>(&object), sizeof object); };
  add(Elf64_Nhdr{6, 4, 1});  // one of another kind first, with padding
  note += std::string_view("Linux\0\0\0abcd", 12);
  if (pvh) {
    add(Elf64_Nhdr{4, 8, 18});
    note += std::string_view("Xen\0\0\0\0\1\0\0\0\0", 12);
  }
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phnum = 2;
  const auto content_at = sizeof header + 2 * sizeof(Elf64_Phdr);
  Elf64_Phdr load{}, notes{};
  load.p_type = PT_LOAD;
  load.p_offset = content_at;
  load.p_filesz = banner.size();
  notes.p_type = PT_NOTE;
  notes.p_offset = content_at + banner.size();
  notes.p_filesz = note.size();
  std::string bytes;
  bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(&load), sizeof load);
  bytes.append(reinterpret_cast<const char*>(&notes), sizeof notes);
  return bytes + banner + note;
}

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
  (void)has_pvh_entry(image);
}

std::string zstd(std::string_view plain) {
  std::string out(plain.size() + 4096, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_add_filter_zstd(writer);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_per_block(writer, 0);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, plain.data(), plain.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
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

TEST_F(ImageTest, the_payload_is_unpacked_once) {
  const testing::Environment cache("MPROGCHECK_CACHE", scratch_.file("cache"));
  const auto vmlinux = make_vmlinux("6.12.1", true);
  const auto path = scratch_.file("bzImage");
  ASSERT_TRUE(write_file(path, make_bzimage("6.12.1", zstd(vmlinux) + "SIZE")));
  const auto unpacked = uncompressed_image(path);
  ASSERT_TRUE(unpacked) << unpacked.error().message;
  EXPECT_EQ(read_file(*unpacked).value(), vmlinux);
  EXPECT_EQ(uncompressed_image(path).value(), *unpacked);
  EXPECT_EQ(uncompressed_image(*unpacked).value(), *unpacked) << "an ELF image is left alone";
}

TEST_F(ImageTest, a_payload_that_cannot_be_booted_directly_is_an_error) {
  const testing::Environment cache("MPROGCHECK_CACHE", scratch_.file("cache"));
  const auto path = scratch_.file("bzImage");
  ASSERT_TRUE(write_file(path, make_bzimage("6.12.1", zstd(make_vmlinux("6.12.1", false)) + "SIZE")));
  EXPECT_THAT(uncompressed_image(path).error().message, HasSubstr("no PVH entry"));
  ASSERT_TRUE(write_file(path, make_bzimage("6.12.1", "an unheard-of compression")));
  EXPECT_FALSE(uncompressed_image(path));
}

}  // namespace
}  // namespace mprogcheck::vm
