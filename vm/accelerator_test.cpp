// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/accelerator.hpp"
#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"

namespace mprogcheck::vm {
namespace {

using ::testing::HasSubstr;

class AcceleratorTest : public ::testing::Test {
 protected:
  AcceleratorTest() { EXPECT_TRUE(write_file(qemu_, "a qemu")); }
  testing::Scratch scratch_;
  testing::Environment cache_{"MPROGCHECK_CACHE", scratch_.file("cache")};
  std::string qemu_ = scratch_.file("qemu");
};

TEST_F(AcceleratorTest, a_verdict_is_remembered) {
  EXPECT_FALSE(remembered_verdict(qemu_));
  for (const auto accelerator : {Accelerator::kvm, Accelerator::tcg}) {
    remember_verdict({accelerator, "because"}, qemu_);
    const auto verdict = remembered_verdict(qemu_);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->accelerator, accelerator);
    EXPECT_EQ(verdict->reason, "because");
  }
}

TEST_F(AcceleratorTest, a_verdict_is_forgotten_when_qemu_or_the_device_changes) {
  remember_verdict({Accelerator::kvm, "because"}, qemu_);
  EXPECT_FALSE(remembered_verdict(qemu_, scratch_.file("another-device")).has_value() &&
               std::filesystem::exists("/dev/kvm"));
  ASSERT_TRUE(write_file(qemu_, "another qemu"));
  EXPECT_FALSE(remembered_verdict(qemu_));
}

TEST_F(AcceleratorTest, a_damaged_cache_is_no_verdict) {
  remember_verdict({Accelerator::kvm, "because"}, qemu_);
  const auto file = scratch_.file("cache/accelerator.json");
  const auto whole = read_file(file).value();
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    ASSERT_TRUE(write_file(file, whole.substr(0, size)));
    ASSERT_FALSE(remembered_verdict(qemu_)) << size;
  }
  ASSERT_TRUE(write_file(file, "{\"fingerprint\": 1, \"accelerator\": []}"));
  EXPECT_FALSE(remembered_verdict(qemu_));
}

TEST_F(AcceleratorTest, a_cache_that_cannot_be_written_is_no_error) {
  const testing::Environment nowhere("MPROGCHECK_CACHE", "/dev/null/cache");
  remember_verdict({Accelerator::kvm, "because"}, qemu_);
  EXPECT_FALSE(remembered_verdict(qemu_));
}

TEST_F(AcceleratorTest, a_missing_device_needs_no_boot) {
  const auto verdict = verdict_without_boot(scratch_.file("kvm"));
  ASSERT_TRUE(verdict);
  EXPECT_THAT(line(*verdict), ::testing::MatchesRegex("accelerator: tcg \\(no .*/kvm here\\)"));
  EXPECT_THAT(verdict_without_boot(qemu_ + "/kvm")->reason, HasSubstr("cannot open"));
  EXPECT_FALSE(verdict_without_boot("/dev/null")) << "what opens must be tried";
}

TEST_F(AcceleratorTest, names) {
  for (const auto accelerator : {Accelerator::kvm, Accelerator::tcg}) {
    EXPECT_EQ(parse_accelerator(name(accelerator)).value(), accelerator);
  }
  EXPECT_EQ(parse_accelerator("xen").error().kind, Error::Kind::usage);
}

}  // namespace
}  // namespace mprogcheck::vm
