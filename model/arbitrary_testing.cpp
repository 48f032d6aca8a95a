// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Compiled once for all tests: RapidCheck's templates take their time.
#include <gtest/gtest.h>

#include "model/arbitrary.hpp"

#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "model/language/words.hpp"

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

rc::Gen<Site> arbitrary_site() {
  const auto device = rc::gen::map(rc::gen::inRange<std::uint32_t>(0, Target::device_count), Target::device);
  const auto literal = rc::gen::map(
      arbitrary_number<std::uint32_t>(1'000'000, Target::literal_base - 1, {0, 1'000'000, Target::literal_base - 1}),
      Target::literal);
  const auto hook = rc::gen::map(rc::gen::inRange<unsigned>(0, hooks), [](unsigned n) { return static_cast<Hook>(n); });
  return rc::gen::build<Site>(rc::gen::set(&Site::hook, hook),
                              rc::gen::set(&Site::target, rc::gen::weightedOneOf<Target>({{4, device}, {1, literal}})));
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

/// What attach, detach and link have in common. Whether the relative is an fd or an id is for the flags to say.
template <typename Call, typename... Fields>
rc::Gen<Operation> arbitrary_program_call(Fields... fields) {
  auto call =
      rc::gen::build<Call>(rc::gen::set(&Call::site, arbitrary_site()), rc::gen::set(&Call::program, arbitrary_fd()),
                           rc::gen::set(&Call::flags, arbitrary_flags()), rc::gen::set(&Call::relative, arbitrary_fd()),
                           rc::gen::set(&Call::revision, arbitrary_revision()), std::move(fields)...);
  return rc::gen::apply(
      [](Call made, const Argument& by_id) -> Operation {
        if ((made.flags & flag::id) != 0) made.relative = by_id;
        return made;
      },
      std::move(call), arbitrary_id());
}

rc::Gen<Declarations> arbitrary_declarations() {
  namespace gen = rc::gen;
  const auto program =
      gen::build<ProgramClass>(gen::set(&ProgramClass::type, arbitrary_enum<ProgramType>(program_types)),
                               gen::set(&ProgramClass::returns, arbitrary_enum<Returns>(returns_count)));
  return gen::apply(
      [](unsigned devices, std::uint32_t programs, const std::vector<ProgramClass>& classes,
         const std::vector<std::uint32_t>& uids, bool unkept) {
        Declarations made;
        made.devices = static_cast<std::uint8_t>(devices);
        made.programs = programs;
        for (unsigned n = 0; n < Name::pool_count; ++n)
          if (made.has_program(n)) made.classes[n] = classes[n];
        for (unsigned n = 0; n < Caller::declarable; ++n) made.uids[n] = uids[n];
        made.unkept = unkept;
        return made;
      },
      gen::inRange(0U, 1U << Target::device_count), gen::arbitrary<std::uint32_t>(),
      gen::container<std::vector<ProgramClass>>(
          Name::pool_count, gen::weightedOneOf<ProgramClass>({{2, gen::just(ProgramClass())}, {1, program}})),
      gen::container<std::vector<std::uint32_t>>(
          Caller::declarable, gen::oneOf(gen::just(0U), gen::element(1U, 1000U, 65534U, 0xffff'fffeU))),
      gen::arbitrary<bool>());
}

/// Operations on devices and pins.
rc::Gen<Operation> arbitrary_lifetime(const rc::Gen<Name>& handle_name) {
  namespace gen = rc::gen;
  const auto device = gen::map(gen::inRange<unsigned>(0, Device::count),
                               [](unsigned n) { return Device{static_cast<std::uint8_t>(n)}; });
  const auto pin = gen::map(gen::inRange<unsigned>(0, PinName::count),
                            [](unsigned n) { return PinName{static_cast<std::uint8_t>(n)}; });
  return gen::oneOf(
      gen::cast<Operation>(gen::build<RemoveDevice>(gen::set(&RemoveDevice::device, device))),
      gen::cast<Operation>(gen::build<MakeDevice>(gen::set(&MakeDevice::device, device))),
      gen::cast<Operation>(gen::build<MoveDevice>(gen::set(&MoveDevice::device, device),
                                                  gen::set(&MoveDevice::home, gen::arbitrary<bool>()))),
      gen::cast<Operation>(gen::build<SetQdisc>(gen::set(&SetQdisc::device, device),
                                                gen::set(&SetQdisc::qdisc, arbitrary_enum<Qdisc>(qdiscs)))),
      gen::cast<Operation>(gen::build<Pin>(gen::set(&Pin::pin, pin), gen::set(&Pin::from, arbitrary_fd()))),
      gen::cast<Operation>(gen::build<Get>(gen::set(&Get::name, handle_name), gen::set(&Get::pin, pin))),
      gen::cast<Operation>(gen::build<Unpin>(gen::set(&Unpin::pin, pin))));
}

}  // namespace

rc::Gen<Operation> arbitrary_operation() {
  namespace gen = rc::gen;
  const auto link_name = arbitrary_name(Name::link_begin, Name::link_count);
  const auto handle_name = arbitrary_name(Name::any_begin, Name::any_count);
  const auto mortal_name = arbitrary_name(Name::mortal_begin, Name::mortal_count);
  const auto dup_source = gen::suchThat(arbitrary_fd(), [](const Argument& a) { return a.named || a.value >= 900; });
  const auto word = arbitrary_number<std::uint32_t>(0, 0xffff'ffff, {0, 1, 0xffff'ffff});
  const auto count = arbitrary_number<std::uint32_t>(0, 0xffff'ffff, {0, 1, 63, 64});
  const auto arrays = gen::cast<std::uint8_t>(gen::inRange(0, 16));
  const auto size =
      gen::cast<std::uint16_t>(gen::element(8, 12, 16, 24, 28, 32, 40, 48, 56, 64, 72, 128, 136, 1016, 1024, 4096));
  const auto entries = gen::cast<std::uint8_t>(gen::inRange<unsigned>(0, max_fill_count + 1));
  const auto call = gen::oneOf(
      arbitrary_program_call<Attach>(gen::set(&Attach::replace, arbitrary_fd())),
      arbitrary_program_call<Detach>(gen::set(&Detach::replace, arbitrary_fd())),
      arbitrary_program_call<CreateLink>(gen::set(&CreateLink::name, link_name)),
      gen::cast<Operation>(gen::build<UpdateLink>(
          gen::set(&UpdateLink::link, arbitrary_fd()), gen::set(&UpdateLink::program, arbitrary_fd()),
          gen::set(&UpdateLink::flags, arbitrary_flags()), gen::set(&UpdateLink::old_program, arbitrary_fd()))),
      gen::cast<Operation>(gen::build<DetachLink>(gen::set(&DetachLink::link, arbitrary_fd()))),
      gen::cast<Operation>(gen::build<Close>(gen::set(&Close::name, arbitrary_name()))),
      gen::cast<Operation>(gen::build<Dup>(gen::set(&Dup::name, handle_name), gen::set(&Dup::from, dup_source))),
      gen::cast<Operation>(gen::build<Open>(gen::set(&Open::name, handle_name),
                                            gen::set(&Open::kind, arbitrary_enum<ObjectKind>(2)),
                                            gen::set(&Open::id, arbitrary_id()))),
      gen::cast<Operation>(gen::build<Load>(gen::set(&Load::name, mortal_name),
                                            gen::set(&Load::type, arbitrary_enum<ProgramType>(program_types)),
                                            gen::set(&Load::returns, arbitrary_enum<Returns>(returns_count)))),
      gen::cast<Operation>(gen::build<Query>(gen::set(&Query::site, arbitrary_site()),
                                             gen::set(&Query::query_flags, word), gen::set(&Query::attach_flags, word),
                                             gen::set(&Query::count, count), gen::set(&Query::without, arrays),
                                             gen::set(&Query::size, size))),
      gen::cast<Operation>(gen::build<Fill>(gen::set(&Fill::site, arbitrary_site()), gen::set(&Fill::count, entries))),
      gen::cast<Operation>(gen::build<SendPacket>(gen::set(&SendPacket::site, arbitrary_site()))),
      arbitrary_lifetime(handle_name));
  return gen::apply(
      [](Operation made, unsigned caller, bool garbage) {
        if (auto* query = std::get_if<Query>(&made)) query->garbage = garbage && legal_garbage(query->size);
        made.caller.number = static_cast<std::uint8_t>(caller);
        return made;
      },
      call, gen::weightedOneOf<unsigned>({{3, gen::just(0U)}, {1, gen::inRange(1U, Caller::declarable + 1)}}),
      gen::arbitrary<bool>());
}

rc::Gen<Sequence> arbitrary_sequence() {
  return rc::gen::apply(
      [](const Declarations& declarations, const std::vector<Operation>& operations) {
        Sequence made;
        made.declarations = declarations;
        unsigned loads = 0;
        for (const Operation& operation : operations)
          if (!std::holds_alternative<Load>(operation) || ++loads <= max_loads) {
            made.operations.push_back(operation);
            if (!declarations.has_caller(operation.caller)) made.operations.back().caller = {};
          }
        return made;
      },
      arbitrary_declarations(), rc::gen::container<std::vector<Operation>>(arbitrary_operation()));
}

}  // namespace mprogcheck::model
