// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/initramfs.hpp"
#include "base/file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <map>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"

namespace mprogcheck::vm {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;

/// Path → "mode content", in the order of the archive.
std::vector<std::pair<std::string, std::string>> read_back(const std::string& path) {
  std::vector<std::pair<std::string, std::string>> entries;
  archive* reader = archive_read_new();
  archive_read_support_format_cpio(reader);
  EXPECT_EQ(archive_read_open_filename(reader, path.c_str(), 4096), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    std::string content(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    archive_read_data(reader, content.data(), content.size());
    entries.emplace_back(archive_entry_pathname(entry), fmt::format("{:o} {}", archive_entry_mode(entry), content));
  }
  EXPECT_EQ(archive_format(reader), ARCHIVE_FORMAT_CPIO_SVR4_NOCRC) << "newc, the one the kernel reads";
  archive_read_free(reader);
  return entries;
}

class InitramfsTest : public ::testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(write_file(scratch_.file(name), content));
    return scratch_.file(name);
  }
  testing::Scratch scratch_;
};

TEST_F(InitramfsTest, holds_what_it_was_given) {
  Initramfs contents;
  contents.init = write("agent", "the agent");
  contents.modules = {write("b.ko", "module b"), write("a.ko", "module a")};
  contents.files = {{"/etc/deep/er/file", write("some", std::string(100'000, 'x'))}};
  const auto path = scratch_.file("cpio");
  ASSERT_TRUE(write_initramfs(contents, path));
  const auto entries = read_back(path);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"dev", "40755 "},
      {"proc", "40755 "},
      {"sys", "40755 "},
      {"tmp", "40755 "},
      {"init", "100755 the agent"},
      {"modules", "40755 "},
      {"modules/b.ko", "100644 module b"},
      {"modules/a.ko", "100644 module a"},
      {"modules/load", "100644 b.ko\na.ko\n"},
      {"etc", "40755 "},
      {"etc/deep", "40755 "},
      {"etc/deep/er", "40755 "},
      {"etc/deep/er/file", "100644 " + std::string(100'000, 'x')},
  };
  EXPECT_EQ(entries, expected);
  // The kernel does not create directories on its own: each comes once, and before what is in it.
  std::map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& name = entries[i].first;
    EXPECT_TRUE(place.emplace(name, i).second) << name << " comes twice";
    if (const auto slash = name.rfind('/'); slash != name.npos) {
      EXPECT_TRUE(place.contains(name.substr(0, slash))) << name;
    }
  }
}

TEST_F(InitramfsTest, goes_into_a_memfd_too) {
  const Fd memory(::memfd_create("initramfs", MFD_CLOEXEC));
  ASSERT_TRUE(write_initramfs({write("agent", "the agent"), {}, {}}, memory.get()));
  EXPECT_THAT(read_back(fmt::format("/proc/self/fd/{}", memory.get())),
              ::testing::Contains(Pair("init", "100755 the agent")));
}

TEST_F(InitramfsTest, what_cannot_be_read_is_named) {
  const auto written = write_initramfs({scratch_.file("nothing"), {}, {}}, scratch_.file("cpio"));
  EXPECT_THAT(written.error().message, HasSubstr("nothing: cannot be read: No such file or directory"));
  EXPECT_FALSE(std::filesystem::exists(scratch_.file("cpio"))) << "no part of it is left behind";
}

TEST_F(InitramfsTest, a_full_disk_says_what_to_do) {
  const Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const auto written = write_initramfs({write("agent", std::string(1 << 20, 'x')), {}, {}}, full.get());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("No space left on device: free some space"));
}

}  // namespace
}  // namespace mprogcheck::vm
