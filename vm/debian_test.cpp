// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/debian.hpp"
#include "base/file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "base/process.hpp"
#include "base/testing/scratch.hpp"
#include "vm/apt.hpp"
#include "vm/cache.hpp"
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

TEST(apt, what_was_changed_on_the_way_is_told_apart_from_a_key_that_is_missing) {
  const auto explain = [](std::string_view log) { return explain_apt_failure(log, "trixie"); };
  constexpr auto unsigned_too = "E: The repository 'x trixie InRelease' is not signed.\n";
  for (const auto* changed :
       {"W: GPG error: x trixie InRelease: The following signatures were invalid: BADSIG 6ED0E7B8 Debian Archive Key\n",
        "E: Failed to fetch x/InRelease  Clearsigned file isn't valid, got 'NOSPLIT' (does the network require "
        "authentication?)\n",
        "E: Failed to fetch x/Packages.xz  Hash Sum mismatch\n"}) {
    EXPECT_THAT(explain(std::string(changed) + unsigned_too), HasSubstr("is not what Debian signed")) << changed;
  }
  EXPECT_THAT(explain(std::string("W: GPG error: x trixie InRelease: The following signatures couldn't be verified "
                                  "because the public key is not available: NO_PUBKEY 6ED0E7B82643E131\n") +
                      unsigned_too),
              HasSubstr("update the package debian-archive-keyring"));
  EXPECT_THAT(explain(unsigned_too), HasSubstr("is not signed, and so not believed"));
  EXPECT_THAT(explain("E: Release file for x/InRelease is expired (invalid since 9d). Updates for this repository will "
                      "not be applied.\n"),
              HasSubstr("is of another time"));
  EXPECT_EQ(explain("E: odd \x1b[31m\x07thing\n"), "apt-get failed: odd thing");
}

/// Whatever the machine allows, a suite that nobody signed is not taken. All of it on this disk, without a network.
TEST(apt, what_the_machine_takes_unsigned_is_refused) {
  const testing::Scratch scratch;
  const auto suite = scratch.file("mirror/dists/trixie/");
  ASSERT_TRUE(write_file(suite + "main/binary-amd64/Packages", "Package: a\n"));
  constexpr auto digest = "fa07db62b48a0f9848538c437cfa8aef500bd6570830a5c508d87eeb99d1a50d";
  ASSERT_TRUE(write_file(suite + "Release",
                         fmt::format("Origin: Debian\nSuite: stable\nCodename: trixie\nDate: Sat, 01 Jan 2022 00:00:00 "
                                     "UTC\nArchitectures: amd64\nComponents: main\nSHA256:\n {} 11 "
                                     "main/binary-amd64/Packages\n",
                                     digest)));
  ASSERT_TRUE(
      write_file(scratch.file("sources.list"), fmt::format("deb file:{} trixie main\n", scratch.file("mirror"))));
  ASSERT_TRUE(
      write_file(scratch.file("apt.conf"),
                 fmt::format("Dir::Etc::SourceList \"{}\";\nDir::Etc::SourceParts \"/dev/null\";\n"
                             "Dir::State::Lists \"{}\";\nDir::Cache \"{}\";\nAcquire::AllowInsecureRepositories "
                             "\"true\";\nAcquire::AllowWeakRepositories "
                             "\"true\";\nAcquire::AllowDowngradeToInsecureRepositories \"true\";\n"
                             "APT::Get::AllowUnauthenticated \"true\";\n",
                             scratch.file("sources.list"), scratch.file("lists"), scratch.file("cache"))));
  const testing::Environment conf("APT_CONFIG", scratch.file("apt.conf"));
  ASSERT_TRUE(make_directories(scratch.file("lists/partial")));
  if (const auto taken = run_command({"apt-get", "-o", "APT::Sandbox::User=", "update"}); !taken)
    GTEST_SKIP() << "this apt takes nothing unsigned: " << taken.error().message;
  const auto apt = Apt::open(scratch.file("apt"), "trixie");
  ASSERT_FALSE(apt);
  if (apt.error().message.find("debian-archive-keyring") != std::string::npos) GTEST_SKIP() << apt.error().message;
  EXPECT_THAT(apt.error().message, HasSubstr("is not signed, and so not believed"));
}

TEST(apt, what_a_suite_needs_and_does_not_have_is_told) {
  const auto found = read_dependencies(
      "linux-image-7.1.13+deb13-cloud-amd64\n |Depends: dracut\n  Depends: linux-binary-7.1.13+deb13-cloud-amd64\n"
      "  Depends: <linux-modules-7.1.13+deb13-cloud-amd64>\n");
  EXPECT_THAT(found.there, ElementsAre("dracut", "linux-binary-7.1.13+deb13-cloud-amd64"));
  EXPECT_THAT(found.missing, ElementsAre("linux-modules-7.1.13+deb13-cloud-amd64"));
  EXPECT_THAT(read_dependencies("").there, IsEmpty());
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

}  // namespace
}  // namespace mprogcheck::vm
