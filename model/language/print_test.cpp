// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/print.hpp"

#include <gtest/gtest.h>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

RC_GTEST_PROP(print, is_undone_by_parse, ()) {
  const auto sequence = *arbitrary_sequence();
  const auto parsed = parse(print(sequence));
  if (!parsed) RC_FAIL(parsed.error().to_string("printed"));
  RC_ASSERT(*parsed == sequence);
}

RC_GTEST_PROP(print, of_a_corpus_is_undone_by_parse_all, ()) {
  const auto sequences =
      *rc::gen::nonEmpty(rc::gen::resize(20, rc::gen::container<std::vector<Sequence>>(arbitrary_sequence())));
  const auto parsed = parse_all(print_all(sequences));
  if (!parsed) RC_FAIL(parsed.error().to_string("printed"));
  RC_ASSERT(*parsed == sequences);
}

RC_GTEST_PROP(print, of_an_operation_is_one_line_of_the_sequence, ()) {
  auto sequence = *arbitrary_sequence();
  const auto operation = *arbitrary_operation();
  const auto parsed = parse_operation(print(operation));
  if (!parsed) RC_FAIL(parsed.error().to_string("printed"));
  RC_ASSERT(*parsed == operation);
  sequence.operations = {operation};
  RC_ASSERT(print(sequence).ends_with('\n' + print(operation) + '\n'));
}

// --- every garbage combination, not only those that chance finds

const std::vector<Argument> fds = {{},
                                   Argument::of(Name::pool(0)),
                                   Argument::of(Name::link(63)),
                                   Argument::literal(901),
                                   Argument::literal(0xffff'ffff)};
const std::vector<Argument> ids = {{},
                                   Argument::of(Name::pool(0)),
                                   Argument::of(Name::filler(62)),
                                   Argument::of(Name::object(16)),
                                   Argument::literal(1U << 30)};
const std::vector<Revision> revisions = {{}, Revision::now(), Revision::now(-1), Revision::literal(~0ULL)};

/// All flags together with each other, with a bit that means nothing, and without.
std::vector<std::uint32_t> all_flags() {
  std::vector<std::uint32_t> words = {0, 1U << 18};
  for (const FlagName& known : flag_names)
    for (std::size_t i = 0, n = words.size(); i < n; ++i) words.push_back(words[i] | known.bit);
  return words;
}

void expect_round_trip(const Operation& operation) {
  ASSERT_FALSE(validate(operation)) << print(operation);
  const auto parsed = parse_operation(print(operation));
  ASSERT_TRUE(parsed) << parsed.error().to_string(print(operation));
  ASSERT_EQ(*parsed, operation);
}

template <typename Call>
void expect_round_trips(Call call) {
  for (const std::uint32_t flags : all_flags()) {
    for (const Argument& relative : (flags & flag::id) != 0 ? ids : fds) {
      for (const Revision& revision : revisions) {
        call.flags = flags;
        call.relative = relative;
        call.revision = revision;
        if constexpr (requires { call.replace; }) {
          for (const Argument& replace : fds) {
            call.replace = replace;
            ASSERT_NO_FATAL_FAILURE(expect_round_trip(call));
          }
        } else {
          ASSERT_NO_FATAL_FAILURE(expect_round_trip(call));
        }
      }
    }
  }
}

const Site d0{Hook::tcx_ingress, Target::device(0)};

TEST(print, says_every_combination_of_the_fields_of_attach) {
  expect_round_trips(Attach{d0, Argument::of(Name::pool(1)), 0, {}, {}, {}});
}
TEST(print, says_every_combination_of_the_fields_of_detach) {
  for (const Argument& program : fds) expect_round_trips(Detach{d0, program, 0, {}, {}, {}});
}
TEST(print, says_every_combination_of_the_fields_of_link) {
  expect_round_trips(CreateLink{Name::link(0), d0, Argument::of(Name::pool(1)), 0, {}, {}});
}
TEST(print, says_every_combination_of_the_fields_of_update) {
  for (const std::uint32_t flags : all_flags())
    for (const Argument& old_program : fds)
      ASSERT_NO_FATAL_FAILURE(
          expect_round_trip(UpdateLink{Argument::of(Name::link(0)), Argument::of(Name::pool(0)), flags, old_program}));
}

// --- the canonical form

TEST(print, prefers_keywords_and_keeps_one_order) {
  const auto p0 = Argument::of(Name::pool(0));
  const auto p1 = Argument::of(Name::pool(1));
  const auto l0 = Argument::of(Name::link(0));
  const auto minus_one = Argument::literal(0xffff'ffff);
  const std::uint32_t before = flag::before;
  const std::pair<Operation, const char*> cases[] = {
      {Attach{d0, p1, 0, {}, {}, {}}, "attach tcx_ingress@d0 p1"},
      {Attach{d0, p1, before, p0, {}, Revision::now()}, "attach tcx_ingress@d0 p1 before fd(p0) revision now"},
      {Attach{d0, p1, before | flag::id, p0, {}, Revision::now(1)},
       "attach tcx_ingress@d0 p1 before id(p0) revision now+1"},
      {Attach{d0, p1, before, {}, {}, {}}, "attach tcx_ingress@d0 p1 before"},
      {Attach{d0, p1, before | flag::after, minus_one, {}, {}}, "attach tcx_ingress@d0 p1 before after fd -1"},
      {Attach{d0, p1, flag::link | flag::after, l0, {}, {}}, "attach tcx_ingress@d0 p1 after link fd(l0)"},
      {Attach{d0, p1, flag::link | flag::id, l0, {}, {}}, "attach tcx_ingress@d0 p1 link id(l0)"},
      {Attach{d0, p1, 0, p0, {}, {}}, "attach tcx_ingress@d0 p1 relative fd(p0)"},
      {Attach{d0, p1, flag::id, p0, {}, {}}, "attach tcx_ingress@d0 p1 relative id(p0)"},
      {Attach{d0, p1, flag::id, {}, {}, {}}, "attach tcx_ingress@d0 p1 relative id 0"},
      {Attach{d0, p1, flag::replace, {}, p0, Revision::now(-1)}, "attach tcx_ingress@d0 p1 replace p0 revision now-1"},
      {Attach{d0, p1, flag::replace, {}, {}, {}}, "attach tcx_ingress@d0 p1 replace fd 0"},
      {Attach{d0, p1, 0, {}, p0, Revision::literal(7)}, "attach tcx_ingress@d0 p1 replace_fd p0 revision 7"},
      {Attach{d0, p1, flag::multi | flag::preorder | 0x4'0000, {}, {}, {}},
       "attach tcx_ingress@d0 p1 flags multi|preorder|0x40000"},
      {Attach{{Hook::tcx_egress, Target::literal(1'000'000)}, {}, 0, {}, {}, {}}, "attach tcx_egress@1000000 fd 0"},
      {Detach{d0, {}, 0, {}, {}, {}}, "detach tcx_ingress@d0"},
      {Detach{d0, p1, flag::after, p0, {}, {}}, "detach tcx_ingress@d0 p1 after fd(p0)"},
      {CreateLink{Name::link(0), d0, p1, flag::replace | before, {}, {}},
       "link l0 tcx_ingress@d0 p1 before flags replace"},
      {UpdateLink{l0, p1, flag::replace, p0}, "update l0 p1 expect p0"},
      {UpdateLink{l0, p1, before, p0}, "update l0 p1 expect_fd p0 flags before"},
      {DetachLink{l0}, "detach_link l0"},
      {Close{Name::any(3)}, "close h3"},
      {Dup{Name::any(3), l0}, "dup h3 l0"},
      {Open{Name::any(3), ObjectKind::link, l0}, "open h3 link id(l0)"},
      {Open{Name::any(3), ObjectKind::program, {}}, "open h3 prog id 0"},
      {Open{Name::any(3), ObjectKind::link, Argument::literal(coming_id)}, "open h3 link id next"},
      {Attach{d0, p1, flag::before | flag::id, Argument::literal(coming_id), {}, {}},
       "attach tcx_ingress@d0 p1 before id next"},
      {Attach{d0, p1, flag::before, Argument::literal(coming_id), {}, {}},
       "attach tcx_ingress@d0 p1 before fd 1073741823"},
      {Load{Name::mortal(0), ProgramType::sched_cls}, "load q0"},
      {Load{Name::mortal(0), ProgramType::socket_filter}, "load q0 socket_filter"},
      {Query{d0, 0, 0, 64}, "query tcx_ingress@d0"},
      {Query{d0, 1, 16, 0}, "query tcx_ingress@d0 query_flags 0x1 attach_flags 0x10 count 0"},
      {Query{d0, 0, 0, 64, 10, 72, true}, "query tcx_ingress@d0 without link_ids|link_flags size 72 garbage"},
      {Fill{d0, 62}, "fill tcx_ingress@d0 62"},
  };
  for (const auto& [operation, text] : cases) EXPECT_EQ(print(operation), text);
}

TEST(print, of_declarations_joins_what_is_alike) {
  Sequence sequence;
  sequence.declarations.devices = 0b1011;
  sequence.declarations.programs = 0b1111'0111'0001'1111;
  sequence.declarations.classes[1] = {ProgramType::xdp, Returns::pass};
  sequence.declarations.classes[14] = {ProgramType::xdp, Returns::pass};
  EXPECT_EQ(print(sequence),
            "mprogcheck 1\n"
            "netdev d0, d1, d3\n"
            "prog p0, p2..p4, p8..p10, p12, p13, p15 sched_cls returns next\n"
            "prog p1, p14 xdp returns pass\n");
}

/// A report may have to show what should never have been made.
TEST(print, of_an_invalid_operation_is_refused_by_parse) {
  const Operation invalid[] = {Attach{{static_cast<Hook>(77), Target::device(5)}, {300, true}, 0, {}, {}, {}},
                               Load{Name::mortal(0), static_cast<ProgramType>(9)}, Close{Name{255}}, Fill{d0, 255}};
  for (const Operation& operation : invalid) EXPECT_FALSE(parse_operation(print(operation))) << print(operation);
}

}  // namespace
}  // namespace mprogcheck::model
