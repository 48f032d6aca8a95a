// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/debian.hpp"
#include "base/file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/testing/scratch.hpp"
#include "vm/apt.hpp"
#include "vm/cache.hpp"
#include "vm/console.hpp"
#include "vm/deb.hpp"
#include "vm/modules.hpp"

namespace mprogcheck::vm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(debian, the_release_is_in_the_package_name) {
  EXPECT_EQ(release_of_package("linux-image-6.12.107+deb13-cloud-amd64"), "6.12.107+deb13-cloud-amd64");
  EXPECT_EQ(release_of_package("linux-image-7.3-cloud-amd64"), "7.3-cloud-amd64");
  for (const auto* other :
       {"linux-image-cloud-amd64", "linux-image-6.12.107+deb13-cloud-amd64-dbg", "linux-base-cloud-amd64",
        "linux-image-6.12.107+deb13-cloud-amd64-unsigned", "linux-image-6.12.107+deb13-amd64", ""}) {
    EXPECT_EQ(release_of_package(other), "") << other;
  }
}

TEST(apt, a_failure_is_explained_in_one_line) {
  const auto explain = [](std::string_view log) { return explain_apt_failure(log, "nonesuch"); };
  EXPECT_THAT(explain("Err:1 x nonesuch Release\n  404  Not Found [IP: 192.0.2.1 80]\n"
                      "E: The repository 'x nonesuch Release' does not have a Release file.\n"),
              HasSubstr("no suite \"nonesuch\""));
  EXPECT_THAT(explain("E: Failed to fetch x/InRelease  Temporary failure resolving 'x'\nE: Some index files failed\n"),
              HasSubstr("cannot be reached: check the network"));
  EXPECT_THAT(explain("E: Write error - write (28: No space left on device)\n"), HasSubstr("set MPROGCHECK_CACHE"));
  EXPECT_THAT(explain("E: You don't have enough free space in /x/archives/.\n"), HasSubstr("set MPROGCHECK_CACHE"));
  EXPECT_EQ(explain("E: something new\n"), "apt-get failed: something new");
  EXPECT_EQ(explain(""), "apt-get failed");
}

struct Entry {
  std::string path, content;
};

/// An archive of the format and filter that `set_up` chooses.
template <typename SetUp>
std::string pack(const std::vector<Entry>& entries, SetUp set_up) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  set_up(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  for (const auto& [path, content] : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_mode(entry, AE_IFREG | 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK) << archive_error_string(writer);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

TEST(deb, gives_the_files_asked_for) {
  const testing::Scratch scratch;
  const auto tar = pack({{"./boot/vmlinuz-1", "a kernel"}, {"./usr/share/doc", "unwanted"}}, [](archive* writer) {
    archive_write_add_filter_xz(writer);
    archive_write_set_format_gnutar(writer);
  });
  const auto deb = pack({{"debian-binary", "2.0\n"}, {"control.tar.xz", "x"}, {"data.tar.xz", tar}},
                        [](archive* writer) { archive_write_set_format_ar_bsd(writer); });
  const auto path = scratch.file("x.deb");
  const auto kernels = [](std::string_view name) { return name.starts_with("boot/"); };
  ASSERT_TRUE(write_file(path, deb));
  EXPECT_THAT(files_of_deb(path, kernels).value(), ElementsAre(Pair("boot/vmlinuz-1", "a kernel")));

  for (std::size_t size = 0; size < deb.size() - tar.size() / 2; size += 7) {
    ASSERT_TRUE(write_file(path, deb.substr(0, size)));
    const auto files = files_of_deb(path, kernels);
    ASSERT_FALSE(files) << size << " bytes of " << deb.size();
    ASSERT_THAT(files.error().message, HasSubstr("not a complete Debian package"));
  }
}

TEST(modules, have_names) {
  EXPECT_EQ(module_name("usr/lib/modules/6.1/kernel/drivers/char/hw_random/virtio-rng.ko.xz"), "virtio_rng");
  EXPECT_EQ(module_name("virtio.ko"), "virtio");
  for (const auto* other : {"modules.dep", "kernel/x.kotlin", "", "a.ko/"}) EXPECT_EQ(module_name(other), "") << other;
}

std::string module_with(const std::string& depends) {
  using namespace std::string_literals;
  return "\x7f"
         "ELF\0license=GPL\0depends="s +
         depends + "\0intree=Y\0"s;
}

TEST(modules, are_loaded_after_what_they_depend_on) {
  const Modules modules{{"virtio_pci", module_with("virtio_pci_modern_dev,virtio-ring")},
                        {"virtio_pci_modern_dev", module_with("")},
                        {"virtio_ring", module_with("virtio")},
                        {"virtio", module_with("built_in")},
                        {"virtio_console", module_with("virtio,virtio_ring")},
                        {"unwanted", module_with("")}};
  const std::array<std::string_view, 3> wanted{"virtio_pci", "virtio_console", "sch_ingress"};
  EXPECT_THAT(load_order(modules, wanted),
              ElementsAre("virtio_pci_modern_dev", "virtio", "virtio_ring", "virtio_pci", "virtio_console"));
  EXPECT_THAT(module_dependencies("no information"), IsEmpty());
}

TEST(modules, that_depend_on_each_other_do_not_loop) {
  const std::array<std::string_view, 1> wanted{"a"};
  EXPECT_THAT(load_order({{"a", module_with("b")}, {"b", module_with("a")}}, wanted), ElementsAre("b", "a"));
}

TEST(console, last_lines_are_clean) {
  const testing::Scratch scratch;
  const auto path = scratch.file("console.log");
  EXPECT_EQ(last_lines(path, 3), "");
  ASSERT_TRUE(write_file(path, "\x1b[2J\x1b[1;1HSeaBIOS\r\nfirst\r\n\r\nlast\r\n\r\n"));
  EXPECT_EQ(last_lines(path, 0), "");
  EXPECT_EQ(last_lines(path, 1), "last");
  EXPECT_EQ(last_lines(path, 3), "first\n\nlast");
  EXPECT_EQ(last_lines(path, 100), "SeaBIOS\nfirst\n\nlast");
}

TEST(console, a_panic_tells_its_reason) {
  EXPECT_EQ(panic_reason("[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n[ 1.0] CPU: 0"),
            "Attempted to kill init!");
  EXPECT_EQ(panic_reason("all is well"), "");
}

}  // namespace
}  // namespace mprogcheck::vm
