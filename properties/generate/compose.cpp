// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/compose.hpp"

#include <algorithm>
#include <utility>

#include "model/hooks/family.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Name;
using model::ObjectKind;
using model::Operation;
using model::OrderedList;
using model::ProgramType;
using model::Revision;
namespace flag = model::flag;

namespace {

constexpr bool lengthens(Action action) {
  return action == Action::attach || action == Action::link;
}
constexpr bool shortens(Action action) {
  return action == Action::detach || action == Action::detach_at || action == Action::detach_link;
}

}  // namespace

Composer::Composer(const Mix& mix, std::span<const model::Hook> hooks, const Scene& scene, RandomStream& random)
    : mix_(mix),
      hooks_(hooks),
      scene_(scene),
      random_(random),
      lifetimes_(mix, scene, random),
      departures_(mix, hooks, scene, random),
      departs_(mix.departs.has_value()) {
  home_ = {hooks_[random_.below(static_cast<std::uint32_t>(hooks_.size()))],
           model::Target::device(random_.below(mix_.devices))};
  if (!model::rules_of(home_.hook).on(mix_.declarations.made_as[home_.target.value]))
    home_.target = model::Target::device(0);
  opening_ = mix_.fill_to != 0;
}

Operation Composer::next() {
  if (departs_now()) {
    departs_ = false;
    departing_ = departures_.around(home_);
    std::ranges::reverse(departing_);
  }
  if (!departing_.empty()) {
    const Operation operation = departing_.back();
    departing_.pop_back();
    return operation;
  }
  ++made_;
  site_ = draw_site();
  list_ = scene_.world().sites().find(site_);  // also of a device that is gone or away
  if (opening_) {
    opening_ = false;
    site_ = home_;
    return fill();
  }
  if (const auto lifetime = lifetimes_.next(site_.target)) return *lifetime;
  if (leave_) return model::Close{*std::exchange(leave_, std::nullopt)};
  return make(use_ ? (mix_.links != 0 && random_.chance(100) ? Action::link : Action::attach) : draw_action());
}

/// Drawn by weight, then bent towards the length that the mix aims at: a walk without a drift stays near the empty
/// list.
Action Composer::draw_action() {
  unsigned left = random_.below(mix_.total);
  unsigned i = 0;
  while (left >= mix_.weights[i]) left -= mix_.weights[i++];
  const auto action = static_cast<Action>(i);
  const bool can_attach = mix_.weights[static_cast<unsigned>(Action::attach)] != 0;
  const unsigned count = list().count;
  const bool kept = count == 0 && (scene_.world().keeps(list_) || list().hidden != 0);  // an empty hook with a past
  if (count == 0 && (shortens(action) || action == Action::replace) && action != Action::detach_link)
    return random_.chance(kept ? 128 : 235) ? (can_attach ? Action::attach : Action::link) : action;
  if (count == 0 && action == Action::run && random_.chance(200)) return can_attach ? Action::attach : Action::link;
  if (count < mix_.aim && shortens(action) && random_.chance(150)) return can_attach ? Action::attach : Action::link;
  if (count > mix_.aim && lengthens(action) && random_.chance(180))
    return action == Action::link ? Action::detach_link : Action::detach;
  return action;
}

Operation Composer::make(Action action) {
  switch (action) {
    case Action::attach:
      return attach();
    case Action::replace:
      return replace();
    case Action::detach:
      return detach();
    case Action::detach_at:
      return detach_at();
    case Action::link:
      return link();
    case Action::update:
      return update();
    case Action::detach_link:
      return detach_link();
    case Action::close:
      return close();
    case Action::dup:
      return dup();
    case Action::open:
      return open();
    case Action::load:
      return load();
    case Action::query:
      return query();
    case Action::fill:
      return fill();
    case Action::run:
      return run();
  }
  return query();
}

Operation Composer::attach() {
  const Argument program = Argument::of(program_to_attach());
  const auto [flags, relative] = draw_position();
  return model::Attach{.site = site_,
                       .program = program,
                       .flags = flags,
                       .relative = relative,
                       .replace = {},
                       .revision = draw_revision()};
}

Operation Composer::replace() {
  if (list().empty()) return attach();
  const unsigned index = entry_owned_by_none(list());
  const auto old = program_at(index);
  if (!old) return attach();
  auto [flags, relative] = draw_place_of(index);
  const Argument program = Argument::of(random_.chance(8) ? *old : program_to_attach());
  return model::Attach{.site = site_,
                       .program = program,
                       .flags = flags | flag::replace,
                       .relative = relative,
                       .replace = Argument::of(*old),
                       .revision = draw_revision()};
}

Operation Composer::detach() {
  if (list().empty()) return detach_at();
  const unsigned index = entry_owned_by_none(list());
  const auto program = program_at(index);
  if (!program) return detach_at();
  const auto [flags, relative] = draw_place_of(index);
  return model::Detach{.site = site_,
                       .program = Argument::of(*program),
                       .flags = flags,
                       .relative = relative,
                       .replace = {},
                       .revision = draw_revision()};
}

Operation Composer::detach_at() {
  Directive directive;
  const unsigned way = random_.below(8);
  if (way >= 2) directive.flags = (way & 1) != 0 ? flag::before : flag::after;
  if (way >= 4 && !list().empty()) {
    // Aimed at an entry that may go: the one before, or after, the relative.
    const unsigned index = entry_owned_by_none(list());
    const unsigned last = list().count - 1U;
    const bool before = directive.flags == flag::before;
    const unsigned relative = before ? std::min(index + 1, last) : index == 0 ? 0 : index - 1;
    point_at(list().slots[random_.chance(32) ? index : relative], directive);
  }
  return model::Detach{.site = site_,
                       .program = {},
                       .flags = directive.flags,
                       .relative = directive.relative,
                       .replace = {},
                       .revision = draw_revision()};
}

Operation Composer::link() {
  if (mix_.links == 0) return attach();
  const Argument program = Argument::of(program_to_attach());
  auto [flags, relative] = draw_position();
  if ((flags & (flag::before | flag::after)) != 0 && random_.chance(mix_.odd_bits)) {
    // kernel/bpf/tcx.c: tcx_link_attach has no mask, so these are accepted and mean nothing.
    const std::uint32_t meaning = flag::replace | flag::before | flag::after | flag::id | flag::link;
    flags |= (1U << random_.below(32)) & ~meaning;
  }
  return model::CreateLink{.name = name_to_bind(scene_.link_names()),
                           .site = site_,
                           .program = program,
                           .flags = flags,
                           .relative = relative,
                           .revision = draw_revision()};
}

Operation Composer::update() {
  const auto handle = link_handle(!random_.chance(24));
  if (!handle) return link();
  const auto& link = scene_.world().link(*scene_.open_object(*handle, ObjectKind::link));
  const auto current =
      link.program == model::no_program ? std::nullopt : scene_.name_by_fd(ObjectKind::program, link.program);
  if (link.list != model::no_list) list_ = link.list;
  const unsigned way = random_.below(16);
  const Name program = way == 0 && current ? *current : program_to_attach();
  model::UpdateLink update{
      .link = Argument::of(*handle), .program = Argument::of(program), .flags = 0, .old_program = {}};
  if (random_.chance(110)) {
    update.flags = flag::replace;
    const bool right = current && !random_.chance(60);
    update.old_program = Argument::of(right ? *current : scene_.at(random_.below(scene_.programs().size())));
  }
  return update;
}

Operation Composer::detach_link() {
  const auto handle = link_handle(!random_.chance(24));
  if (!handle) return link();
  return model::DetachLink{Argument::of(*handle)};
}

/// Links and mortals, because something may come of it: a pool program's handle is one of two.
Operation Composer::close() {
  const bool pool_too = random_.chance(10);
  const Scene::Names names = pool_too ? scene_.all() : Scene::Names{scene_.mortals().begin, scene_.all().end};
  const auto name = scene_.pick(random_, names, [this](Name n) { return scene_.is_open(n); });
  if (!name) return mix_.links != 0 ? link() : attach();
  return model::Close{*name};
}

Operation Composer::dup() {
  if (mix_.handles == 0) return query();
  const bool any = random_.chance(64);
  const auto from = scene_.pick(random_, any ? scene_.all() : Scene::Names{scene_.mortals().begin, scene_.all().end},
                                [this](Name n) { return scene_.is_open(n); });
  return model::Dup{.name = name_to_bind(scene_.handles()), .from = Argument::of(from ? *from : scene_.at(0))};
}

/// By preference something whose last handle may be closed, or that may be gone.
Operation Composer::open() {
  if (mix_.handles == 0) return query();
  const auto names = random_.chance(64) ? scene_.all() : Scene::Names{scene_.mortals().begin, scene_.all().end};
  const bool gone_too = random_.chance(50);
  auto name = scene_.pick(random_, names, [&](Name n) { return gone_too || !scene_.is_gone(n); });
  if (!name) name = scene_.at(0);
  ObjectKind kind = scene_.world().handle(*name).last_kind;
  if (scene_.is_gone(*name) || kind == ObjectKind::other)
    kind = name->letter() == 'l' ? ObjectKind::link : ObjectKind::program;
  if (random_.chance(96)) return next_id(kind, *name);
  return model::Open{.name = name_to_bind(scene_.handles()), .kind = kind, .id = Argument::of(*name)};
}

/// From a program of the guest's on it takes as many calls as there are programs behind it: few behind the last filler.
Operation Composer::next_id(ObjectKind kind, Name name) {
  if (random_.chance(8)) return model::NextId{.kind = kind, .id = {}};
  if (random_.chance(112)) {
    const auto last = Argument::of(Name::filler(Name::filler_count - 1));
    return model::NextId{.kind = kind, .id = kind == ObjectKind::program ? last : Argument()};
  }
  return model::NextId{.kind = kind, .id = Argument::of(name)};
}

Operation Composer::load() {
  if (mix_.mortals == 0 || scene_.loads() == model::max_loads) return query();
  const auto other = random_.chance(128) ? ProgramType::xdp : ProgramType::socket_filter;
  return model::Load{.name = name_to_bind(scene_.mortals()),
                     .type = random_.chance(8) ? other : model::row_of(site_.hook).type,
                     .returns = draw_returns(random_, mix_)};
}

/// An array that is long enough, or nearly.
Operation Composer::query() {
  model::Query query{.site = site_};
  const unsigned count = list().count;
  switch (random_.below(8)) {
    case 0:
      query.count = count;
      break;
    case 1:
      query.count = count == 0 ? 0 : count - 1;
      break;
    case 2:
      query.count = random_.below(count + 2);
      break;
    case 3: {  // an old or a foreign program's attr, or no use for all that is told
      static constexpr std::array<std::uint16_t, 12> sizes{8, 12, 16, 24, 28, 32, 40, 48, 56, 64, 72, 2048};
      if (random_.chance(128)) query.size = sizes[random_.below(sizes.size())];
      if (random_.chance(128)) query.without = static_cast<std::uint8_t>(random_.below(16));
      if (random_.chance(64)) query.count = ~0U - random_.below(2);
      break;
    }
    default:
      break;
  }
  return query;
}

Operation Composer::fill() {
  const unsigned wanted = mix_.fill_to == 0 ? 63 : mix_.fill_to;
  return model::Fill{.site = site_, .count = static_cast<std::uint8_t>(wanted)};
}

Operation Composer::run() {
  return model::SendPacket{site_};
}

model::Site Composer::draw_site() {
  if (!random_.chance(mix_.elsewhere)) return home_;
  return {hooks_[random_.below(static_cast<std::uint32_t>(hooks_.size()))],
          model::Target::device(random_.below(mix_.devices))};
}

Revision Composer::draw_revision() {
  if (!random_.chance(mix_.expecting)) return {};
  if (!random_.chance(mix_.stale)) return random_.chance(200) ? Revision::now() : Revision::literal(list().revision);
  return Revision::now(random_.chance(128) ? -1 : 1);
}

/// A program of the hook's type that is not in the list yet, or, where owners cross, any.
Name Composer::program_to_attach() {
  if (use_) return *std::exchange(use_, std::nullopt);
  return program_beside(list());
}

Name Composer::program_beside(const OrderedList& list) {
  const ProgramType type = model::row_of(site_.hook).type;
  const bool attached_too = random_.chance(mix_.crossing);
  const auto fits = [&](Name name) {
    const auto program = scene_.open_object(name, ObjectKind::program);
    return program && scene_.world().program(*program).type == type && (attached_too || !list.find(*program));
  };
  if (const auto name = scene_.pick(random_, scene_.programs(), fits)) return *name;
  if (mix_.fill_to != 0) {
    // A fill takes fillers in order, so what is left of them is at the end.
    for (unsigned n = Name::filler_count; n-- > Name::filler_count - 8;)
      if (!list.find(model::filler_program(n))) return Name::filler(n);
  }
  return scene_.at(random_.below(scene_.programs().size()));
}

std::optional<Name> Composer::link_handle(bool attached) {
  const auto links = scene_.links();
  const auto name = scene_.pick(random_, links, [&](Name n) {
    const auto link = scene_.open_object(n, ObjectKind::link);
    return link && (scene_.world().link(*link).list != model::no_list) == attached;
  });
  if (name) return name;
  return scene_.pick(random_, links, [&](Name n) { return scene_.open_object(n, ObjectKind::link).has_value(); });
}

/// A closed one by preference: binding an open one closes what it was.
Name Composer::name_to_bind(Scene::Names names) {
  if (!random_.chance(12))
    if (const auto name = scene_.pick(random_, names, [this](Name n) { return !scene_.is_open(n); })) return *name;
  return scene_.at(names.begin + random_.below(names.size()));
}

void Composer::follow(const Operation& operation, const model::Verdict& verdict) {
  if (!verdict.outcome.ok() || !departing_.empty()) return;
  if (const auto* load = std::get_if<model::Load>(&operation)) {
    if (random_.chance(200)) use_ = load->name;
  } else if (const auto* dup = std::get_if<model::Dup>(&operation)) {
    const Name original = dup->from.name();
    if (original != dup->name && original.letter() != 'p' && original.letter() != 'o' && random_.chance(80))
      leave_ = original;
  } else if (std::holds_alternative<model::Pin>(operation)) {
    leave_ = lifetimes_.left_to_its_pin(operation);
  } else if (mix_.mortals != 0) {
    // The list as a mortal's last holder.
    const Argument* program = nullptr;
    if (const auto* attach = std::get_if<model::Attach>(&operation)) program = &attach->program;
    if (const auto* link = std::get_if<model::CreateLink>(&operation)) program = &link->program;
    if (program != nullptr && program->named && program->name().letter() == 'q' && random_.chance(90))
      leave_ = program->name();
  }
}

}  // namespace mprogcheck::properties
