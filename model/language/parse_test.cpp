// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/parse.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "model/arbitrary.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

/// What a text means, in canonical form; or the error.
std::string meaning(std::string_view text) {
  const auto parsed = parse_all(text);
  return parsed ? print_all(*parsed) : parsed.error().to_string("f");
}
std::string meaning_of_operation(std::string_view text) {
  const auto parsed = parse_operation(text);
  return parsed ? print(*parsed) : parsed.error().to_string("f");
}

/// Texts made of the language's own pieces: most go wrong late.
rc::Gen<std::string> near_misses() {
  static const std::vector<std::string> pieces = {"mprogcheck",
                                                  "1",
                                                  "netdev",
                                                  "prog",
                                                  "d0",
                                                  "p0",
                                                  "p1",
                                                  "..",
                                                  ",",
                                                  "sched_cls",
                                                  "returns",
                                                  "next",
                                                  "attach",
                                                  "detach",
                                                  "link",
                                                  "update",
                                                  "close",
                                                  "dup",
                                                  "open",
                                                  "load",
                                                  "query",
                                                  "fill",
                                                  "remove",
                                                  "move",
                                                  "away",
                                                  "qdisc",
                                                  "clsact",
                                                  "pin",
                                                  "unpin",
                                                  "get",
                                                  "b0",
                                                  "d0",
                                                  "tcx_ingress@d0",
                                                  "@",
                                                  "l0",
                                                  "h0",
                                                  "q0",
                                                  "f0",
                                                  "fd",
                                                  "id",
                                                  "(",
                                                  ")",
                                                  "before",
                                                  "after",
                                                  "relative",
                                                  "replace",
                                                  "replace_fd",
                                                  "revision",
                                                  "now",
                                                  "-",
                                                  "+",
                                                  "flags",
                                                  "|",
                                                  "0x40000",
                                                  "901",
                                                  "0",
                                                  "expect",
                                                  "count",
                                                  "99999999999999999999",
                                                  "\n",
                                                  "\n",
                                                  "\r\n",
                                                  "\r",
                                                  "# x\n",
                                                  "\x80"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
                      [](const std::vector<std::string>& chosen) {
                        std::string text = "mprogcheck 1\n";
                        for (const std::string& piece : chosen) text += piece + ' ';
                        return text;
                      });
}

/// Whatever the bytes: either a valid sequence, whose printed form is a fixed point, or an error inside the text.
void check_total(std::string_view text) {
  const auto parsed = parse_all(text);
  if (parsed) {
    for (const Sequence& sequence : *parsed) RC_ASSERT(!validate(sequence));
    const std::string printed = print_all(*parsed);
    const auto again = parse_all(printed);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *parsed);
    RC_ASSERT(print_all(*again) == printed);
    return;
  }
  const SyntaxError& error = parsed.error();
  const std::string shown = error.to_string("f");
  RC_ASSERT(shown.find_first_of("\r\n") == std::string::npos);
  RC_ASSERT(error.line >= 1U);
  RC_ASSERT(error.line <= 1U + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  RC_ASSERT(error.column >= 1U);
  RC_ASSERT(error.column <= text.size() + 1);
}

RC_GTEST_PROP(parse, of_any_bytes_is_total, (const std::string& text)) {
  check_total(text);
}
RC_GTEST_PROP(parse, of_nearly_a_sequence_is_total, ()) {
  check_total(*near_misses());
}

RC_GTEST_PROP(parse, of_a_damaged_sequence_is_total, ()) {
  auto text = print(*arbitrary_sequence());
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::arbitrary<char>();
  check_total(text);
}

RC_GTEST_PROP(parse, does_not_care_for_layout, ()) {
  const auto sequence = *arbitrary_sequence();
  const auto choices = *rc::gen::nonEmpty<std::vector<std::uint8_t>>();
  std::size_t choice = 0;
  const auto one_of = [&](std::initializer_list<const char*> texts) {
    return std::data(texts)[choices[choice++ % choices.size()] % texts.size()];
  };
  std::string text;
  for (const char c : print(sequence)) {
    if (c == '\n') {
      text += one_of({"\n", "\r\n", " # p0 before\n", "\t\n\n", "#\r\n"});
    } else if (std::string_view("@()|,+- ").find(c) != std::string_view::npos) {
      text += one_of({"", " ", "\t "});
      text += c;
      text += one_of({"", " "});
    } else {
      text += c;
    }
  }
  const auto parsed = parse(text);
  if (!parsed) RC_FAIL(parsed.error().to_string("text"));
  RC_ASSERT(*parsed == sequence);
}

/// Flags as words and flags as keywords say the same.
RC_GTEST_PROP(parse, takes_options_in_any_order, ()) {
  std::vector<std::string> options = {"before", "after fd(p0)", "replace p1", "revision now-1", "flags 0x40000|multi"};
  const std::string head = "attach tcx_ingress@d0 p2";
  const auto join = [&] {
    std::string text = head;
    for (const std::string& option : options) text += ' ' + option;
    return text;
  };
  const auto canonical = meaning_of_operation(join());
  for (std::size_t i = options.size(); i > 1; --i)
    std::swap(options[i - 1], options[*rc::gen::inRange<std::size_t>(0, i)]);
  RC_ASSERT(meaning_of_operation(join()) == canonical);
}

TEST(parse, reads_what_print_does_not_write) {
  const std::pair<const char*, const char*> cases[] = {
      {"attach tcx_ingress@d0 p1 flags before|after", "attach tcx_ingress@d0 p1 before after"},
      {"attach tcx_ingress@d0 p1 flags 0x40000|before fd 901", "attach tcx_ingress@d0 p1 before fd 901 flags 0x40000"},
      {"attach tcx_ingress@d0 p1 flags id|before id(p0)", "attach tcx_ingress@d0 p1 before id(p0)"},
      {"attach tcx_ingress@d0 p1 flags id", "attach tcx_ingress@d0 p1 relative id 0"},
      {"attach tcx_ingress@d0 p1 before before_",
       "f:1:33: expected the end of the line, before, after, link, relative, "
       "revision, flags, replace or replace_fd, found \"before_\""},
      {"attach tcx_ingress@d0 p1 before relative fd(p0)", "attach tcx_ingress@d0 p1 before fd(p0)"},
      {"attach tcx_ingress@d0 p1 relative fd(p0) before", "attach tcx_ingress@d0 p1 before fd(p0)"},
      {"attach tcx_ingress@d0 p1 before fd 0", "attach tcx_ingress@d0 p1 before"},
      {"attach tcx_ingress@d0 fd 4294967295", "attach tcx_ingress@d0 fd -1"},
      {"attach tcx_ingress@d0 fd -2147483648", "attach tcx_ingress@d0 fd -2147483648"},
      {"attach tcx_ingress@d0 p1 revision 0", "attach tcx_ingress@d0 p1"},
      {"attach tcx_ingress@d0 p1 revision 0x10", "attach tcx_ingress@d0 p1 revision 16"},
      {"attach tcx_ingress@d0 p1 revision now+0", "attach tcx_ingress@d0 p1 revision now"},
      {"attach tcx_ingress@d0 p1 replace_fd p0 flags replace", "attach tcx_ingress@d0 p1 replace p0"},
      {"attach tcx_ingress@d0 p1 flags 0", "attach tcx_ingress@d0 p1"},
      {"detach tcx_ingress@d0 fd 0", "detach tcx_ingress@d0"},
      {"detach tcx_ingress@d0 fd 901 before fd 902", "detach tcx_ingress@d0 fd 901 before fd 902"},
      {"detach tcx_ingress@0 relative fd 902", "detach tcx_ingress@0 relative fd 902"},
      {"update l0 p1 expect_fd p0 flags replace", "update l0 p1 expect p0"},
      {"load q0 sched_cls", "load q0"},
      {"query tcx_ingress@d0 count 64", "query tcx_ingress@d0"},
  };
  for (const auto& [text, canonical] : cases) EXPECT_EQ(meaning_of_operation(text), canonical) << text;
}

TEST(parse, reads_a_corpus) {
  EXPECT_EQ(meaning("\xEF\xBB\xBF"),
            "f:1:1: expected mprogcheck 1, which every sequence starts with, found \"\\xef\\xbb\\xbf\"");
  EXPECT_EQ(
      meaning("# one\n\nmprogcheck 1\nnetdev d0\nnetdev d1 # more\nprog p1 sched_cls\nprog p0 sched_cls returns "
              "next\nclose p0\n"
              "mprogcheck 1\nmprogcheck 1"),
      "mprogcheck 1\nnetdev d0, d1\nprog p0, p1 sched_cls returns next\nclose p0\n\nmprogcheck 1\n\nmprogcheck 1\n");
}

// What the errors say again and again.
const std::string any_name = "p0 to p31, q0 to q31, l0 to l63, h0 to h31, f0 to f62, o0 to o17";
const std::string options = "before, after, link, relative, revision, flags, replace or replace_fd";
const std::string calls =
    "attach, detach, link, update, detach_link, close, dup, open, load, query, fill, run, remove, make, move, qdisc, "
    "pin, get, unpin, next_id, rmdir or mkdir";
const std::string fd_literal = "a literal fd that is no BPF object: 0 to 2, 900 to 4294967295, or a negative number";
const std::string id_literal = "a literal id that no object has: next, 0, or 1073741824 to 4294967295";
const std::string target =
    "a target: d0 to d3, peer(d0) to peer(d3), or an interface index that no device has: 0, or 1000000 to 2147483647";

TEST(parse, says_what_was_expected_in_a_file) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "1:1: expected mprogcheck 1, which every sequence starts with, found the end of the file"},
      {"# nothing\n\n", "3:1: expected mprogcheck 1, which every sequence starts with, found the end of the file"},
      {"attach tcx_ingress@d0 p0\n", "1:1: expected mprogcheck 1, which every sequence starts with, found \"attach\""},
      {"mprogcheck\n", "1:11: expected 1, the version of the language, found the end of the line"},
      {"mprogcheck 2\n", "1:12: expected 1, the version of the language, found \"2\""},
      {"mprogcheck 1 1\n", "1:14: expected the end of the line, found \"1\""},
      {"mprogcheck 1\n  attack p0\n",
       "2:3: expected netdev, cgroup, prog, caller, unkept or an operation: " + calls + ", found \"attack\""},
      {"mprogcheck 1\nclose p0\n\t@\n", "3:2: expected an operation: " + calls + ", found \"@\""},
      {"mprogcheck 1\nclose p0\nnetdev d0\n",
       "3:1: expected an operation: " + calls + " (declarations come before the first), found \"netdev\""},
      {"mprogcheck 1\nnetdev\n", "2:7: expected a device: d0 to d3, found the end of the line"},
      {"mprogcheck 1\nnetdev d0,\n", "2:11: expected a device: d0 to d3, found the end of the line"},
      {"mprogcheck 1\nnetdev d0 d1\n",
       "2:11: expected a comma and more devices, what these are (veth, policy, peer_policy), or the end of the line, "
       "found \"d1\""},
      {"mprogcheck 1\nnetdev d4\n", "2:8: expected a device: d0 to d3, found \"d4\""},
      {"mprogcheck 1\nnetdev d1\nnetdev d0..d2\n",
       "3:8: expected each device once (d1 is declared already), found \"d0..d2\""},
      {"mprogcheck 1\nprog p3..p1 sched_cls\n", "2:10: expected a program not below p3, found \"p1\""},
      {"mprogcheck 1\nprog p0, p0 sched_cls\n",
       "2:10: expected each program once (p0 is declared already), found \"p0\""},
      {"mprogcheck 1\nprog q0 sched_cls\n", "2:6: expected a program: p0 to p31, found \"q0\""},
      {"mprogcheck 1\nprog p00 sched_cls\n", "2:6: expected a program: p0 to p31, found \"p00\""},
      {"mprogcheck 1\nprog p0 tc\n",
       "2:9: expected a comma and more programs, or the type of these: sched_cls, xdp, socket_filter, cgroup_skb, "
       "cgroup_device or cgroup_sysctl, found \"tc\""},
      {"mprogcheck 1\nprog p0 xdp return\n", "2:13: expected returns or the end of the line, found \"return\""},
      {"mprogcheck 1\nprog p0 xdp returns ok\n",
       "2:21: expected what it returns: next, pass, drop, redirect or unknown, found \"ok\""},
      {"mprogcheck 1\ncaller p\n", "2:8: expected a caller: u, v, w or x, found \"p\""},
      {"mprogcheck 1\ncaller u\n", "2:9: expected uid and the user's number, found the end of the line"},
      {"mprogcheck 1\ncaller u uid 0\n",
       "2:14: expected the uid of a user without capabilities: 1 to 4294967294, found \"0\""},
      {"mprogcheck 1\ncaller u uid 1\ncaller u uid 2\n",
       "3:8: expected each caller once (u is declared already), found \"u\""},
      {"mprogcheck 1\ncaller u uid 1\nas v close p0\n",
       "3:1: expected a caller that is declared: caller v uid N, before the first operation, found \"as v close p0\""},
      {"mprogcheck 1\r\nclose p0\r\nclose p99\r\n", "3:7: expected a name: " + any_name + ", found \"p99\""},
      {"mprogcheck 1\rclose p0\r", "1:13: expected the end of the line, found \"\\x0d\""},
      {std::string("mprogcheck 1\nclose \0\n", 21), "2:7: expected a name: " + any_name + ", found \"\\x00\""},
      {"mprogcheck 1\nclose p0 " + std::string(50, 'x'),
       "2:10: expected => and what is expected, or the end of the line, found \"" + std::string(40, 'x') + "...\""},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(meaning(text), "f:" + error) << text;
}

TEST(parse, says_what_was_expected_in_an_operation) {
  const std::string flag_words =
      "flags joined by |: a number of 32 bits, override, multi, replace, before, after, id, preorder or link";
  const std::pair<std::string, std::string> cases[] = {
      {"", "1:1: expected an operation: " + calls + ", found the end of the file"},
      {"attach",
       "1:7: expected a hook: tcx_ingress, tcx_egress, netkit_primary, netkit_peer, cgroup_ingress, cgroup_egress, "
       "cgroup_device or cgroup_sysctl, found the end of the file"},
      {"attach tcx@d0 p0",
       "1:8: expected a hook: tcx_ingress, tcx_egress, netkit_primary, netkit_peer, cgroup_ingress, cgroup_egress, "
       "cgroup_device or cgroup_sysctl, found \"tcx\""},
      {"attach tcx_ingress p0", "1:20: expected @ and a target, found \"p0\""},
      {"attach tcx_ingress@p0 p0", "1:20: expected " + target + ", found \"p0\""},
      {"attach tcx_ingress@d4 p0", "1:20: expected " + target + ", found \"d4\""},
      {"attach tcx_ingress@1 p0", "1:20: expected " + target + ", found \"1\""},
      {"attach tcx_ingress@2147483648 p0", "1:20: expected " + target + ", found \"2147483648\""},
      {"attach tcx_ingress@d0", "1:22: expected a program: " + any_name + ", or fd N, found the end of the file"},
      {"attach tcx_ingress@d0 before", "1:23: expected a program: " + any_name + ", or fd N, found \"before\""},
      {"attach tcx_ingress@d0 p32", "1:23: expected a program: " + any_name + ", or fd N, found \"p32\""},
      {"attach tcx_ingress@d0 fd(p0)", "1:25: expected " + fd_literal + ", found \"(\""},
      {"attach tcx_ingress@d0 fd 3", "1:26: expected " + fd_literal + ", found \"3\""},
      {"attach tcx_ingress@d0 fd 899", "1:26: expected " + fd_literal + ", found \"899\""},
      {"attach tcx_ingress@d0 fd 4294967296", "1:26: expected " + fd_literal + ", found \"4294967296\""},
      {"attach tcx_ingress@d0 fd -2147483649", "1:27: expected " + fd_literal + ", found \"2147483649\""},
      {"attach tcx_ingress@d0 fd 0x", "1:26: expected " + fd_literal + ", found \"0x\""},
      {"attach tcx_ingress@d0 p1 p0", "1:26: expected the end of the line, " + options + ", found \"p0\""},
      {"attach tcx_ingress@d0 p1 before p0",
       "1:33: expected a relative: fd(NAME), id(NAME), fd N or id N, found \"p0\""},
      {"attach tcx_ingress@d0 p1 relative",
       "1:34: expected a relative: fd(NAME), id(NAME), fd N or id N, found the end of the file"},
      {"attach tcx_ingress@d0 p1 before fd(p0", "1:38: expected ), found the end of the file"},
      {"attach tcx_ingress@d0 p1 before fd(901)", "1:36: expected a name: " + any_name + ", found \"901\""},
      {"attach tcx_ingress@d0 p1 before id 901", "1:36: expected " + id_literal + ", found \"901\""},
      {"attach tcx_ingress@d0 p1 before id -1", "1:36: expected " + id_literal + ", found \"-\""},
      {"attach tcx_ingress@d0 p1 flags 0x20|before fd 901",
       "1:44: expected id(NAME) or id N, since flags say id, found \"fd\""},
      {"attach tcx_ingress@d0 p1 before fd(p0) flags id",
       "1:33: expected id(NAME) or id N, since flags say id, found \"fd\""},
      {"attach tcx_ingress@d0 p1 before fd(p0) after fd(p0)", "1:46: expected one relative, not two, found \"fd\""},
      {"attach tcx_ingress@d0 p1 before before", "1:33: expected each option once, found \"before\""},
      {"attach tcx_ingress@d0 p1 replace p0 replace_fd p2", "1:37: expected each option once, found \"replace_fd\""},
      {"attach tcx_ingress@d0 p1 replace",
       "1:33: expected a program to replace: " + any_name + ", or fd N, found the end of the file"},
      {"attach tcx_ingress@d0 p1 flags", "1:31: expected " + flag_words + ", found the end of the file"},
      {"attach tcx_ingress@d0 p1 flags before|", "1:39: expected " + flag_words + ", found the end of the file"},
      {"attach tcx_ingress@d0 p1 flags first", "1:32: expected " + flag_words + ", found \"first\""},
      {"attach tcx_ingress@d0 p1 flags 4294967296", "1:32: expected " + flag_words + ", found \"4294967296\""},
      {"attach tcx_ingress@d0 p1 revision then",
       "1:35: expected a revision: now, now-1, now+1 or a number of 64 bits, found \"then\""},
      {"attach tcx_ingress@d0 p1 revision 18446744073709551616",
       "1:35: expected a revision: now, now-1, now+1 or a number of 64 bits, found \"18446744073709551616\""},
      {"attach tcx_ingress@d0 p1 revision now+9223372036854775808",
       "1:39: expected an offset of 63 bits, found \"9223372036854775808\""},
      {"detach tcx_ingress@d0 fd(p0)", "1:25: expected " + fd_literal + ", found \"(\""},
      {"detach tcx_ingress@d0 x", "1:23: expected the end of the line, " + options + ", found \"x\""},
      {"link q0 tcx_ingress@d0 p0", "1:6: expected a link to bind: l0 to l63, found \"q0\""},
      {"link l64 tcx_ingress@d0 p0", "1:6: expected a link to bind: l0 to l63, found \"l64\""},
      {"link l0 tcx_ingress@d0 p0 replace p1",
       "1:27: expected the end of the line, before, after, link, relative, revision or flags, found \"replace\""},
      {"update tcx_ingress@d0 p0", "1:8: expected a link: " + any_name + ", or fd N, found \"tcx_ingress\""},
      {"update l0 p0 revision now",
       "1:14: expected the end of the line, expect, expect_fd or flags, found \"revision\""},
      {"update l0 p0 expect",
       "1:20: expected the link's program: " + any_name + ", or fd N, found the end of the file"},
      {"detach_link l0 p0", "1:16: expected the end of the line, found \"p0\""},
      {"dup l0 p0", "1:5: expected a handle to bind: h0 to h31, found \"l0\""},
      {"dup h0", "1:7: expected what to dup: " + any_name + ", or fd N, found the end of the file"},
      {"dup h0 fd 2",
       "1:1: expected dup of a name, or of a literal fd that is not open: 900 to 4294967295, or negative, found "
       "\"dup h0 fd 2\""},
      {"open h0 map id(p0)", "1:9: expected the kind of object: prog or link, found \"map\""},
      {"open h0 prog p0", "1:14: expected id(NAME) or id N, found \"p0\""},
      {"open h0 prog id 1073741823", "1:17: expected " + id_literal + ", found \"1073741823\""},
      {"open h0 prog id 1", "1:17: expected " + id_literal + ", found \"1\""},
      {"load p0", "1:6: expected a program to bind: q0 to q31, found \"p0\""},
      {"load q0 tc",
       "1:9: expected the end of the line, returns, or a program type: sched_cls, xdp, socket_filter, cgroup_skb, "
       "cgroup_device or cgroup_sysctl, found \"tc\""},
      {"query tcx_ingress@d0 count 4294967296", "1:28: expected a number of 32 bits, found \"4294967296\""},
      {"query tcx_ingress@d0 size 20", "1:27: expected " + std::string(expected::attr_size) + ", found \"20\""},
      {"query tcx_ingress@d0 size 64 garbage",
       "1:1: expected " + std::string(expected::garbage) + ", found \"query tcx_ingress@d0 size 64 garbage\""},
      {"query tcx_ingress@d0 without prog_ids|ids",
       "1:39: expected arrays joined by |: prog_ids, link_ids, prog_flags or link_flags, found \"ids\""},
      {"query tcx_ingress@d0 flags 1",
       "1:22: expected the end of the line, query_flags, attach_flags, count, without, size or garbage, found "
       "\"flags\""},
      {"fill tcx_ingress@d0", "1:20: expected a number of entries: 0 to 63, found the end of the file"},
      {"fill tcx_ingress@d0 64", "1:21: expected a number of entries: 0 to 63, found \"64\""},
      {"close p0\nclose p1", "2:1: expected the end of the file: this is to be one operation, found \"close\""},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(meaning_of_operation(text), "f:" + error) << text;
}

TEST(parse, of_one_sequence_refuses_a_second) {
  const auto parsed = parse("mprogcheck 1\nclose p0\nmprogcheck 1\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().to_string("a b"),
            "a b:3:1: expected the end of the file: this is to be one sequence, found \"mprogcheck\"");
}

TEST(parse, refuses_a_sequence_that_is_too_long_at_the_operation) {
  std::string text = "mprogcheck 1\n";
  for (unsigned i = 0; i < max_loads; ++i) text += "load q0\n";
  EXPECT_TRUE(parse(text));
  EXPECT_EQ(meaning(text + "\n load q1 xdp # one more\n"), "f:67:2: expected at most 64 loads, found \"load q1 xdp\"");
  text = "mprogcheck 1\n";
  for (std::size_t i = 0; i < max_operations; ++i) text += "close p0\n";
  EXPECT_TRUE(parse(text));
  EXPECT_EQ(meaning(text + "close p1\n"), "f:100002:1: expected at most 100000 operations, found \"close p1\"");
}

/// Ten megabytes of whatever could make a parser slow or recurse: the test ends because the time is linear.
TEST(parse, bears_long_lines) {
  constexpr std::size_t size = 10'000'000;
  const std::string head = "mprogcheck 1\n";
  const std::string attach = head + "attach tcx_ingress@d0 p0 ";
  EXPECT_TRUE(parse(head + std::string(size, ' ')));
  EXPECT_TRUE(parse(head + '#' + std::string(size, '#')));
  EXPECT_TRUE(parse(head + std::string(size, '\n')));
  for (const char c : {'x', '0', '9', '(', '@', '.', ',', '\0', '\r'}) {
    EXPECT_FALSE(parse(attach + std::string(size, c))) << c;
    EXPECT_FALSE(parse(attach + "flags " + std::string(size, c)).has_value() && c != '0') << c;
    EXPECT_FALSE(parse(head + "prog p0" + std::string(size, c))) << c;
  }
  std::string many = attach + "flags 0";
  for (std::size_t i = 0; i < size / 2; ++i) many += "|1";
  EXPECT_TRUE(parse(many));
}

}  // namespace
}  // namespace mprogcheck::model
