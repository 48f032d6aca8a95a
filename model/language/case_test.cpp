// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/case.hpp"

#include <gtest/gtest.h>

#include "model/arbitrary.hpp"

namespace mprogcheck::model {
namespace {

constexpr std::string_view head = "mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls returns next\n";

/// What a line's expectation says, canonically; or the error.
std::string meaning(const std::string& line) {
  const auto cases = parse_cases(std::string(head) + line + "\n");
  if (!cases) return cases.error().to_string("f");
  const auto& expectation = cases->front().expectations.at(0);
  return expectation ? print(*expectation, cases->front().sequence.operations[0]) : "";
}

/// The model's mismatches of the last line, each as "what expected found".
std::vector<std::string> wrong(const std::string& lines) {
  const auto cases = parse_cases(std::string(head) + lines);
  if (!cases) return {cases.error().to_string("f")};
  const Case& told = cases->front();
  World world = world_of(told.sequence);
  std::vector<std::string> all;
  for (std::size_t n = 0; n < told.sequence.operations.size(); ++n) {
    const World before = world;
    const Verdict verdict = world.apply(told.sequence.operations[n]);
    if (!told.expectations[n]) continue;
    for (const Mismatch& one : mismatches(*told.expectations[n], world,
                                          observed_of_model(before, told.sequence.operations[n], verdict, world)))
      all.push_back(one.what + "|" + one.expected + "|" + one.found);
  }
  return all;
}
using Strings = std::vector<std::string>;

TEST(expectation, is_printed_as_it_is_written) {
  for (const char* said :
       {"=> ok", "=> -EBUSY", "=> -EBUSY by mprog.detach.owner", "=> ok list empty", "=> ok list p0 l0(p1) revision 3",
        "=> ok by mprog.attach list f0..f61 p0", "=> ok revision 3", "=> ok list tcx_egress@d0 p0 revision 2",
        "=> ok list tcx_ingress@d0 p0 list tcx_egress@d0 p1 revision 2"})
    EXPECT_EQ(meaning("attach tcx_ingress@d0 p0 " + std::string(said)), said);
  for (const char* said : {"=> ok ran nothing packet passed", "=> ok ran p0 p1 packet dropped", "=> ok ran f0..f62"})
    EXPECT_EQ(meaning("run tcx_ingress@d0 " + std::string(said)), said);
  EXPECT_EQ(meaning("attach tcx_ingress@d0 p0 # => ok"), "") << "a comment says nothing";
  EXPECT_EQ(meaning("attach tcx_ingress@d0 p0 => ok list tcx_ingress@d0 p0"), "=> ok list p0");
  EXPECT_EQ(meaning("load q0 => ok"), "=> ok") << "behind calls with options, too";
  EXPECT_EQ(meaning("load q0 returns drop => ok"), "=> ok");
}

TEST(expectation, tells_where_it_is_malformed) {
  const std::string at = "attach tcx_ingress@d0 p0 ";
  EXPECT_EQ(meaning(at + "=>"),
            "f:4:28: expected an outcome: ok, or an errno such as -EBUSY, found the end of the line");
  EXPECT_EQ(meaning(at + "=> EBUSY"), "f:4:29: expected an outcome: ok, or an errno such as -EBUSY, found \"EBUSY\"");
  EXPECT_EQ(meaning(at + "=> -EWHAT"), "f:4:30: expected an outcome: ok, or an errno such as -EBUSY, found \"EWHAT\"");
  EXPECT_EQ(meaning(at + "=> ok by mprog.nonsense"),
            "f:4:35: expected the name of a rule, as --step prints it, found \"mprog.nonsense\"");
  EXPECT_EQ(meaning(at + "=> ok list"),
            "f:4:36: expected empty, or entries: p0, l0(p0), f0..f2, found the end of the line");
  EXPECT_EQ(meaning(at + "=> ok list p0 list p1"), "f:4:40: expected each list once, found \"list\"");
  EXPECT_EQ(meaning(at + "=> ok list f3..f2"),
            "f:4:41: expected a name of the same letter, and a higher number, found \"f2\"");
  EXPECT_EQ(meaning("load q0 => ok list p0"),
            "f:4:20: expected a site, HOOK@TARGET, for the operation names none, found \"p0\"");
  EXPECT_EQ(meaning(at + "=> ok maybe"),
            "f:4:32: expected by RULE, list, revision, ran, packet, object, each once, or the end of the line, found "
            "\"maybe\"");
  EXPECT_EQ(meaning("netdev d1 => ok"),
            "f:4:11: expected a comma and more devices, what these are (veth, policy, peer_policy), or the end of the "
            "line, found \"=>\"");
}

TEST(expectation, is_held_to_the_model_part_by_part) {
  const std::string two = "attach tcx_ingress@d0 p0\nlink l0 tcx_ingress@d0 p1\n";
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => ok by mprog.query list p0 l0(p1) revision 3\n"), Strings{});
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => -EINVAL\n"), Strings{"outcome|-EINVAL|ok"});
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => ok by mprog.attach\n"), Strings{"rule|mprog.attach|mprog.query"});
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => ok list l0(p1) p0 revision 4\n"),
            (Strings{"tcx_ingress@d0|l0(p1) p0|p0 l0(p1)", "revision of tcx_ingress@d0|4|3"}));
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => ok list p0 p1\n"), Strings{"tcx_ingress@d0|p0 p1|p0 l0(p1)"})
      << "who attached it counts";
  EXPECT_EQ(wrong(two + "query tcx_ingress@d0 => ok list tcx_egress@d0 p0\n"), Strings{"tcx_egress@d0|p0|empty"});
  EXPECT_EQ(wrong(two + "run tcx_ingress@d0 => ok ran p0 p1 packet passed\n"), Strings{});
  EXPECT_EQ(wrong(two + "run tcx_ingress@d0 => ok ran p0 packet dropped\n"),
            (Strings{"ran|p0|p0 p1", "packet|dropped|passed"}));
  EXPECT_EQ(wrong("fill tcx_ingress@d0 63 => ok list f0..f62 revision 64\n"), Strings{});
}

TEST(expectation, names_an_object_by_any_of_its_names) {
  EXPECT_EQ(wrong("link l0 tcx_ingress@d0 p0\ndup h0 l0\nquery tcx_ingress@d0 => ok list h0(p0)\n"), Strings{});
  EXPECT_EQ(wrong("link l0 tcx_ingress@d0 p0\npin b0 l0\nclose l0 => ok list tcx_ingress@d0 l0(p0)\n"), Strings{})
      << "closed, and alive";
}

RC_GTEST_PROP(expectation, what_the_model_says_is_written_read_and_held, ()) {
  const auto sequence = *arbitrary_sequence();
  const std::string text = print(sequence);
  const auto plain = parse_cases(text);
  RC_ASSERT(plain.has_value());
  RC_ASSERT(!plain->front().expects());
  std::vector<std::string> lines;
  World world = world_of(sequence);
  for (const Operation& operation : sequence.operations) {
    const World before = world;
    const Verdict verdict = world.apply(operation);
    lines.push_back(print(expectation_of_model(before, operation, verdict, world), operation));
  }
  const std::string written = with_expectations(text, *plain, {lines});
  RC_LOG() << written;
  const auto cases = parse_cases(written);
  RC_ASSERT(cases.has_value());
  const Case& told = cases->front();
  RC_ASSERT(told.sequence == sequence);
  RC_ASSERT(parse(written) == sequence);
  RC_ASSERT(with_expectations(written, *cases, {lines}) == written);
  World again = world_of(sequence);
  for (std::size_t n = 0; n < sequence.operations.size(); ++n) {
    const World before = again;
    const Verdict verdict = again.apply(sequence.operations[n]);
    RC_ASSERT(told.expectations[n].has_value());
    RC_ASSERT(print(*told.expectations[n], sequence.operations[n]) == lines[n]);
    RC_ASSERT(mismatches(*told.expectations[n], again,
                         observed_of_model(before, sequence.operations[n], verdict, again)) == std::vector<Mismatch>{});
  }
}

TEST(case_file, has_a_title_for_each_sequence) {
  const auto cases = parse_cases(
      "# of the file\nmprogcheck 1\n# One thing\n# and more\nnetdev d0\nremove d0\n\nmprogcheck 1\nnetdev d0\n# "
      "late\nremove d0\n"
      "mprogcheck 1\r\n#   Windows  \r\nnetdev d0\r\n");
  ASSERT_TRUE(cases);
  ASSERT_EQ(cases->size(), 3U);
  EXPECT_EQ((*cases)[0].title, "One thing");
  EXPECT_EQ((*cases)[1].title, "");
  EXPECT_EQ((*cases)[2].title, "Windows");
  EXPECT_EQ((*cases)[0].lines, std::vector<std::size_t>{6});
  EXPECT_EQ((*cases)[1].lines, std::vector<std::size_t>{11});
}

TEST(case_file, keeps_its_comments_when_expectations_are_written) {
  const std::string text =
      "mprogcheck 1\n# title\nnetdev d0   # one\nprog p0 sched_cls\n\nattach tcx_ingress@d0 p0 => -EINVAL # why\n"
      "run tcx_ingress@d0\n";
  EXPECT_EQ(with_expectations(text, *parse_cases(text), {{"=> ok", "=> ok ran p0"}}),
            "mprogcheck 1\n# title\nnetdev d0   # one\nprog p0 sched_cls\n\nattach tcx_ingress@d0 p0  => ok  # why\n"
            "run tcx_ingress@d0        => ok ran p0\n");
}

TEST(undeclared, names_are_told_in_the_order_of_their_use) {
  const auto of = [](const std::string& lines) { return undeclared_names(*parse(std::string(head) + lines)); };
  EXPECT_EQ(of("attach tcx_ingress@d0 p0\n"), Strings{});
  EXPECT_EQ(of("attach tcx_ingress@d1 p7 before id(l3)\nremove d2\nunpin b4\nattach tcx_ingress@d1 p7\n"),
            (Strings{"d1", "p7", "l3", "d2", "b4"}));
  EXPECT_EQ(of("close l0\nlink l0 tcx_ingress@d0 p0\n"), Strings{}) << "bound later is bound";
  EXPECT_EQ(of("close h0\n"), Strings{"h0"}) << "closing binds nothing";
  EXPECT_EQ(of("make d1\nattach tcx_ingress@d1 f3 replace o2\nload q0\npin b0 q0\nget h0 b0\n"), Strings{});
}

}  // namespace
}  // namespace mprogcheck::model
