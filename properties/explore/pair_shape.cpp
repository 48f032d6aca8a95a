// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/pair_shape.hpp"

#include <algorithm>
#include <array>

#include "properties/generate/compose.hpp"

namespace mprogcheck::properties {

namespace {

using model::Argument;
using model::ListIndex;
using model::ObjectKind;
using model::OrderedList;
using model::ProgramIndex;
namespace flag = model::flag;

/// What an fd or an id denotes. The values from `entry` on are followed by a row of places or numbers each.
enum Meaning : std::uint64_t {
  none,        ///< the field is zero
  absent,      ///< a closed fd, the id of nothing
  coming,      ///< the id of the very link that is being created
  other,       ///< open, and neither program nor link
  other_type,  ///< a program that this hook does not take
  elsewhere,   ///< a link that is attached to another list
  beside,      ///< program: not in the list; the fields' programs are numbered as they are met
  entry = beside + PairShape::most_entries,
  link_entry = entry + PairShape::most_entries,            ///< link: by place of its entry
  loose_of_beside = link_entry + PairShape::most_entries,  ///< link, attached no more: by its program's number
  loose_of_entry = loose_of_beside + PairShape::most_entries,
  meanings = loose_of_entry + PairShape::most_entries,
};

// Two of fixed place, then what the call has, which is always as long for one call, then the list.
constexpr unsigned revision_bits = 2, call_bits = 5;
constexpr unsigned flag_bits = 6, meaning_bits = 6, count_bits = 4, owner_bits = PairShape::most_entries;
constexpr unsigned fields = 3;  ///< that one call has at most
static_assert(meanings <= 1U << meaning_bits);
static_assert(std::variant_size_v<model::AnyCall> < 1U << call_bits);
static_assert(call_bits + count_bits + owner_bits + revision_bits + flag_bits + fields * meaning_bits <= 64);

constexpr std::uint64_t no_list_count = (1U << count_bits) - 1;
static_assert(PairShape::most_entries + 1 < no_list_count);

enum ExpectedRevision : std::uint64_t { not_given, right, stale };

constexpr std::uint64_t narrowed(std::uint32_t flags) {
  std::uint64_t bits = (flags & ~flag::mprog_mask) != 0 ? 32 : 0;
  if ((flags & flag::replace) != 0) bits |= 1;
  if ((flags & flag::before) != 0) bits |= 2;
  if ((flags & flag::after) != 0) bits |= 4;
  if ((flags & flag::id) != 0) bits |= 8;
  if ((flags & flag::link) != 0) bits |= 16;
  return bits;
}

/// Puts a shape together, from its lowest bits upward.
class Shaping {
 public:
  explicit Shaping(const model::World& world) : world_(world) {}

  std::optional<PairShape> shape(const model::Operation& operation) {
    const bool fits = std::visit([this](const auto& call) { return add(call); }, operation);
    if (!fits || !fits_) return std::nullopt;
    bits_ |= (operation.index() + 1) << revision_bits;  // so that no shape is 0
    if (list_ == nullptr) {
      put(no_list_count, count_bits);
    } else {
      put(list_->count, count_bits);
      for (const model::Entry& one : list_->entries()) put(one.link != model::no_link ? 1 : 0, 1);
    }
    return PairShape{bits_};
  }

 private:
  bool add(const model::Attach& call) { return at(call.site) && mprog(call, call.replace); }
  bool add(const model::Detach& call) { return at(call.site) && mprog(call, call.replace); }
  bool add(const model::CreateLink& call) {
    return at(call.site) && goes_with_its_handle(call.name) && mprog(call, Argument::of(call.name));
  }
  bool add(const model::UpdateLink& call) {
    if (!of_link(call.link)) return false;
    put(narrowed(call.flags), flag_bits);
    fd(call.link);
    fd(call.program);
    fd(call.old_program);
    return true;
  }
  bool add(const model::DetachLink& call) {
    if (!of_link(call.link)) return false;
    fd(call.link);
    return true;
  }
  bool add(const model::Close& call) {
    const Argument name = Argument::of(call.name);
    if (!goes_with_its_handle(call.name) || !of_link(name)) return false;
    fd(name);
    return true;
  }
  bool add(const model::Query& call) {
    if (call.size != model::Query::whole_size || call.without != 0 || call.garbage || !at(call.site)) return false;
    put(std::min<std::uint32_t>(call.count, list_->count + 1U), count_bits);
    put(std::min<std::uint32_t>(call.query_flags, 2), 2);  // none, BPF_F_QUERY_EFFECTIVE, others
    put(call.attach_flags != 0 ? 1 : 0, 1);
    return true;
  }
  template <typename Call>
  bool add(const Call& /*call*/) {
    return false;
  }

  template <typename Call>
  bool mprog(const Call& call, const Argument& last) {
    const std::uint64_t expected = call.revision.resolve(list_->revision);
    if (expected != 0) bits_ |= expected == list_->current() ? right : stale;
    put(narrowed(call.flags), flag_bits);
    fd(call.program);
    const bool creates = std::is_same_v<Call, model::CreateLink> && (call.flags & flag::link) != 0;
    if (creates && model::names_coming_id(call))
      meaning(coming);
    else if ((call.flags & flag::id) != 0)
      id(call.relative);
    else
      fd(call.relative);
    fd(last);
    return true;
  }

  /// The list there.
  bool at(const model::Site& site) {
    const auto list = world_.list_at(site);
    if (!list || world_.list(*list).count > PairShape::most_entries) return false;
    if (world_.list(*list).empty() && world_.keeps(*list)) return false;
    type_ = model::row_of(site.hook).type;
    number_ = *list;
    list_ = &world_.list(*list);
    return true;
  }
  /// The list in which the link is. There is none if it is in none, or is no link.
  bool of_link(const Argument& argument) {
    const model::Denoted denoted = world_.denoted_by_fd(argument);
    if (denoted.kind != model::Denoted::Kind::link) return true;
    if (denoted.object >= model::link_count) return false;
    const ListIndex list = world_.link(denoted.object).list;
    if (list == model::no_list) return true;
    if (world_.list(list).count > PairShape::most_entries) return false;
    type_ = model::row_of(world_.sites().hook(list)).type;
    number_ = list;
    list_ = &world_.list(list);
    return true;
  }
  /// A link without other holders: what a bound knows. So its entry goes with the handle.
  [[nodiscard]] bool goes_with_its_handle(model::Name name) const {
    const model::FileIndex file = world_.handle(name).file;
    if (file == model::no_file || world_.file(file).kind != ObjectKind::link) return true;
    return world_.file(file).handles == 1 && world_.link(world_.file(file).object).references == 1;
  }

  void fd(const Argument& argument) {
    if (argument.is_zero()) return meaning(none);
    const model::Denoted denoted = world_.denoted_by_fd(argument);
    switch (denoted.kind) {
      case model::Denoted::Kind::closed:
        return meaning(absent);
      case model::Denoted::Kind::other:
        return meaning(other);
      case model::Denoted::Kind::program:
        return program(denoted.object);
      case model::Denoted::Kind::link:
        return link(denoted.object);
    }
  }
  void id(const Argument& argument) {
    if (argument.is_zero()) return meaning(none);
    if (!argument.named) return meaning(absent);
    const model::Handle& handle = world_.handle(argument.name());
    if (handle.last == 0xff || handle.last_kind == ObjectKind::other) return meaning(absent);
    if (handle.last_kind == ObjectKind::program) return program(handle.last);
    link(handle.last);
  }
  void program(ProgramIndex index) {
    if (world_.program(index).type != type_) return meaning(other_type);
    const auto place = place_of(index);
    meaning(place ? entry + *place : beside + number_of(index));
  }
  void link(model::LinkIndex index) {
    if (index >= model::link_count) {
      fits_ = false;  // an object of the guest
      return;
    }
    const model::Link& one = world_.link(index);
    const auto place = place_of(one.program);
    if (list_ != nullptr && one.list == number_) return meaning(link_entry + place.value_or(0));
    if (one.list != model::no_list) return meaning(elsewhere);
    meaning(place ? loose_of_entry + *place : loose_of_beside + number_of(one.program));
  }
  [[nodiscard]] std::optional<unsigned> place_of(ProgramIndex index) const {
    if (list_ == nullptr) return std::nullopt;
    for (unsigned i = 0; i < list_->count; ++i)
      if (list_->slots[i].program == index) return i;
    return std::nullopt;
  }
  unsigned number_of(ProgramIndex index) {
    unsigned number = 0;
    while (number < met_ && beside_[number] != index) ++number;
    if (number == met_) beside_[met_++] = index;
    return number;
  }

  void meaning(std::uint64_t value) { put(value, meaning_bits); }
  void put(std::uint64_t value, unsigned width) {
    bits_ |= value << used_;
    used_ += width;
  }

  const model::World& world_;
  const OrderedList* list_ = nullptr;
  ListIndex number_ = model::no_list;
  model::ProgramType type_ = model::row_of(model::Hook{}).type;  ///< that the list takes
  std::array<ProgramIndex, fields> beside_{};                    ///< programs that are not in the list, as met
  unsigned met_ = 0;
  std::uint64_t bits_ = not_given;
  unsigned used_ = revision_bits + call_bits;
  bool fits_ = true;
};

}  // namespace

std::optional<PairShape> shape_of(const model::World& before, const model::Operation& operation) {
  // Of cgroups no pairs are counted yet. They come behind all other sites.
  const model::Sites& sites = before.sites();
  if (sites.size() != 0 && sites.target(static_cast<ListIndex>(sites.size() - 1)).is_cgroup()) return std::nullopt;
  if (!operation.caller.is_root()) return std::nullopt;
  return Shaping(before).shape(operation);
}

PairShape with_stale_revision(PairShape shape) {
  constexpr std::uint64_t mask = (1U << revision_bits) - 1;
  return {(shape.bits & ~mask) | stale};
}

}  // namespace mprogcheck::properties
