// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/cgroup.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "model/world.hpp"
#include "properties/generate/cgroup_nonsense.hpp"

namespace mprogcheck::properties {

namespace {

using model::Argument;
using model::Cgroup;
using model::Hook;
using model::Mode;
using model::Name;
using model::ObjectKind;
using model::Operation;
using model::OrderedList;
using model::ProgramType;
using model::Revision;
using model::Site;
using model::Target;
namespace flag = model::flag;

enum class Deed : std::uint8_t {
  attach,
  replace,
  detach,
  link,
  update,
  detach_link,
  close,
  dup,
  open,
  load,
  query,
  pin,
  tree
};
constexpr unsigned deeds = 13;

/// What most of a sequence is about. Shares are of 256.
struct Plot {
  unsigned share;
  std::array<std::uint8_t, deeds> weights;
  unsigned multi;  ///< share of attaches to an empty list that say so; of the others half say OVERRIDE
};
// A removal waits for a worker of the kernel, which takes as long as some hundred calls: few sequences have many.
// clang-format off
constexpr std::array<Plot, 7> plots{{
  //         attach     detach   update      close   open   query   tree
  //             replace    link   detach_link   dup    load   pin
  {70, {{12, 4, 6, 8, 4, 3, 3, 1, 1, 0, 3, 0, 0}}, 220},  // of everything
  {40, {{14, 6, 6, 2, 1, 1, 1, 0, 0, 0, 3, 0, 0}}, 230},  // programs
  {40, {{ 2, 0, 1, 12, 6, 3, 4, 2, 1, 0, 2, 1, 0}}, 256}, // links
  {40, {{12, 2, 8, 2, 1, 1, 1, 0, 0, 0, 3, 0, 0}}, 60},   // one program at a time
  {30, {{10, 4, 5, 6, 3, 2, 3, 1, 1, 2, 3, 1, 0}}, 200},  // lifetimes
  {16, {{10, 3, 4, 6, 3, 2, 2, 1, 1, 1, 3, 1, 5}}, 180},  // the tree
  {20, {{20, 2, 1, 20, 2, 0, 0, 0, 0, 0, 2, 0, 0}}, 256}, // long lists
}};
// clang-format on
constexpr unsigned long_lists = 6;
constexpr unsigned mortals = 4, handles = 4, pins = 3;

class CgroupComposer {
 public:
  CgroupComposer(RandomStream& random, const CgroupLimits& limits)
      : random_(random),
        limits_(limits),
        declared_(declare()),
        world_(declared_, {}, model::sites_of(declared_, all_)) {}

  model::Sequence compose() {
    model::Sequence sequence{.declarations = declared_, .operations = {}};
    for (unsigned n = 0; n < length_; ++n) {
      draw_site();
      Operation operation = make(draw_deed());
      if (random_.chance_ppm(nonsense_ppm_))
        spoil_at_cgroup(random_, operation, undeclared_, [this] { return any_name(); });
      if (as_user_ != 0 && random_.chance(as_user_)) operation.caller = model::Caller::declared(0);
      if (std::holds_alternative<model::Load>(operation) && ++loads_ > model::max_loads) continue;
      world_.apply(operation);
      sequence.operations.push_back(operation);
    }
    return sequence;
  }

 private:
  // --- what the sequence is like

  model::Declarations declare() {
    unsigned left = random_.below(256);
    while (left >= plots[plot_].share) left -= plots[plot_++].share;
    const bool is_long = plot_ == long_lists;
    const unsigned cgroups = is_long ? random_.between(1, 2) : random_.between(1, 6);
    model::Declarations made;
    made.cgroups = static_cast<std::uint8_t>((1U << cgroups) - 1);
    // Deep trees and broad ones.
    const unsigned deep = random_.below(4) * 80;
    for (unsigned n = 1; n < cgroups; ++n)
      made.parents[n] = random_.chance(deep)  ? static_cast<std::uint8_t>(n - 1)
                        : random_.chance(200) ? static_cast<std::uint8_t>(random_.below(n))
                                              : Cgroup::top;
    choose_hooks(cgroups);
    const unsigned each = is_long ? 8 : random_.between(2, 5);
    const auto add = [&](ProgramType type) {
      if (pool_ == Name::pool_count) return;
      made.programs |= 1U << pool_;
      made.classes[pool_++] = {.type = type,
                               .returns = random_.chance(40) ? model::Returns::drop : model::Returns::next};
    };
    for (const ProgramType type : {ProgramType::cgroup_skb, ProgramType::cgroup_device, ProgramType::cgroup_sysctl})
      if (std::ranges::any_of(hooks_, [type](Hook hook) { return row_of(hook).type == type; }))
        for (unsigned n = 0; n < each; ++n) add(type);
    if (random_.chance(64)) add(random_.chance(128) ? ProgramType::cgroup_device : ProgramType::cgroup_skb);
    if (random_.chance(40)) {
      made.uids[0] = 1000;
      as_user_ = random_.chance(64) ? 160 : 50;
    }
    links_ = is_long ? 60 : random_.between(1, 6);
    const unsigned longest = std::max(limits_.max_operations, 1U);
    length_ = std::clamp(is_long ? random_.between(60, 150) : random_.between(3, 45), 1U, longest);
    nonsense_ppm_ = limits_.nonsense_ppm ? *limits_.nonsense_ppm : (random_.chance(64) ? 0 : random_.below(240'000));
    directed_ = random_.below(4) * 60;
    preorder_ = random_.below(4) * 50;
    expecting_ = random_.below(4) * 25;
    elsewhere_ = random_.below(4) * 70;
    same_mode_ = random_.chance(40) ? 120 : 240;
    return made;
  }

  /// As many as fit, at all cgroups.
  void choose_hooks(unsigned cgroups) {
    const unsigned most = std::min<unsigned>(model::list_count / cgroups, random_.chance(160) ? 1 : 4);
    hooks_.assign(limits_.hooks.begin(), limits_.hooks.end());
    while (hooks_.size() > most)
      hooks_.erase(hooks_.begin() + random_.below(static_cast<std::uint32_t>(hooks_.size())));
    cgroups_ = cgroups;
    all_.families = only(model::Family::cgroup);
    for (unsigned n = 0; n < cgroups; ++n)
      for (const Hook hook : hooks_) all_.sites.add({hook, Target::cgroup(n)});
    // One that is never declared, if there is room for what is asked there.
    if (cgroups < Cgroup::count && all_.sites.size() < model::list_count) {
      undeclared_ = Site{hooks_.front(), Target::cgroup(cgroups)};
      all_.sites.add(*undeclared_);
    }
    home_ = {hooks_[random_.below(static_cast<std::uint32_t>(hooks_.size()))], Target::cgroup(random_.below(cgroups))};
  }

  // --- choices

  Deed draw_deed() {
    const auto& weights = plots[plot_].weights;
    unsigned total = 0;
    for (unsigned n = 0; n < deeds; ++n) total += weights[n];
    unsigned left = random_.below(total), n = 0;
    while (left >= weights[n]) left -= weights[n++];
    return static_cast<Deed>(n);
  }

  void draw_site() {
    site_ = home_;
    if (random_.chance(elsewhere_))
      site_ = {hooks_[random_.below(static_cast<std::uint32_t>(hooks_.size()))],
               Target::cgroup(random_.below(cgroups_))};
  }

  [[nodiscard]] const OrderedList& list() const { return world_.list(world_.sites().find(site_)); }
  [[nodiscard]] bool is_open(Name name) const { return world_.handle(name).file != model::no_file; }
  [[nodiscard]] std::optional<std::uint8_t> object(Name name, ObjectKind kind) const {
    const auto file = world_.handle(name).file;
    if (file == model::no_file || world_.file(file).kind != kind) return std::nullopt;
    return world_.file(file).object;
  }

  template <typename Make, typename Holds>
  std::optional<Name> pick(unsigned count, Make name, Holds holds) {
    const unsigned start = count == 0 ? 0 : random_.below(count);
    for (unsigned i = 0; i < count; ++i)
      if (const Name candidate = name((start + i) % count); holds(candidate)) return candidate;
    return std::nullopt;
  }
  /// Any name in use.
  [[nodiscard]] Name nth(unsigned n) const {
    if (n < pool_) return Name::pool(n);
    if (n < pool_ + mortals) return Name::mortal(n - pool_);
    if (n < pool_ + mortals + handles) return Name::any(n - pool_ - mortals);
    return Name::link(n - pool_ - mortals - handles);
  }
  [[nodiscard]] unsigned all_names() const { return pool_ + mortals + handles + links_; }
  [[nodiscard]] unsigned program_names() const { return pool_ + mortals + handles; }
  Name any_name() { return nth(random_.below(all_names())); }

  /// A program of the hook's type, by preference one that is not attached there.
  Argument program() {
    const ProgramType type = row_of(site_.hook).type;
    const bool attached_too = random_.chance(24);
    const auto fits = [&](Name name) {
      const auto found = object(name, ObjectKind::program);
      return found && world_.program(*found).type == type && (attached_too || !list().find(*found, model::no_link));
    };
    const auto found = pick(
        program_names(), [this](unsigned n) { return nth(n); }, fits);
    return Argument::of(found ? *found : Name::pool(random_.below(pool_)));
  }
  /// A program that is attached there without a link, if there is one.
  Argument attached_program() {
    const auto fits = [&](Name name) {
      const auto found = object(name, ObjectKind::program);
      return found && list().find(*found, model::no_link);
    };
    const auto found = random_.chance(16) ? std::nullopt
                                          : pick(
                                                program_names(), [this](unsigned n) { return nth(n); }, fits);
    return found ? Argument::of(*found) : program();
  }
  std::optional<Name> link_name(bool attached) {
    return pick(
        handles + links_, [this](unsigned n) { return nth(pool_ + mortals + n); },
        [&](Name name) {
          const auto found = object(name, ObjectKind::link);
          return found && (world_.link(*found).list != model::no_list) == attached;
        });
  }
  template <typename Make>
  Name to_bind(unsigned count, Make name) {
    if (!random_.chance(12))
      if (const auto closed = pick(count, name, [this](Name n) { return !is_open(n); })) return *closed;
    return name(random_.below(count));
  }

  std::uint32_t mode() {
    if (!list().empty() && random_.chance(same_mode_))
      return list().mode == Mode::multi ? flag::multi : list().mode == Mode::override_ ? flag::override_ : 0;
    if (random_.chance(plots[plot_].multi)) return flag::multi;
    return random_.chance(128) ? flag::override_ : 0;
  }

  Revision revision() {
    if (!random_.chance(expecting_)) return {};
    if (!random_.chance(60)) return random_.chance(200) ? Revision::now() : Revision::literal(list().revision);
    return Revision::now(random_.chance(128) ? -1 : 1);
  }

  /// Where: at an end, or beside an entry of the same kind, most of the time of the same half.
  void place(bool by_link, std::uint32_t& flags, Argument& relative) {
    if (random_.chance(preorder_)) flags |= flag::preorder;
    if (!random_.chance(directed_)) return;
    flags |= random_.chance(128) ? flag::before : flag::after;
    if (random_.chance(80) || list().empty()) return;
    const unsigned start = random_.below(list().count);
    const bool crossing = random_.chance(24);
    for (unsigned i = 0; i < list().count; ++i) {
      const model::Entry& entry = list().slots[(start + i) % list().count];
      if (!crossing && ((entry.link != model::no_link) != by_link || entry.preorder != ((flags & flag::preorder) != 0)))
        continue;
      const bool is_link = entry.link != model::no_link;
      const std::uint8_t wanted = is_link ? entry.link : entry.program;
      const ObjectKind kind = is_link ? ObjectKind::link : ObjectKind::program;
      const bool by_id = random_.chance(90);
      const auto denotes = [&](Name name) {
        if (!by_id) return object(name, kind) == wanted;
        return world_.handle(name).last == wanted && world_.handle(name).last_kind == kind;
      };
      const auto name = pick(
          all_names(), [this](unsigned n) { return nth(n); }, denotes);
      if (!name) continue;
      if (is_link) flags |= flag::link;
      if (by_id) flags |= flag::id;
      relative = Argument::of(*name);
      return;
    }
  }

  // --- operations

  Operation make(Deed deed) {
    switch (deed) {
      case Deed::attach:
        return attach();
      case Deed::replace:
        return replace();
      case Deed::detach:
        return detach();
      case Deed::link:
        return link();
      case Deed::update:
        return update();
      case Deed::detach_link:
        return detach_link();
      case Deed::close: {
        const auto name = pick(
            all_names() - pool_, [this](unsigned n) { return nth(pool_ + n); }, [this](Name n) { return is_open(n); });
        return name ? Operation(model::Close{*name}) : query();
      }
      case Deed::dup: {
        const auto from = pick(
            all_names(), [this](unsigned n) { return nth(n); }, [this](Name n) { return is_open(n); });
        return model::Dup{to_bind(handles, Name::any), Argument::of(from ? *from : any_name())};
      }
      case Deed::open: {
        const Name name = any_name();
        const ObjectKind kind =
            world_.handle(name).last_kind == ObjectKind::link ? ObjectKind::link : ObjectKind::program;
        if (random_.chance(64)) return model::NextId{kind, Argument::of(name)};
        return model::Open{to_bind(handles, Name::any), kind, Argument::of(name)};
      }
      case Deed::load:
        return model::Load{to_bind(mortals, Name::mortal), row_of(site_.hook).type,
                           random_.chance(40) ? model::Returns::drop : model::Returns::next};
      case Deed::query:
        return query();
      case Deed::pin:
        return limits_.lacks.pins ? query() : pin();
      case Deed::tree:
        return tree();
    }
    return query();
  }

  Operation attach() {
    model::Attach call{
        .site = site_, .program = program(), .flags = mode(), .relative = {}, .replace = {}, .revision = revision()};
    place(false, call.flags, call.relative);
    return call;
  }
  Operation replace() {
    model::Attach call{.site = site_,
                       .program = program(),
                       .flags = flag::multi | flag::replace,
                       .relative = {},
                       .replace = attached_program(),
                       .revision = revision()};
    if (random_.chance(24)) call.program = call.replace;
    if (random_.chance(preorder_)) call.flags |= flag::preorder;
    return call;
  }
  Operation detach() {
    const bool any_will_do = list().mode != Mode::multi && random_.chance(60);
    return model::Detach{.site = site_,
                         .program = any_will_do ? Argument::of(any_name()) : attached_program(),
                         .flags = 0,
                         .relative = {},
                         .replace = {},
                         .revision = revision()};
  }
  Operation link() {
    model::CreateLink call{.name = to_bind(links_, Name::link),
                           .site = site_,
                           .program = program(),
                           .flags = 0,
                           .relative = {},
                           .revision = revision()};
    place(true, call.flags, call.relative);
    return call;
  }
  Operation update() {
    const auto name = link_name(!random_.chance(24));
    if (!name) return link();
    const auto& its = world_.link(*object(*name, ObjectKind::link));
    if (its.list != model::no_list) site_ = world_.sites()[its.list];
    model::UpdateLink call{.link = Argument::of(*name), .program = program(), .flags = 0, .old_program = {}};
    if (random_.chance(100)) {
      call.flags = flag::replace;
      const auto held = pick(
          program_names(), [this](unsigned n) { return nth(n); },
          [&](Name n) { return object(n, ObjectKind::program) == its.program; });
      call.old_program = held && !random_.chance(60) ? Argument::of(*held) : program();
    }
    return call;
  }
  Operation detach_link() {
    const auto name = link_name(!random_.chance(24));
    return name ? Operation(model::DetachLink{Argument::of(*name)}) : link();
  }
  Operation query() {
    model::Query call{.site = site_};
    if (random_.chance(128)) {
      call.query_flags = model::Query::effective;
      if (!random_.chance(24)) call.without = model::Query::array_prog_flags;
    }
    static constexpr std::array<std::uint16_t, 12> sizes{8, 12, 16, 24, 28, 32, 40, 48, 56, 64, 72, 2048};
    if (random_.chance(24)) call.size = sizes[random_.below(sizes.size())];
    if (random_.chance(24)) call.without = static_cast<std::uint8_t>(random_.below(16));
    if (random_.chance(64)) call.count = random_.below(list().count + 3U);
    return call;
  }
  Operation pin() {
    const model::PinName name{static_cast<std::uint8_t>(random_.below(pins))};
    if (!world_.pinned(name).held) {
      const auto from = pick(
          all_names() - pool_, [this](unsigned n) { return nth(pool_ + n); }, [this](Name n) { return is_open(n); });
      return model::Pin{name, Argument::of(from ? *from : any_name())};
    }
    if (random_.chance(128)) return model::Get{to_bind(handles, Name::any), name};
    return model::Unpin{name};
  }
  /// By preference one that can go, and soon one that is gone comes back.
  Operation tree() {
    const Cgroup some{static_cast<std::uint8_t>(random_.below(cgroups_))};
    const bool odd = random_.chance(24);
    if (world_.has_cgroup(some.number) == odd) return model::MakeCgroup{some};
    return model::RemoveCgroup{some};
  }

  RandomStream& random_;
  const CgroupLimits& limits_;
  unsigned plot_ = 0;
  std::vector<Hook> hooks_;
  unsigned cgroups_ = 1;
  model::Spoken all_{};
  std::optional<Site> undeclared_;
  unsigned pool_ = 0, links_ = 1, length_ = 1, loads_ = 0;
  std::uint32_t nonsense_ppm_ = 0;
  unsigned as_user_ = 0;    ///< share of operations by a caller without capabilities
  unsigned directed_ = 0;   ///< share of attaches that say where
  unsigned preorder_ = 0;   ///< share of attaches that say PREORDER
  unsigned expecting_ = 0;  ///< share of calls with an expected revision
  unsigned elsewhere_ = 0;  ///< share of operations away from home
  unsigned same_mode_ = 0;  ///< share of attaches to a list with entries that keep to its mode
  Site home_{}, site_{};
  model::Declarations declared_;
  model::World world_;
};

}  // namespace

model::Sequence draw_cgroup_sequence(RandomStream& random, const CgroupLimits& limits) {
  return CgroupComposer(random, limits).compose();
}

}  // namespace mprogcheck::properties
