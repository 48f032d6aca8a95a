// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/fetched.hpp"
#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"
#include "vm/testing/bzimage.hpp"

namespace mprogcheck::vm {
namespace {

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
    const auto image = publish(prepared, release, modules, suite);
    ASSERT_TRUE(image) << image.error().message;
  }
  testing::Scratch scratch_;
  testing::Environment cache_{"MPROGCHECK_CACHE", scratch_.file("cache")};
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

TEST_F(FetchedTest, what_is_unfinished_or_damaged_is_not_there) {
  add("6.12.1", "trixie");
  ASSERT_TRUE(make_directories(scratch_.file("cache/kernels/.new.x/kernel")));
  ASSERT_TRUE(write_file(scratch_.file("cache/kernels/6.12.1/meta.json"), "{\"release\": "));
  EXPECT_FALSE(find_fetched("trixie"));
  EXPECT_TRUE(all_fetched().empty());
  add("6.12.1", "trixie");
  EXPECT_TRUE(find_fetched("trixie")) << "and can be fetched again";
}

TEST_F(FetchedTest, names_that_lead_elsewhere_are_refused) {
  add("6.12.1", "trixie");
  EXPECT_FALSE(find_fetched("../suites/trixie"));
  EXPECT_FALSE(find_fetched(""));
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

}  // namespace
}  // namespace mprogcheck::vm
