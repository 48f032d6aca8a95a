// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/operation.hpp"

#include <gtest/gtest.h>

#include "model/arbitrary.hpp"
#include "model/language/print.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

TEST(operation, is_called_by_its_keyword) {
  EXPECT_EQ(call_name(Attach()), "attach");
  EXPECT_EQ(call_name(Detach()), "detach");
  EXPECT_EQ(call_name(CreateLink()), "link");
  EXPECT_EQ(call_name(UpdateLink()), "update");
  EXPECT_EQ(call_name(DetachLink()), "detach_link");
  EXPECT_EQ(call_name(Close()), "close");
  EXPECT_EQ(call_name(Dup()), "dup");
  EXPECT_EQ(call_name(Open()), "open");
  EXPECT_EQ(call_name(Load()), "load");
  EXPECT_EQ(call_name(Query()), "query");
  EXPECT_EQ(call_name(Fill()), "fill");
  EXPECT_EQ(call_name(RemoveDevice()), "remove");
  EXPECT_EQ(call_name(MakeDevice()), "make");
  EXPECT_EQ(call_name(MoveDevice()), "move");
  EXPECT_EQ(call_name(SetQdisc()), "qdisc");
  EXPECT_EQ(call_name(Pin()), "pin");
  EXPECT_EQ(call_name(Get()), "get");
  EXPECT_EQ(call_name(Unpin()), "unpin");
}

RC_GTEST_PROP(operation, names_the_site_that_its_text_shows, ()) {
  const auto operation = *arbitrary_operation();
  const auto text = print(operation);
  const auto site = site_of(operation);
  RC_CLASSIFY(site.has_value());
  RC_ASSERT(site.has_value() == (text.find('@') != std::string::npos));
  if (site) RC_ASSERT((text + ' ').find(' ' + print(*site) + ' ') != std::string::npos);
}

}  // namespace
}  // namespace mprogcheck::model
