// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/fetched.hpp"
#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"
#include "vm/testing/bzimage.hpp"

namespace mprogcheck::vm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class FetchedTest : public ::testing::Test {
 protected:
  void add(const std::string& release, const std::string& suite, const ModuleLists& modules = {}) {
    const auto prepared = scratch_.file("prepared");
    ASSERT_TRUE(make_directories(prepared));
    ASSERT_TRUE(make_directories(scratch_.file("cache/kernels")));
    ASSERT_TRUE(write_file(prepared + "/vmlinuz", testing_images::make_bzimage(release)));
    for (const auto* list : {&modules.boot, &modules.extra})
      for (const auto& name : *list) ASSERT_TRUE(write_file(prepared + "/modules/" + name, "the module " + name));
    const auto image = publish(prepared, release, modules, suite);
    ASSERT_TRUE(image) << image.error().message;
  }
  testing::Scratch scratch_;
  testing::Environment cache_{"MPROGCHECK_CACHE", scratch_.file("cache")};
  testing::Environment xdg_{"XDG_CACHE_HOME", ""}, home_{"HOME", ""};
};

TEST_F(FetchedTest, a_suite_is_the_release_last_fetched_for_it) {
  EXPECT_EQ(find_kernel("debian:trixie").error().message,
            "debian:trixie is not here yet: run `mprogcheck kernel fetch debian:trixie`");
  add("6.12.107+deb13-cloud-amd64", "trixie", {{"virtio.ko", "virtio_pci.ko"}, {"sch_ingress.ko"}});
  const auto image = find_kernel("debian:trixie");
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->release, "6.12.107+deb13-cloud-amd64");
  EXPECT_EQ(image->source, "debian:trixie");
  EXPECT_THAT(image->path, EndsWith("/vmlinuz"));
  EXPECT_THAT(image->modules, ElementsAre(EndsWith("modules/virtio.ko"), EndsWith("modules/virtio_pci.ko")));
  EXPECT_THAT(image->extra_modules, ElementsAre(EndsWith("modules/sch_ingress.ko")));
  EXPECT_EQ(fetch_kernel("debian:trixie")->release, image->release) << "no network is needed";
  add("6.12.108+deb13-cloud-amd64", "trixie");
  EXPECT_EQ(find_kernel("debian:trixie")->release, "6.12.108+deb13-cloud-amd64");
}

TEST_F(FetchedTest, a_version_is_the_newest_release_that_fits) {
  add("6.12.9+deb13-cloud-amd64", "");
  add("6.12.107+deb13-cloud-amd64", "");
  add("7.3-cloud-amd64", "");
  EXPECT_EQ(find_kernel("debian:6.12")->release, "6.12.107+deb13-cloud-amd64");
  EXPECT_EQ(find_kernel("debian:6.12.9")->release, "6.12.9+deb13-cloud-amd64");
  EXPECT_EQ(find_kernel("debian:7.3-cloud-amd64")->release, "7.3-cloud-amd64");
  EXPECT_FALSE(find_kernel("debian:6.1")) << "6.12 is not a 6.1";
  EXPECT_FALSE(
      find_kernel("debian:7"
                  "3"));
  const auto all = list_kernels();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].release, "6.12.9+deb13-cloud-amd64") << "ordered as versions";
}

TEST_F(FetchedTest, what_is_unfinished_is_not_there) {
  add("6.12.1", "trixie");
  ASSERT_TRUE(make_directories(scratch_.file("cache/kernels/.new.x/kernel")));
  EXPECT_EQ(all_fetched().size(), 1U);
  fs::remove_all(scratch_.file("cache/kernels/6.12.1"));
  EXPECT_FALSE(find_fetched("trixie").value()) << "the suite says which, and it is gone";
}

TEST_F(FetchedTest, what_is_not_what_was_fetched_is_refused_with_what_to_do) {
  const ModuleLists modules{{"virtio.ko"}, {"dummy.ko"}};
  add("6.12.1", "trixie", modules);
  const auto kernel = scratch_.file("cache/kernels/6.12.1/");
  const auto meta = read_file(kernel + "meta.json").value();
  const auto edited = [&meta](const std::string& from, const std::string& to) {
    auto text = meta;
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
    EXPECT_NE(text, meta);
    return text;
  };
  const std::vector<std::pair<std::string, std::string>> damages{
      {"vmlinuz", ""},
      {"vmlinuz", testing_images::make_bzimage("6.12.2")},
      {"modules/virtio.ko", "another module"},
      {"modules/dummy.ko", ""},
      {"meta.json", "{\"release\": "},
      {"meta.json", edited("virtio.ko", "../../../../etc/shadow")},
      {"meta.json", edited("dummy.ko", "/etc/shadow")},
      {"meta.json", edited("dummy.ko", "..")},
      {"meta.json", edited("digests", "none")},
      {"meta.json", edited("extra_modules", "none")},
  };
  for (const auto& [file, content] : damages) {
    ASSERT_TRUE(write_file(kernel + file, content));
    for (const auto* what : {"trixie", "6.12"}) {
      const auto found = find_kernel(std::string("debian:") + what);
      ASSERT_FALSE(found) << file << ": " << content;
      EXPECT_EQ(found.error().kind, Error::Kind::infrastructure);
      EXPECT_THAT(found.error().message, HasSubstr(std::string("run `mprogcheck kernel fetch debian:") + what));
      EXPECT_EQ(found.error().message.find('\n'), std::string::npos);
    }
    add("6.12.1", "trixie", modules);
    EXPECT_TRUE(find_fetched("trixie").value()) << "and can be fetched again";
  }
  for (const auto* file : {"vmlinuz", "modules/virtio.ko"}) {
    fs::remove(kernel + file);
    EXPECT_FALSE(find_fetched("trixie")) << file;
    add("6.12.1", "trixie", modules);
  }
}

TEST_F(FetchedTest, a_suite_is_a_plain_name) {
  add("6.12.1", "trixie");
  for (const auto* odd : {"../kernels/6.12.1", "/etc", "..", ".new.x", "", "6.12.1\n6.12.1", "\x1b[31m"}) {
    ASSERT_TRUE(write_file(scratch_.file("cache/suites/trixie"), odd));
    EXPECT_FALSE(find_fetched("trixie").value()) << odd;
  }
  EXPECT_FALSE(publish(scratch_.path(), "../x", {}, "")) << "nor is a release anything else";
}

TEST_F(FetchedTest, a_cache_that_others_could_change_is_refused) {
  add("6.12.1", "trixie");
  for (const auto* part : {"cache", "cache/kernels", "cache/suites"}) {
    fs::permissions(scratch_.file(part), fs::perms{0777});
    EXPECT_THAT(find_kernel("debian:trixie").error().message, HasSubstr("or set MPROGCHECK_CACHE")) << part;
    EXPECT_THAT(fetch_kernel("debian:trixie").error().message, HasSubstr("or set MPROGCHECK_CACHE")) << part;
    EXPECT_TRUE(list_kernels().empty());
    fs::permissions(scratch_.file(part), fs::perms{0755});
  }
  EXPECT_TRUE(find_kernel("debian:trixie"));
}

TEST_F(FetchedTest, without_a_home_the_cache_is_this_users_own) {
  for (const auto* name : {"MPROGCHECK_CACHE", "XDG_CACHE_HOME", "HOME"}) ::setenv(name, "", 1);
  EXPECT_EQ(cache_directory(), fmt::format("/var/tmp/mprogcheck-{}", ::geteuid()));
}

TEST_F(FetchedTest, names_that_lead_elsewhere_are_refused) {
  add("6.12.1", "trixie");
  EXPECT_FALSE(find_fetched("../suites/trixie").value());
  EXPECT_FALSE(find_fetched("").value());
  for (const auto* odd : {"debian:", "debian:../x", "debian:a b", "debian:-o"}) {
    const auto image = fetch_kernel(odd);
    ASSERT_FALSE(image) << odd;
    EXPECT_EQ(image.error().kind, Error::Kind::usage);
    EXPECT_THAT(image.error().message, HasSubstr("neither a suite nor a version"));
  }
}

TEST_F(FetchedTest, a_path_is_a_kernel_too) {
  const auto path = scratch_.file("bzImage");
  ASSERT_TRUE(write_file(path, testing_images::make_bzimage("6.12.0-mine")));
  const auto image = find_kernel(path);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->release, "6.12.0-mine");
  EXPECT_EQ(image->source, path);
  EXPECT_THAT(find_kernel("/nowhere/bzImage").error().message,
              HasSubstr("cannot read the kernel image /nowhere/bzImage"));
  EXPECT_EQ(find_kernel("/nowhere/bzImage").error().kind, Error::Kind::usage);
}

TEST_F(FetchedTest, an_image_given_by_path_has_the_module_beside_it) {
  const auto boot = scratch_.file("tree/arch/x86/boot");
  ASSERT_TRUE(write_file(boot + "/bzImage", testing_images::make_bzimage("6.12.0-mine")));
  EXPECT_THAT(find_kernel(boot + "/bzImage")->extra_modules, ElementsAre());
  for (const auto* place : {"/../../../net/sched", "/modules", ""}) {
    ASSERT_TRUE(write_file(boot + place + "/sch_ingress.ko", "a module"));
    const auto image = find_kernel(boot + "/bzImage");
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_THAT(image->extra_modules, ElementsAre(boot + place + "/sch_ingress.ko"));
  }
  EXPECT_THAT(find_kernel(boot + "/bzImage")->modules, ElementsAre());
}

}  // namespace
}  // namespace mprogcheck::vm
