// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What makes one operation simpler, and by how much.
#include <algorithm>
#include <array>
#include <bit>
#include <span>

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

struct Weigh {
  Measure sum{};

  void add(const Argument& argument) {
    if (!argument.is_zero()) ++sum.fields;
    sum.numbers += argument.named ? argument.value : rank_of_literal(argument.value);
  }
  void add(const model::Site& site) { sum.numbers += static_cast<std::uint64_t>(site.hook) + rank(site.target); }
  void add(Name name) { sum.numbers += name.slot; }
  void add_flags(std::uint32_t flags) { sum.fields += static_cast<std::uint64_t>(std::popcount(flags)); }

  template <typename Call>
  void operator()(const Call& call) {
    if constexpr (requires { call.site; }) add(call.site);
    if constexpr (requires { call.name; }) add(call.name);
    if constexpr (requires { call.program; }) add(call.program);
    if constexpr (requires { call.flags; }) add_flags(call.flags);
    if constexpr (requires { call.relative; }) add(call.relative);
    if constexpr (requires { call.replace; }) add(call.replace);
    if constexpr (requires { call.revision; }) sum.fields += rank(call.revision);
    if constexpr (requires { call.link; }) add(call.link);
    if constexpr (requires { call.old_program; }) add(call.old_program);
    if constexpr (requires { call.from; }) add(call.from);
    if constexpr (requires { call.id; }) add(call.id);
    if constexpr (requires { call.type; }) sum.numbers += static_cast<std::uint64_t>(call.type);
    if constexpr (requires { call.returns; })
      sum.fields += static_cast<std::uint64_t>(call.returns != model::Returns{});
    if constexpr (requires { call.query_flags; }) {
      add_flags(call.query_flags);
      add_flags(call.attach_flags);
      sum.numbers += rank_of_count(call.count);
      sum.fields += static_cast<std::uint64_t>(std::popcount(call.without)) + static_cast<std::uint64_t>(call.garbage);
      if (call.size != model::Query::whole_size) {
        ++sum.fields;
        sum.numbers += call.size;
      }
    } else if constexpr (requires { call.count; }) {
      sum.numbers += call.count;
    }
    if constexpr (requires { call.device; }) sum.numbers += call.device.number;
    if constexpr (requires { call.home; }) sum.numbers += call.home ? 1 : 0;
    if constexpr (requires { call.qdisc; }) sum.numbers += rank(call.qdisc);
    if constexpr (requires { call.pin; }) {
      ++sum.fields;
      sum.numbers += call.pin.number;
    }
    if constexpr (std::is_same_v<Call, model::Open>) ++sum.fields;
    if constexpr (std::is_same_v<Call, model::CreateLink>) ++sum.links;
  }
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
    if constexpr (requires { call_.flags; }) fewer_bits(&Call::flags);
    if constexpr (requires { call_.query_flags; }) {
      fewer_bits(&Call::query_flags);
      fewer_bits(&Call::attach_flags);
    }
    if constexpr (requires { call_.revision; }) simpler_revision();
    if constexpr (requires { call_.relative; }) absent(&Call::relative);
    if constexpr (requires { call_.replace; }) absent(&Call::replace);
    if constexpr (requires { call_.old_program; }) absent(&Call::old_program);
    if constexpr (std::is_same_v<Call, model::Detach>) absent(&Call::program);
    if constexpr (requires { call_.program; }) simpler_argument(&Call::program);
    if constexpr (requires { call_.relative; }) simpler_argument(&Call::relative);
    if constexpr (requires { call_.replace; }) simpler_argument(&Call::replace);
    if constexpr (requires { call_.link; }) simpler_argument(&Call::link);
    if constexpr (requires { call_.old_program; }) simpler_argument(&Call::old_program);
    if constexpr (requires { call_.from; }) simpler_argument(&Call::from);
    if constexpr (requires { call_.id; }) simpler_argument(&Call::id);
    if constexpr (requires { call_.type; }) with([](Call& call) { call.type = model::ProgramType::sched_cls; });
    if constexpr (requires { call_.returns; }) with([](Call& call) { call.returns = model::Returns::next; });
    if constexpr (requires { call_.site; }) simpler_site();
    if constexpr (requires { call_.count; }) simpler_count();
    if constexpr (requires { call_.device; }) smaller([](Call & call) -> auto& { return call.device.number; });
    if constexpr (requires { call_.pin; }) smaller([](Call & call) -> auto& { return call.pin.number; });
    if constexpr (requires { call_.home; }) with([](Call& call) { call.home = false; });
    if constexpr (requires { call_.qdisc; }) simpler_qdisc();
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

  void fewer_bits(std::uint32_t Call::*flags) {
    if (std::popcount(call_.*flags) > 1) with([&](Call& call) { call.*flags = 0; });
    for (std::uint32_t rest = call_.*flags; rest != 0; rest &= rest - 1)
      with([&](Call& call) { call.*flags &= ~(rest & -rest); });
  }

  void simpler_revision() {
    for (const Revision& revision : {Revision{}, Revision::now(), Revision::now(-1), Revision::now(1)})
      if (rank(revision) < rank(call_.revision)) with([&](Call& call) { call.revision = revision; });
  }

  void absent(Argument Call::*argument) {
    with([&](Call& call) { call.*argument = {}; });
  }

  void simpler_argument(Argument Call::*argument) {
    const Argument& now = call_.*argument;
    if (!now.named) {
      for (const std::uint32_t literal : plain_literals)
        if (literal != 0 && rank_of_literal(literal) < rank_of_literal(now.value))
          with([&](Call& call) { call.*argument = Argument::literal(literal); });
      return;
    }
    if (now.name().letter() == 'o')  // of no meaning instead of a strange one
      for (const std::uint32_t literal : plain_literals)
        if (literal != 0) with([&](Call& call) { call.*argument = Argument::literal(literal); });
    unsigned tried = 0;
    for (const Name name : used_) {
      if (name >= now.name() || tried == most_names) break;
      if (name.letter() != now.name().letter() && name.letter() != 'p') continue;
      ++tried;
      with([&](Call& call) { call.*argument = Argument::of(name); });
    }
  }

  void simpler_site() {
    const model::Hook first = first_hook_of(model::family_of(call_.site.hook));
    for (const model::Hook hook : {model::Hook{}, first})
      if (hook < call_.site.hook) with([hook](Call& call) { call.site.hook = hook; });
    const Target target = call_.site.target;
    if (target.is_literal()) with([](Call& call) { call.site.target = Target::literal(0); });
    for (std::uint32_t device = 0; device < std::min<std::uint64_t>(rank(target), Target::device_count); ++device)
      with([&](Call& call) { call.site.target = Target::device(device); });
    for (std::uint32_t device = 0; target.is_peer() && device < target.number(); ++device)
      with([&](Call& call) { call.site.target = Target::peer(device); });
  }

  template <typename Number>
  void smaller(Number number) {
    Call copy = call_;
    for (std::uint8_t n = 0; n < number(copy); ++n) with([&](Call& call) { number(call) = n; });
  }

  void simpler_qdisc() {
    for (const model::Qdisc qdisc : {model::Qdisc::none, model::Qdisc::ingress})
      if (rank(qdisc) < rank(call_.qdisc)) with([&](Call& call) { call.qdisc = qdisc; });
  }

  void simpler_count() {
    if constexpr (std::is_same_v<Call, model::Query>) {
      with([](Call& call) {
        call.size = model::Query::whole_size;
        call.garbage = false;
      });
      for (unsigned array = 0; array < 4; ++array)
        with([&](Call& call) { call.without = static_cast<std::uint8_t>(call.without & ~(1U << array)); });
      for (const std::uint16_t size : {model::Query::least_size, std::uint16_t{72}, model::Query::foreign_size})
        if (call_.size != model::Query::whole_size && size < call_.size) with([&](Call& call) { call.size = size; });
      for (const std::uint32_t count : {model::Query().count, std::uint32_t{0}, call_.count / 2, call_.count - 1})
        if (rank_of_count(count) < rank_of_count(call_.count)) with([&](Call& call) { call.count = count; });
    } else {
      for (const int count : {call_.count / 2, call_.count - 1})
        if (count >= 0) with([&](Call& call) { call.count = static_cast<std::uint8_t>(count); });
    }
  }

  const Call& call_;
  std::span<const Name> used_;
  std::vector<Operation>& into_;
};

}  // namespace

Measure measure(const Operation& operation) {
  Weigh weigh;
  std::visit([&](const auto& call) { weigh(call); }, operation);
  weigh.sum.operations = 1;
  weigh.sum.fields += static_cast<std::uint64_t>(!operation.caller.is_root());
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
