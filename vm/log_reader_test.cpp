// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/log_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"

namespace mprogcheck::vm {
namespace {

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::write(fd, bytes.data(), bytes.size());
    ASSERT_GT(put, 0);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

class log_reader : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = LogReader::start({scratch_.file("a"), scratch_.file("b")});
    ASSERT_TRUE(started) << started.error().message;
    reader_ = std::move(*started);
  }
  testing::Scratch scratch_;
  std::unique_ptr<LogReader> reader_;
};

TEST_F(log_reader, what_was_written_is_there) {
  const auto a = reader_->take_end(0);
  const auto b = reader_->take_end(1);
  write_all(a.get(), "to the first");
  write_all(b.get(), "to the second");
  EXPECT_EQ(reader_->since(0, 0), "to the first");
  EXPECT_EQ(reader_->since(1, 3), "the second");
  EXPECT_EQ(reader_->size(1), 13U);
  EXPECT_EQ(read_file(scratch_.file("a")).value(), "to the first");
}

TEST_F(log_reader, the_last_words_are_there_when_it_is_gone) {
  {
    const auto end = reader_->take_end(0);
    write_all(end.get(), "last words");
  }
  reader_.reset();
  EXPECT_EQ(read_file(scratch_.file("a")).value(), "last words");
}

// Much more than a pipe holds: the writer would wait for ever if nobody read.
TEST_F(log_reader, a_flood_is_bounded) {
  const auto end = reader_->take_end(0);
  write_all(end.get(), "the first words\n");
  const std::string chunk(1 << 20, 'A');
  for (unsigned n = 0; n < 20; ++n) write_all(end.get(), chunk);
  write_all(end.get(), "\nthe last words");
  const auto kept = reader_->since(0, 0);
  EXPECT_TRUE(kept.starts_with("the first words\n"));
  EXPECT_TRUE(kept.ends_with("\nthe last words"));
  EXPECT_EQ(reader_->size(0), 20U * chunk.size() + 31);
  reader_.reset();
  EXPECT_LE(std::filesystem::file_size(scratch_.file("a")), 3 * BoundedLog::usual_part + 100);
  EXPECT_EQ(read_file(scratch_.file("a")).value(), kept);
}

TEST_F(log_reader, a_file_that_cannot_be_is_an_error_in_one_line) {
  const auto started = LogReader::start({scratch_.file("no/such/folder")});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace mprogcheck::vm
