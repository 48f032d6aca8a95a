// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/bound.hpp"

#include <fmt/format.h>

#include <array>

#include "model/language/print.hpp"
#include "model/ordered_list.hpp"
#include "properties/explore/bound_lifetimes.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Name;
using model::Operation;
using model::Revision;
namespace flag = model::flag;

namespace {

constexpr Name gone_program = Name::mortal(0);
constexpr Name gone_link = Name::link(Name::link_count - 1);
constexpr Name never_bound = Name::any(0);
/// In the table of calls no fd has this number.
constexpr std::uint32_t closed_fd = 901;
constexpr std::uint32_t unknown_flag = flag::preorder;

model::Site site_of(const Bound& bound) {
  return {bound.hook, model::Target::device(0)};
}
Name of_other_type(const Bound& bound) {
  return Name::pool(bound.programs);
}

std::string plural(unsigned n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

/// Goes over the fields.
class Spelling {
 public:
  explicit Spelling(const Bound& bound) : bound_(bound), site_(properties::site_of(bound)) {
    for (unsigned n = 0; n < bound.programs; ++n) own_.push_back(Argument::of(Name::pool(n)));
    for (unsigned n = 0; n < bound.links; ++n) links_.push_back(Argument::of(Name::link(n)));
    for (unsigned bits = 0; bits < 32; ++bits) {
      std::uint32_t set = 0;
      if ((bits & 1U) != 0) set |= flag::before;
      if ((bits & 2U) != 0) set |= flag::after;
      if ((bits & 4U) != 0) set |= flag::id;
      if ((bits & 8U) != 0) set |= flag::link;
      if ((bits & 16U) != 0) set |= flag::replace;
      flags_.push_back(set);
    }
    flags_.push_back(unknown_flag);
    flags_.push_back(unknown_flag | flag::before);
    relatives_ = joined(none_, own_, {Argument::of(of_other_type(bound))}, links_);
    if (bound.fill > 0) relatives_.push_back(Argument::of(Name::filler(0)));
    if (bound.fill > 1) relatives_.push_back(Argument::of(Name::filler(bound.fill - 1)));
    for (const Name name : {gone_program, gone_link, never_bound}) relatives_.push_back(Argument::of(name));
    foreign_ = joined({Argument::of(of_other_type(bound)), Argument::literal(closed_fd)}, links_,
                      bound.links != 0 ? Arguments() : Arguments{Argument::of(gone_link)}, {});
  }

  std::vector<Operation> all() {
    attaches();
    detaches();
    links();
    updates();
    for (const Argument& link : some_links()) add(model::DetachLink{link});
    for (unsigned n = 0; n < bound_.links; ++n) add(model::Close{Name::link(n)});
    add(model::Close{never_bound});
    for (const std::uint32_t count : {64U, 1U, 0U}) add(model::Query{.site = site_, .count = count});
    add(model::Query{.site = site_, .query_flags = 1});
    add(model::Query{.site = site_, .attach_flags = flag::before});
    return std::move(all_);
  }

 private:
  using Arguments = std::vector<Argument>;

  static Arguments joined(Arguments first, const Arguments& second, const Arguments& third, const Arguments& fourth) {
    for (const Arguments* more : {&second, &third, &fourth}) first.insert(first.end(), more->begin(), more->end());
    return first;
  }

  [[nodiscard]] Arguments some_links() const {
    return joined(links_, {Argument::of(of_other_type(bound_)), Argument::literal(closed_fd), Argument{}}, {}, {});
  }

  void add(const Operation& operation) { all_.push_back(operation); }

  /// None, the present one, and one of the others, in an order that goes with none of the fields.
  template <typename Visit>
  void revisions(Visit visit) {
    constexpr std::array<std::int64_t, 4> others{1, -1, 1, std::int64_t{1} << 32};
    visit(Revision{});
    visit(Revision::now());
    visit(Revision::now(others[(++others_ * 0x9e3779b9U) >> 30]));
  }

  void attaches() {
    const Arguments garbage{Argument{}, Argument::literal(closed_fd)};
    const Arguments replaced = joined(none_, own_, foreign_, {});
    for (const Argument& program : joined(own_, foreign_, {Argument{}}, {}))
      for (const std::uint32_t flags : flags_)
        for (const Argument& relative : relatives_)
          for (const Argument& replace : (flags & flag::replace) != 0 ? replaced : garbage)
            revisions([&](Revision revision) {
              add(model::Attach{site_, program, flags, relative, replace, revision});
            });
  }
  void detaches() {
    Arguments programs = joined(own_, foreign_, {Argument{}}, {});
    if (bound_.fill > 0) programs.push_back(Argument::of(Name::filler(0)));
    for (const Argument& program : programs)
      for (const std::uint32_t flags : flags_)
        for (const Argument& relative : relatives_)
          for (const Argument& replace : {Argument{}, Argument::literal(closed_fd)})
            revisions([&](Revision revision) {
              add(model::Detach{site_, program, flags, relative, replace, revision});
            });
  }
  void links() {
    for (unsigned n = 0; n < bound_.links; ++n)
      for (const Argument& program : joined(own_, foreign_, {Argument{}}, {}))
        for (const std::uint32_t flags : flags_)
          for (const Argument& relative : relatives_of_a_link(flags))
            revisions([&](Revision revision) {
              add(model::CreateLink{Name::link(n), site_, program, flags, relative, revision});
            });
  }
  /// And the link itself, by the id that it is about to get. For any other call that id is one of nothing.
  [[nodiscard]] Arguments relatives_of_a_link(std::uint32_t flags) const {
    constexpr std::uint32_t itself = flag::id | flag::link;
    if (!bound_.next_id || (flags & itself) != itself) return relatives_;
    return joined(relatives_, {Argument::literal(model::coming_id)}, {}, {});
  }
  void updates() {
    const Arguments old_programs = joined(none_, own_, foreign_, {});
    for (const Argument& link : some_links())
      for (const Argument& program : joined(own_, foreign_, {Argument{}}, {}))
        for (const std::uint32_t flags : {0U, flag::replace, flag::before, flag::replace | flag::before})
          for (const Argument& old_program : old_programs) add(model::UpdateLink{link, program, flags, old_program});
  }

  const Bound& bound_;
  model::Site site_;
  const Arguments none_ = Arguments(1);
  Arguments own_, links_, foreign_, relatives_;
  std::vector<std::uint32_t> flags_;
  std::vector<Operation> all_;
  std::uint32_t others_ = 0;
};

}  // namespace

model::Declarations declarations_of(const Bound& bound) {
  model::Declarations declarations;
  declarations.devices = 1;
  for (unsigned n = 0; n <= bound.programs; ++n) declarations.programs |= 1U << n;
  declarations.classes[bound.programs].type = model::ProgramType::xdp;
  return declarations;
}

std::vector<Operation> prelude_of(const Bound& bound) {
  const model::Site site = site_of(bound);
  std::vector<Operation> operations{
      model::Load{.name = gone_program},
      model::CreateLink{.name = gone_link, .site = site, .program = Argument::of(gone_program)},
      model::Close{gone_link}, model::Close{gone_program}};
  if (bound.fill != 0) operations.emplace_back(model::Fill{site, static_cast<std::uint8_t>(bound.fill)});
  operations.emplace_back(model::Query{.site = site});
  return operations;
}

std::vector<Operation> alphabet_of(const Bound& bound) {
  if (bound.lifetimes) return lifetime_alphabet_of(bound);
  return Spelling(bound).all();
}

std::vector<std::string> left_out_by(const Bound& bound) {
  if (bound.lifetimes) {
    auto lines = left_out_by_lifetimes();
    lines.insert(lines.begin(), fmt::format("more than {} and {}; more than one hook at once",
                                            plural(bound.programs, "program"), plural(bound.links, "link")));
    return lines;
  }
  std::vector<std::string> lines{
      fmt::format("more than {} and {}; more than one hook at once", plural(bound.programs, "program"),
                  plural(bound.links, "link")),
      "further handles: dup, open by id, pins; handles of programs that are closed",
      "replace targets by literal fd; without REPLACE any but none and a closed fd",
      "programs that are gone or die while attached, but for the one that is gone from the start",
      "devices that go, move or are kept by a qdisc; callers without capabilities; packets",
      "queries but with counts of 64, 1 and 0 and one flag each: odd sizes, missing arrays, other flags",
      "revisions but one other for each spelling: one more, one less, or 2^32 more",
      "unknown flags but PREORDER, alone and with BEFORE; update's flags but REPLACE and BEFORE",
      "the id about to be given, but to the link that is being created",
      "objects of other kinds but links and one program; fillers but as relative, and the first as what is detached",
  };
  if (bound.links == 0) lines.emplace_back("link creation, update and detach");
  if (!bound.next_id) lines.emplace_back("a link created beside itself: on this kernel others make links too");
  if (bound.fill == 0) lines.emplace_back("lists longer than the programs: see --fill");
  return lines;
}

std::string text_of(const Bound& bound) {
  return fmt::format(
      "{}, {}, {}{}{}", model::print(model::Site{bound.hook, model::Target::device(0)}),
      plural(bound.programs, "program"), plural(bound.links, "link"),
      bound.fill == 0 ? "" : fmt::format(", {} of {} entries filled", bound.fill, model::OrderedList::mprog_capacity),
      bound.lifetimes ? ", lifetimes" : "");
}

}  // namespace mprogcheck::properties
