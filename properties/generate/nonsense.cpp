// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/nonsense.hpp"

#include <array>
#include <bit>

#include "model/fields.hpp"
#include "properties/generate/compose.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Name;
using model::ObjectKind;
using model::Revision;
using model::Target;
namespace flag = model::flag;
namespace role = model::role;

namespace {

constexpr std::array<std::uint32_t, 5> known_flags{flag::replace, flag::before, flag::after, flag::id, flag::link};
/// Flags that other hooks know, and BPF_F_QUERY_EFFECTIVE, which has the value of ALLOW_OVERRIDE.
constexpr std::array<std::uint32_t, 3> foreign_flags{flag::override_, flag::multi, flag::preorder};

/// Whether a literal is harmless depends on a flag that may have been spoilt after it was drawn.
void make_legal(Argument& argument, bool is_id) {
  if (argument.named) return;
  if (is_id && !model::legal_id_literal(argument.value)) argument.value |= 1U << 30;
  if (!is_id && !model::legal_fd_literal(argument.value)) argument.value |= 1U << 31;
}

}  // namespace

/// Counts the fields that can be spoilt, or spoils the one of that number.
struct Nonsense::FieldSpoiler {
  Nonsense& nonsense;
  unsigned wanted;
  unsigned count = 0;

  void operator()(role::Any /*role*/, const auto& /*field*/) {}
  void operator()(role::Link /*role*/, Argument& fd) {
    spoil(fd, [this] { return nonsense.odd_fd(ObjectKind::link); });
  }
  void operator()(role::Id /*role*/, Argument& id) {
    spoil(id, [this] { return nonsense.odd_id(); });
  }
  void operator()(role::ObjectKind /*role*/, ObjectKind& kind) {
    spoil(kind, [kind] { return kind == ObjectKind::program ? ObjectKind::link : ObjectKind::program; });
  }
  void operator()(role::Site /*role*/, model::Site& site) {
    spoil(site, [this] { return nonsense.odd_site(); });
  }
  void operator()(role::PacketSite /*role*/, model::Site& site) {
    spoil(site, [this] { return nonsense.odd_site(false); });
  }
  void operator()(role::Device /*role*/, model::Device& device) {
    spoil(device, [this] { return nonsense.any_device(); });
  }
  void operator()(role::Pin /*role*/, model::PinName& pin) {
    spoil(pin, [this] { return nonsense.any_pin(); });
  }

 private:
  template <typename Field, typename Odd>
  void spoil(Field& field, Odd odd) {
    if (count++ == wanted) field = odd();
  }
};

template <typename Call>
void Nonsense::spoil(Call& call) {
  constexpr unsigned none = ~0U;
  FieldSpoiler fields_there{*this, none};
  fields(call, fields_there);
  if (fields_there.count == 0) return;
  fields(call, FieldSpoiler{*this, random_.below(fields_there.count)});
}

void Nonsense::spoil(model::Operation& operation) {
  const unsigned fields = random_.chance(60) ? 2 : 1;
  for (unsigned i = 0; i < fields; ++i) std::visit([this](auto& call) { spoil(call); }, operation);
}

template <typename Call>
void Nonsense::spoil_common(Call& call) {
  switch (random_.below(8)) {
    case 0:
    case 1:
      call.program = odd_fd(ObjectKind::program);
      break;
    case 2:
      call.site = odd_site();
      break;
    case 3:
      call.revision = odd_revision();
      break;
    case 4:
    case 5:
      spoil_flags(call.flags);
      break;
    default: {
      static constexpr std::array<std::uint32_t, 4> ways{0, flag::before, flag::after, flag::before | flag::after};
      if (const auto stray = stray_link(call.site); stray && random_.chance(128)) {
        call.flags = (call.flags & ~(flag::id | flag::before | flag::after)) | flag::link | ways[1 + random_.below(2)];
        call.relative = Argument::of(*stray);
        break;
      }
      static constexpr std::array<std::uint32_t, 4> kinds{0, flag::id, flag::link, flag::id | flag::link};
      call.flags &= ~(flag::id | flag::link);
      const std::uint32_t kind = kinds[random_.below(kinds.size())];
      call.flags |= kind | ways[random_.below(ways.size())];
      const auto wanted = (kind & flag::link) != 0 ? ObjectKind::link : ObjectKind::program;
      call.relative = (kind & flag::id) != 0 ? odd_id() : odd_fd(wanted);
      break;
    }
  }
  make_legal(call.relative, (call.flags & flag::id) != 0);
}

/// A link whose program is in the site's list, but not by that link: as a relative it matches nothing.
std::optional<model::Name> Nonsense::stray_link(const model::Site& site) {
  const auto index = scene_.world().list_at(site);
  if (!index) return std::nullopt;
  const model::OrderedList& list = scene_.world().list(*index);
  return scene_.pick(random_, scene_.links(), [&](model::Name name) {
    const auto link = scene_.open_object(name, ObjectKind::link);
    if (!link) return false;
    const auto at = list.find(scene_.world().link(*link).program);
    return at && list.slots[static_cast<unsigned>(*at)].link != *link;
  });
}

/// By position, in front of or behind a link that has no program: no type is asked for.
bool Nonsense::detach_beside_no_program(model::Detach& call) {
  if ((mix_.objects >> model::struct_ops_link_object & 1U) == 0 || !random_.chance(6)) return false;
  call.program = {};
  call.flags = flag::link | (random_.chance(128) ? flag::before : flag::after) | (random_.chance(128) ? flag::id : 0);
  call.relative = Argument::of(Name::object(model::struct_ops_link_object));
  return true;
}

void Nonsense::spoil(model::Detach& call) {
  if (!detach_beside_no_program(call)) spoil_program_call(call);
}

template <typename Call>
void Nonsense::spoil_program_call(Call& call) {
  if (!random_.chance(40)) return spoil_common(call);
  call.replace = odd_fd(ObjectKind::program);
  if (random_.chance(200)) call.flags |= flag::replace;
}

/// Beside itself.
bool Nonsense::link_beside_itself(model::CreateLink& call) {
  if (!mix_.next_id || !random_.chance(24)) return false;
  call.flags = flag::id | flag::link | (random_.chance(128) ? flag::before : flag::after);
  call.relative = Argument::literal(model::coming_id);
  return true;
}

void Nonsense::spoil(model::CreateLink& call) {
  if (!link_beside_itself(call)) spoil_common(call);
}

/// A link that holds a map is updated with one.
bool Nonsense::update_with_map(model::UpdateLink& call) {
  constexpr model::GuestObjectSet both = 1U << model::struct_ops_link_object | 1U << model::map_object;
  if ((mix_.objects & both) != both || !random_.chance(12)) return false;
  const auto map = Argument::of(Name::object(model::map_object));
  call.link = Argument::of(Name::object(model::struct_ops_link_object));
  call.program = random_.chance(40) ? Argument::of(closed_name()) : map;
  if ((call.flags & flag::replace) != 0 && random_.chance(170))
    call.old_program = random_.chance(128) ? map : Argument::of(closed_name());
  return true;
}

void Nonsense::spoil(model::UpdateLink& call) {
  if (update_with_map(call)) return;
  switch (random_.below(8)) {
    case 0:
    case 1:
      call.link = odd_fd(ObjectKind::link);
      break;
    case 2:
    case 3:
      call.program = odd_fd(ObjectKind::program);
      break;
    case 4:
      spoil_flags(call.flags);
      break;
    case 5:
      call.flags ^= flag::replace;  // an old program without the flag, or the flag without one
      break;
    default:
      call.old_program = odd_fd(ObjectKind::program);
      if (random_.chance(190)) call.flags |= flag::replace;
      break;
  }
}

void Nonsense::spoil(model::Close& call) {
  call.name = random_.chance(200)          ? closed_name()
              : chance_of_guest_object(20) ? guest_object(ObjectKind::link)
                                           : any_name();
}

void Nonsense::spoil(model::Dup& call) {
  if (chance_of_guest_object(64)) {
    call.from = Argument::of(guest_object(ObjectKind::link));
    return;
  }
  switch (random_.below(4)) {
    case 0:
      call.from = Argument::of(call.name);  // of itself
      break;
    case 1:
      call.from = Argument::literal(900 + random_.below(200));
      break;
    default:
      call.from = Argument::of(closed_name());
      break;
  }
}

void Nonsense::spoil(model::Load& call) {
  call.type = random_.chance(128) ? model::ProgramType::xdp : model::ProgramType::socket_filter;
}

void Nonsense::spoil(model::Query& call) {
  switch (random_.below(5)) {
    case 0:
      call.site = odd_site();
      break;
    case 1:
      spoil_flags(call.query_flags);
      break;
    case 2:
      call.garbage = true;
      call.size = random_.chance(128) ? std::uint16_t{72} : model::Query::foreign_size;
      break;
    case 3:
      call.query_flags = flag::override_;  // BPF_F_QUERY_EFFECTIVE: known to the call, refused by the hook
      break;
    default:
      spoil_flags(call.attach_flags);
      break;
  }
}

void Nonsense::spoil(model::Pin& call) {
  if (chance_of_guest_object(64))
    call.from = Argument::of(guest_object(ObjectKind::link));
  else if (random_.chance(100))
    call.pin = any_pin();
  else
    call.from = random_.chance(64) ? Argument::literal(random_.below(3)) : Argument::of(closed_name());
}

void Nonsense::spoil_flags(std::uint32_t& flags) {
  switch (random_.below(8)) {
    case 0:
      flags = random_.word();
      break;
    case 1:
      flags ^= 1U << random_.below(32);
      break;
    case 2:
      flags |= foreign_flags[random_.below(foreign_flags.size())];
      break;
    case 3:
      flags |= flag::before | flag::after;
      break;
    default:
      flags ^= known_flags[random_.below(known_flags.size())];
      break;
  }
}

/// Any name at all, most of them never bound; fillers are left alone, they are the guest's.
Name Nonsense::any_name() {
  if (random_.chance(128)) return scene_.at(random_.below(scene_.all().size()));
  return Name{static_cast<std::uint8_t>(random_.below(Name::filler_begin))};
}

Name Nonsense::closed_name() {
  const auto in_use = scene_.pick(random_, scene_.all(), [this](Name n) { return !scene_.is_open(n); });
  if (in_use && random_.chance(200)) return *in_use;
  return Name{static_cast<std::uint8_t>(random_.below(Name::filler_begin))};
}

/// A link where a program is wanted and the other way round, or a program of a type that the hook does not take.
Name Nonsense::of_other_kind(ObjectKind wanted) {
  const auto is_other = [&](Name name) {
    const bool is_link = scene_.open_object(name, ObjectKind::link).has_value();
    if (wanted == ObjectKind::link || is_link) return is_link != (wanted == ObjectKind::link);
    const auto program = scene_.open_object(name, ObjectKind::program);
    return program && scene_.world().program(*program).type != model::row_of(hooks_.front()).type;
  };
  if (const auto name = scene_.pick(random_, scene_.all(), is_other)) return *name;
  return closed_name();
}

Name Nonsense::guest_object(ObjectKind wanted) {
  model::GuestObjectSet among = 0;
  for (model::GuestObjectSet rest = mix_.objects; rest != 0; rest &= rest - 1)
    if (model::guest_objects[static_cast<unsigned>(std::countr_zero(rest))].kind == wanted) among |= rest & -rest;
  if (among == 0 || random_.chance(80)) among = mix_.objects;
  for (unsigned skip = random_.below(static_cast<std::uint32_t>(std::popcount(among))); skip != 0; --skip)
    among &= among - 1;
  return Name::object(static_cast<unsigned>(std::countr_zero(among)));
}

Argument Nonsense::odd_fd(ObjectKind wanted) {
  if (chance_of_guest_object(wanted == ObjectKind::link ? 64 : 32)) return Argument::of(guest_object(wanted));
  static constexpr std::array<std::uint32_t, 8> literals{0,           1,           2,           900,
                                                         0x7fff'ffff, 0x8000'0000, 0xffff'fffe, 0xffff'ffff};
  switch (random_.below(8)) {
    case 0:
      return Argument::literal(literals[random_.below(literals.size())]);
    case 1:
      return Argument::literal(random_.chance(128) ? 900 + random_.below(200) : random_.word() | 1U << 10);
    case 2:
    case 3:
      return Argument::of(closed_name());
    case 4:
      return Argument::of(any_name());
    default:
      return Argument::of(of_other_kind(wanted));
  }
}

Argument Nonsense::odd_id() {
  if (chance_of_guest_object(32)) return Argument::of(guest_object(ObjectKind::link));
  if (mix_.next_id && random_.chance(16)) return Argument::literal(model::coming_id);
  static constexpr std::array<std::uint32_t, 5> literals{0, 1U << 30, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff};
  switch (random_.below(4)) {
    case 0:
      return Argument::literal(literals[random_.below(literals.size())]);
    case 1:
      return Argument::literal(random_.word() | 1U << 30);
    case 2: {
      const auto gone = scene_.pick(random_, scene_.all(), [this](Name n) { return scene_.is_gone(n); });
      return Argument::of(gone ? *gone : any_name());
    }
    default:
      return Argument::of(any_name());
  }
}

Revision Nonsense::odd_revision() {
  static constexpr std::int64_t two_to_32 = std::int64_t{1} << 32;
  switch (random_.below(12)) {
    case 0:
      return Revision::now(-1);
    case 1:
      return Revision::now(1);
    case 2:
      return Revision::now(two_to_32);  // a revision that is cut to 32 bits somewhere would pass
    case 3:
      return Revision::now(-two_to_32);
    case 4:
      return Revision::now(static_cast<std::int64_t>(random_.below(17)) - 8);
    case 5:
      return Revision::literal(two_to_32);  // 0 in 32 bits, which means: do not check
    case 6:
      return Revision::literal(~std::uint64_t{0});
    case 7:
      return Revision::literal(std::uint64_t{1} << 63);
    case 8:
      return Revision::literal(random_.next());
    case 9:
      return Revision::literal(random_.below(2));
    case 10:
      return Revision::now();
    default:
      return Revision::literal(random_.below(100));
  }
}

model::Site Nonsense::odd_site(bool also_peers) {
  const auto hook = hooks_[random_.below(static_cast<std::uint32_t>(hooks_.size()))];
  if (also_peers && row_of(model::family_of(hook)).at_peers && random_.chance(100))
    return {hook, Target::peer(random_.below(Target::device_count))};
  if (mix_.devices < Target::device_count && random_.chance(128))
    return {hook, Target::device(random_.between(mix_.devices, Target::device_count - 1))};
  switch (random_.below(4)) {
    case 0:
      return {hook, Target::literal(0)};
    case 1:
      return {hook, Target::literal(0x7fff'ffff)};
    default:
      return {hook, Target::literal(random_.between(1'000'000, 0x7fff'ffff))};
  }
}

}  // namespace mprogcheck::properties
