// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Compiled once for all tests: RapidCheck's templates take their time.
#include <gtest/gtest.h>

#include "model/arbitrary.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "model/fields.hpp"
#include "model/language/words.hpp"
#include "model/sites.hpp"

namespace mprogcheck::model {

namespace {

/// A number from one of the corners given, or from the range [low, high].
template <typename T>
rc::Gen<T> arbitrary_number(std::uint64_t low, std::uint64_t high, std::vector<T> corners) {
  // inRange excludes its upper end; wrapping to 0 would make the range empty, so the largest number is left to the
  // corners.
  const std::uint64_t end = high == std::numeric_limits<std::uint64_t>::max() ? high : high + 1;
  auto inside = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(low, end));
  return rc::gen::oneOf(rc::gen::elementOf(std::move(corners)), rc::gen::cast<T>(std::move(inside)));
}

rc::Gen<Name> arbitrary_name() {
  return rc::gen::map(rc::gen::inRange<unsigned>(0, Name::slots),
                      [](unsigned slot) { return Name{static_cast<std::uint8_t>(slot)}; });
}
rc::Gen<Name> arbitrary_name(unsigned begin, unsigned count) {
  return rc::gen::map(rc::gen::inRange<unsigned>(begin, begin + count),
                      [](unsigned slot) { return Name{static_cast<std::uint8_t>(slot)}; });
}

rc::Gen<Argument> arbitrary_argument(rc::Gen<std::uint32_t> literal) {
  return rc::gen::weightedOneOf<Argument>(
      {{2, rc::gen::map(arbitrary_name(), [](Name name) { return Argument::of(name); })},
       {1, rc::gen::map(std::move(literal), [](std::uint32_t number) { return Argument::literal(number); })}});
}
rc::Gen<Argument> arbitrary_fd() {
  return arbitrary_argument(
      arbitrary_number<std::uint32_t>(900, 0xffff'ffff, {0, 1, 2, 900, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff}));
}
rc::Gen<Argument> arbitrary_id() {
  return arbitrary_argument(
      arbitrary_number<std::uint32_t>(1U << 30, 0xffff'ffff, {0, coming_id, 1U << 30, 0xffff'ffff}));
}

/// `at_peers`: at the other end of a pair, too, where the hook can be asked for there.
rc::Gen<Site> arbitrary_site(bool at_peers) {
  const auto device = rc::gen::map(rc::gen::inRange<std::uint32_t>(0, Target::device_count), Target::device);
  const auto literal = rc::gen::map(
      arbitrary_number<std::uint32_t>(1'000'000, Target::literal_base - 1, {0, 1'000'000, Target::literal_base - 1}),
      Target::literal);
  const auto cgroup = rc::gen::map(rc::gen::inRange<std::uint32_t>(0, Cgroup::count), Target::cgroup);
  const auto hook = rc::gen::map(rc::gen::inRange<unsigned>(0, hooks), [](unsigned n) { return static_cast<Hook>(n); });
  const auto site =
      rc::gen::build<Site>(rc::gen::set(&Site::hook, hook),
                           rc::gen::set(&Site::target, rc::gen::weightedOneOf<Target>({{4, device}, {1, literal}})));
  const auto peer = rc::gen::weightedElement<bool>({{3, false}, {1, true}});
  return rc::gen::apply(
      [at_peers](Site made, bool at_peer, Target in_cgroup) {
        if (target_kind(made.hook) == TargetKind::cgroup) return Site{made.hook, in_cgroup};
        if (at_peers && at_peer && row_of(family_of(made.hook)).at_peers && !made.target.is_literal())
          made.target = Target::peer(made.target.number());
        return made;
      },
      site, peer, cgroup);
}

/// Each flag is as likely to be there as not, then and again with bits that mean nothing.
rc::Gen<std::uint32_t> arbitrary_flags() {
  const auto known =
      rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 1U << flag_names.size()), [](std::uint32_t subset) {
        std::uint32_t flags = 0;
        for (std::size_t i = 0; i < flag_names.size(); ++i)
          if ((subset >> i & 1U) != 0) flags |= flag_names[i].bit;
        return flags;
      });
  return rc::gen::oneOf(rc::gen::just<std::uint32_t>(0), known, rc::gen::arbitrary<std::uint32_t>(),
                        rc::gen::element<std::uint32_t>(1U << 18, 1U << 31, 0xffff'ffff));
}

rc::Gen<Revision> arbitrary_revision() {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto offset =
      rc::gen::oneOf(rc::gen::element<std::int64_t>(0, -1, 1, least, most), rc::gen::arbitrary<std::int64_t>());
  const auto number = arbitrary_number<std::uint64_t>(0, ~0ULL, {0, 1, 0xffff'ffff, 1ULL << 32, 1ULL << 63, ~0ULL});
  return rc::gen::oneOf(rc::gen::just(Revision()), rc::gen::map(offset, Revision::now),
                        rc::gen::map(number, Revision::literal));
}

template <typename Enum>
rc::Gen<Enum> arbitrary_enum(unsigned count) {
  return rc::gen::map(rc::gen::inRange<unsigned>(0, count), [](unsigned n) { return static_cast<Enum>(n); });
}

/// What may stand in a field, by its role.
struct Arbitrary {
  static rc::Gen<Site> of(role::Site /*role*/) { return arbitrary_site(true); }
  static rc::Gen<Site> of(role::PacketSite /*role*/) { return at_device(arbitrary_site(false)); }
  static rc::Gen<Site> of(role::FilledSite /*role*/) { return at_device(arbitrary_site(true)); }
  static rc::Gen<Name> of(role::Name /*role*/) { return arbitrary_name(); }
  static rc::Gen<Name> of(role::BoundName role) {
    const auto* const range = std::ranges::find(name_ranges, role.letter, &NameRange::letter);
    return arbitrary_name(range->begin, range->count);
  }
  static rc::Gen<Argument> of(role::Fd /*role*/) { return arbitrary_fd(); }
  static rc::Gen<Argument> of(role::Copied /*role*/) {
    return rc::gen::suchThat(arbitrary_fd(), [](const Argument& fd) { return fd.named || fd.value >= 900; });
  }
  static rc::Gen<Argument> of(role::Id /*role*/) { return arbitrary_id(); }
  static rc::Gen<Argument> of(role::Relative role) { return role.is_id() ? arbitrary_id() : arbitrary_fd(); }
  static rc::Gen<std::uint32_t> of(role::Flags /*role*/) { return arbitrary_flags(); }
  static rc::Gen<std::uint32_t> of(role::QueryFlags /*role*/) { return arbitrary_word(); }
  static rc::Gen<std::uint32_t> of(role::QueryAttachFlags /*role*/) { return arbitrary_word(); }
  static rc::Gen<Revision> of(role::Revision /*role*/) { return arbitrary_revision(); }
  static rc::Gen<std::uint32_t> of(role::Count /*role*/) {
    return arbitrary_number<std::uint32_t>(0, 0xffff'ffff, {0, 1, 63, 64});
  }
  static rc::Gen<std::uint8_t> of(role::Arrays /*role*/) {
    return rc::gen::cast<std::uint8_t>(rc::gen::inRange(0, 16));
  }
  static rc::Gen<std::uint16_t> of(role::AttrSize /*role*/) {
    return rc::gen::element<std::uint16_t>(8, 12, 16, 24, 28, 32, 40, 48, 56, 64, 72, 128, 136, 1016, 1024, 4096);
  }
  static rc::Gen<bool> of(role::Garbage role) {
    return legal_garbage(role.size) ? rc::gen::arbitrary<bool>() : rc::gen::just(false);
  }
  static rc::Gen<std::uint8_t> of(role::Entries /*role*/) {
    return rc::gen::cast<std::uint8_t>(rc::gen::inRange<unsigned>(0, max_fill_count + 1));
  }
  static rc::Gen<ObjectKind> of(role::ObjectKind /*role*/) { return arbitrary_enum<ObjectKind>(2); }
  static rc::Gen<ProgramType> of(role::ProgramType /*role*/) { return arbitrary_enum<ProgramType>(program_types); }
  static rc::Gen<Returns> of(role::Returns role) {
    return rc::gen::map(arbitrary_enum<Returns>(returns_count), [type = role.type](Returns returns) {
      return can_return(type, returns) ? returns : Returns::next;
    });
  }
  static rc::Gen<Device> of(role::Device /*role*/) {
    return rc::gen::map(rc::gen::inRange<unsigned>(0, Device::count),
                        [](unsigned n) { return Device{static_cast<std::uint8_t>(n)}; });
  }
  static rc::Gen<Cgroup> of(role::Cgroup /*role*/) {
    return rc::gen::map(rc::gen::inRange<unsigned>(0, Cgroup::count),
                        [](unsigned n) { return Cgroup{static_cast<std::uint8_t>(n)}; });
  }
  static rc::Gen<bool> of(role::Home /*role*/) { return rc::gen::arbitrary<bool>(); }
  static rc::Gen<Qdisc> of(role::Qdisc /*role*/) { return arbitrary_enum<Qdisc>(qdiscs); }
  static rc::Gen<PinName> of(role::Pin /*role*/) {
    return rc::gen::map(rc::gen::inRange<unsigned>(0, PinName::count),
                        [](unsigned n) { return PinName{static_cast<std::uint8_t>(n)}; });
  }

 private:
  static rc::Gen<Site> at_device(const rc::Gen<Site>& sites) {
    return rc::gen::map(sites, [](const Site& site) { return site.target.is_cgroup() ? Site{} : site; });
  }
  static rc::Gen<std::uint32_t> arbitrary_word() {
    return arbitrary_number<std::uint32_t>(0, 0xffff'ffff, {0, 1, 0xffff'ffff});
  }
};

/// Field by field: what may stand in one can depend on those before it.
template <typename Call>
rc::Gen<Operation> arbitrary_call() {
  return rc::gen::exec([]() -> Operation {
    Call call;
    fields(call, [](auto role, auto& field) { field = *Arbitrary::of(role); });
    return call;
  });
}

template <typename... Calls>
rc::Gen<Operation> any_of(const std::variant<Calls...>* /*of*/) {
  return rc::gen::oneOf(arbitrary_call<Calls>()...);
}

rc::Gen<Declarations> arbitrary_declarations() {
  namespace gen = rc::gen;
  const auto program =
      gen::build<ProgramClass>(gen::set(&ProgramClass::type, arbitrary_enum<ProgramType>(program_types)),
                               gen::set(&ProgramClass::returns, arbitrary_enum<Returns>(returns_count)));
  return gen::apply(
      [](unsigned devices, std::uint32_t programs, const std::vector<ProgramClass>& classes,
         const std::vector<std::uint32_t>& uids, bool unkept, unsigned cgroups,
         const std::vector<std::uint8_t>& parents) {
        Declarations made;
        made.devices = static_cast<std::uint8_t>(devices);
        made.programs = programs;
        for (unsigned n = 0; n < Name::pool_count; ++n)
          if (made.has_program(n)) {
            made.classes[n] = classes[n];
            if (!can_return(classes[n].type, classes[n].returns)) made.classes[n].returns = Returns::next;
          }
        made.cgroups = static_cast<std::uint8_t>(cgroups);
        // Below a lower one or at the top, so that none is in itself; then and again the other way round.
        for (unsigned n = 0; n < Cgroup::count; ++n)
          if (made.has_cgroup(n) && parents[n] < n && made.has_cgroup(parents[n])) made.parents[n] = parents[n];
        for (unsigned n = 0; n < Caller::declarable; ++n) made.uids[n] = uids[n];
        made.unkept = unkept;
        return made;
      },
      gen::inRange(0U, 1U << Target::device_count), gen::arbitrary<std::uint32_t>(),
      gen::container<std::vector<ProgramClass>>(
          Name::pool_count, gen::weightedOneOf<ProgramClass>({{2, gen::just(ProgramClass())}, {1, program}})),
      gen::container<std::vector<std::uint32_t>>(
          Caller::declarable, gen::oneOf(gen::just(0U), gen::element(1U, 1000U, 65534U, 0xffff'fffeU))),
      gen::arbitrary<bool>(), gen::inRange(0U, 1U << Cgroup::count),
      gen::container<std::vector<std::uint8_t>>(Cgroup::count,
                                                gen::cast<std::uint8_t>(gen::inRange<unsigned>(0, Cgroup::count + 2))));
}

}  // namespace

rc::Gen<Operation> arbitrary_operation() {
  return rc::gen::apply(
      [](Operation made, unsigned caller) {
        made.caller.number = static_cast<std::uint8_t>(caller);
        return made;
      },
      any_of(static_cast<const AnyCall*>(nullptr)),
      rc::gen::weightedOneOf<unsigned>({{3, rc::gen::just(0U)}, {1, rc::gen::inRange(1U, Caller::declarable + 1)}}));
}

rc::Gen<Sequence> arbitrary_sequence() {
  return rc::gen::apply(
      [](const Declarations& declarations, const std::vector<Operation>& operations) {
        Sequence made;
        made.declarations = declarations;
        unsigned loads = 0;
        Spoken spoken;
        for (const Operation& operation : operations)
          if (!std::holds_alternative<Load>(operation) || ++loads <= max_loads) {
            Spoken more = spoken;
            more.add(operation);
            if (more.too_many) continue;
            spoken = more;
            made.operations.push_back(operation);
            if (!declarations.has_caller(operation.caller)) made.operations.back().caller = {};
          }
        return made;
      },
      arbitrary_declarations(), rc::gen::container<std::vector<Operation>>(arbitrary_operation()));
}

}  // namespace mprogcheck::model
