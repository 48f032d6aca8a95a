// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What makes one operation simpler, and by how much.
#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "model/fields.hpp"
#include "model/language/words.hpp"
#include "properties/shrink/simpler.hpp"

namespace mprogcheck::properties {
namespace {

using model::Argument;
using model::Name;
using model::Operation;
using model::Revision;
using model::Target;
namespace flag = model::flag;
namespace role = model::role;

/// The literals that say the most with the least, simplest first: nothing, the open fds that are no object, a closed
/// fd, an id of nothing.
constexpr std::array<std::uint32_t, 5> plain_literals = {0, 1, 2, 900, 1U << 30};
constexpr std::uint64_t other_literal = plain_literals.size();
constexpr std::uint64_t peer_target = 8;    ///< above every device
constexpr std::uint64_t other_target = 16;  ///< above every peer
constexpr unsigned most_names = 6;          ///< tried in the place of another

std::uint64_t rank_of_literal(std::uint32_t value) {
  return static_cast<std::uint64_t>(std::ranges::find(plain_literals, value) - plain_literals.begin());
}

std::uint64_t rank(const Target& target) {
  if (target.is_peer()) return peer_target + target.number();
  if (target.is_cgroup()) return target.number();
  if (!target.is_literal()) return target.value;
  return other_target + (target.ifindex() != 0 ? 1 : 0);
}

std::uint64_t rank(const Revision& revision) {
  if (revision.is_zero()) return 0;
  if (!revision.relative) return 3;
  return revision.value == 0 ? 1 : revision.value + 1 <= 2 ? 2 : 3;
}

/// The default length of a query comes first, then none, then by size.
std::uint64_t rank_of_count(std::uint32_t count) {
  return count == model::Query().count ? 0 : count + std::uint64_t{1};
}

/// By how much each keeps.
std::uint64_t rank(model::Qdisc qdisc) {
  return static_cast<std::uint64_t>(qdisc);
}

/// By what each field means.
struct Weigh {
  Measure sum{};

  void operator()(role::Caller /*role*/, model::Caller caller) { sum.fields += caller.is_root() ? 0U : 1U; }
  void operator()(role::Any /*role*/, const Argument& argument) {
    if (!argument.is_zero()) ++sum.fields;
    sum.numbers += argument.named ? argument.value : rank_of_literal(argument.value);
  }
  void operator()(role::Site /*role*/, const model::Site& site) {
    sum.numbers += static_cast<std::uint64_t>(site.hook) + rank(site.target);
  }
  void operator()(role::Name /*role*/, Name name) { sum.numbers += name.slot; }
  void operator()(role::Flags /*role*/, std::uint32_t flags) { add_bits(flags); }
  void operator()(role::Revision /*role*/, const Revision& revision) { sum.fields += rank(revision); }
  void operator()(role::Count /*role*/, std::uint32_t count) { sum.numbers += rank_of_count(count); }
  void operator()(role::Arrays /*role*/, std::uint8_t without) { add_bits(without); }
  void operator()(role::AttrSize /*role*/, std::uint16_t size) {
    if (size == model::Query::whole_size) return;
    ++sum.fields;
    sum.numbers += size;
  }
  void operator()(role::Garbage /*role*/, bool garbage) { sum.fields += garbage ? 1U : 0U; }
  void operator()(role::Entries /*role*/, std::uint8_t count) { sum.numbers += count; }
  void operator()(role::ObjectKind /*role*/, model::ObjectKind /*kind*/) { ++sum.fields; }
  void operator()(role::ProgramType /*role*/, model::ProgramType type) {
    sum.numbers += static_cast<std::uint64_t>(type);
  }
  void operator()(role::Returns /*role*/, model::Returns returns) {
    sum.fields += returns != model::Returns{} ? 1U : 0U;
  }
  void operator()(role::Device /*role*/, model::Device device) { sum.numbers += device.number; }
  void operator()(role::Cgroup /*role*/, model::Cgroup cgroup) { sum.numbers += cgroup.number; }
  void operator()(role::Home /*role*/, bool home) { sum.numbers += home ? 1U : 0U; }
  void operator()(role::Qdisc /*role*/, model::Qdisc qdisc) { sum.numbers += rank(qdisc); }
  void operator()(role::Pin /*role*/, model::PinName pin) {
    ++sum.fields;
    sum.numbers += pin.number;
  }

 private:
  void add_bits(std::uint32_t bits) { sum.fields += static_cast<std::uint64_t>(std::popcount(bits)); }
};

/// Collects the forms of one call.
template <typename Call>
class Forms {
 public:
  Forms(const Call& call, std::span<const Name> used, std::vector<Operation>& into)
      : call_(call), used_(used), into_(into) {}

  /// The call after the change, if that changes it.
  template <typename Change>
  void with(Change change) {
    Call changed = call_;
    change(changed);
    if (changed != call_) into_.emplace_back(changed);
  }

  void all() {
    if constexpr (requires { call_.relative; }) without_extras();
    if constexpr (requires { call_.relative; }) program_as_relative();
    if constexpr (std::is_same_v<Call, model::CreateLink>) as_attach();
    // Binding a name lets go what it named: often that is all that matters.
    if constexpr (std::is_same_v<Call, model::Get> || std::is_same_v<Call, model::Open> ||
                  std::is_same_v<Call, model::Dup>)
      into_.emplace_back(model::Close{call_.name});
    each_field([this](auto role, const auto& field) { less(role, field); });
    if constexpr (std::is_same_v<Call, model::Detach>) with([](Call& call) { call.program = {}; });
    each_field([this](auto role, const auto& field) { simpler(role, field); });
  }

 private:
  static constexpr std::uint32_t relative_flags = flag::before | flag::after | flag::id | flag::link;

  /// Whole phrases go before single words do: "before id(p0)" without its relative means something else.
  void without_extras() {
    with([](Call& call) {
      call.flags = 0;
      call.relative = {};
      call.revision = {};
      if constexpr (requires { call.replace; }) call.replace = {};
    });
    with([](Call& call) {
      call.flags &= ~relative_flags;
      call.relative = {};
    });
    with([](Call& call) {
      call.flags &= ~(flag::id | flag::link);
      call.relative = {};
    });
    if constexpr (requires { call_.replace; })
      with([](Call& call) {
        call.flags &= ~flag::replace;
        call.replace = {};
      });
  }

  /// A program stands where its link does.
  void program_as_relative() {
    if ((call_.flags & flag::link) == 0 || !call_.relative.named) return;
    unsigned tried = 0;
    for (const Name name : used_) {
      if (name >= call_.relative.name() || name.letter() != 'p' || ++tried > most_names) break;
      with([&](Call& call) {
        call.flags &= ~flag::link;
        call.relative = Argument::of(name);
      });
    }
  }

  void as_attach() {
    into_.emplace_back(model::Attach{.site = call_.site,
                                     .program = call_.program,
                                     .flags = call_.flags,
                                     .relative = call_.relative,
                                     .replace = {},
                                     .revision = call_.revision});
  }

  /// `visit` is called with the role and the value of each field; what it calls may say set().
  template <typename Visit>
  void each_field(Visit visit) {
    number_ = 0;
    fields(call_, [&](auto role, const auto& field) {
      visit(role, field);
      ++number_;
    });
  }
  /// The call with another value in the field that each_field() is at.
  template <typename Field>
  void set(Field value) {
    with([&](Call& call) {
      unsigned number = 0;
      fields(call, [&](auto /*role*/, auto& field) {
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, Field>)
          if (number == number_) field = value;
        ++number;
      });
    });
  }

  // Less of it.

  void less(role::Any /*role*/, const auto& /*field*/) {}
  void less(role::Flags /*role*/, std::uint32_t flags) {
    if (std::popcount(flags) > 1) set(std::uint32_t{0});
    for (std::uint32_t rest = flags; rest != 0; rest &= rest - 1) set(flags & ~(rest & -rest));
  }
  void less(role::Revision /*role*/, const Revision& now) {
    for (const Revision& revision : {Revision{}, Revision::now(), Revision::now(-1), Revision::now(1)})
      if (rank(revision) < rank(now)) set(revision);
  }
  void less(role::Relative /*role*/, const Argument& /*now*/) { set(Argument()); }
  void less(role::Replace /*role*/, const Argument& /*now*/) { set(Argument()); }
  void less(role::OldProgram /*role*/, const Argument& /*now*/) { set(Argument()); }
  /// What an attr looks like goes as a whole.
  void less(role::AttrSize /*role*/, std::uint16_t /*size*/) {
    if constexpr (requires { call_.garbage; })
      with([](Call& call) {
        call.size = model::Query::whole_size;
        call.garbage = false;
      });
  }

  // Something simpler in its place.

  void simpler(role::Any /*role*/, const auto& /*field*/) {}
  void simpler(role::Any /*role*/, const Argument& now) {
    if (!now.named) {
      for (const std::uint32_t literal : plain_literals)
        if (literal != 0 && rank_of_literal(literal) < rank_of_literal(now.value)) set(Argument::literal(literal));
      return;
    }
    if (now.name().letter() == 'o')  // of no meaning instead of a strange one
      for (const std::uint32_t literal : plain_literals)
        if (literal != 0) set(Argument::literal(literal));
    unsigned tried = 0;
    for (const Name name : used_) {
      if (name >= now.name() || tried == most_names) break;
      if (name.letter() != now.name().letter() && name.letter() != 'p') continue;
      ++tried;
      set(Argument::of(name));
    }
  }
  void simpler(role::ProgramType /*role*/, model::ProgramType /*now*/) { set(model::ProgramType::sched_cls); }
  void simpler(role::Returns /*role*/, model::Returns /*now*/) { set(model::Returns::next); }
  void simpler(role::Site /*role*/, const model::Site& now) {
    const model::Hook first = first_hook_of(model::family_of(now.hook));
    for (const model::Hook hook : {model::Hook{}, first})
      if (hook < now.hook && target_kind(hook) == target_kind(now.hook)) set(model::Site{hook, now.target});
    const auto aim = [&](Target target) { set(model::Site{now.hook, target}); };
    if (now.target.is_cgroup()) {
      for (std::uint32_t cgroup = 0; cgroup < now.target.number(); ++cgroup) aim(Target::cgroup(cgroup));
      return;
    }
    if (now.target.is_literal()) aim(Target::literal(0));
    for (std::uint32_t device = 0; device < std::min<std::uint64_t>(rank(now.target), Target::device_count); ++device)
      aim(Target::device(device));
    for (std::uint32_t device = 0; now.target.is_peer() && device < now.target.number(); ++device)
      aim(Target::peer(device));
  }
  void simpler(role::Arrays /*role*/, std::uint8_t without) {
    for (unsigned array = 0; array < 4; ++array) set(static_cast<std::uint8_t>(without & ~(1U << array)));
  }
  void simpler(role::AttrSize /*role*/, std::uint16_t now) {
    for (const std::uint16_t size : {model::Query::least_size, std::uint16_t{72}, model::Query::foreign_size})
      if (now != model::Query::whole_size && size < now) set(size);
  }
  void simpler(role::Count /*role*/, std::uint32_t now) {
    for (const std::uint32_t count : {model::Query().count, std::uint32_t{0}, now / 2, now - 1})
      if (rank_of_count(count) < rank_of_count(now)) set(count);
  }
  void simpler(role::Entries /*role*/, std::uint8_t now) {
    for (const int count : {now / 2, now - 1})
      if (count >= 0) set(static_cast<std::uint8_t>(count));
  }
  void simpler(role::Device /*role*/, model::Device now) {
    for (std::uint8_t n = 0; n < now.number; ++n) set(model::Device{n});
  }
  void simpler(role::Pin /*role*/, model::PinName now) {
    for (std::uint8_t n = 0; n < now.number; ++n) set(model::PinName{n});
  }
  void simpler(role::Home /*role*/, bool /*now*/) { set(false); }
  void simpler(role::Qdisc /*role*/, model::Qdisc now) {
    for (const model::Qdisc qdisc : {model::Qdisc::none, model::Qdisc::ingress})
      if (rank(qdisc) < rank(now)) set(qdisc);
  }

  unsigned number_ = 0;  ///< of the field that each_field() is at
  const Call& call_;
  std::span<const Name> used_;
  std::vector<Operation>& into_;
};

}  // namespace

Measure measure(const Operation& operation) {
  Weigh weigh;
  fields(operation, weigh);
  weigh.sum.operations = 1;
  weigh.sum.links = std::holds_alternative<model::CreateLink>(operation) ? 1 : 0;
  return weigh.sum;
}

std::vector<Operation> simpler_forms(const Operation& operation, const std::vector<Name>& used) {
  std::vector<Operation> forms;
  if (!operation.caller.is_root()) {
    forms.push_back(operation);
    forms.back().caller = {};
  }
  const std::size_t first = forms.size();
  std::visit([&](const auto& call) { Forms(call, used, forms).all(); }, operation);
  for (std::size_t i = first; i < forms.size(); ++i) forms[i].caller = operation.caller;
  return forms;
}

}  // namespace mprogcheck::properties
