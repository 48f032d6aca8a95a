// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of what is checked, in which order, with which error; and of the query.
#include <array>
#include <cerrno>

#include "model/query.hpp"
#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

namespace flag = model::flag;

Verdict full_checked_before_relative(const World& world, const Operation& operation, const Verdict& honest) {
  switch (honest.rule) {
    case Rule::relative_id_gone:
    case Rule::relative_not_settled:
    case Rule::relative_closed:
    case Rule::relative_kind:
    case Rule::relative_link_zero:
    case Rule::relative_type: {
      const bool attaches = !is<model::Detach>(operation) && (flags_of(operation) & flag::replace) == 0;
      return attaches && world.list(list_named(world, operation)).full() ? refuse(model::erange, Rule::attach_full)
                                                                         : honest;
    }
    default:
      return honest;
  }
}

Verdict exists_checked_before_stale(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::stale || is<model::Detach>(operation)) return honest;
  const Verdict other = world.predict(changed(operation, [](auto& call) { call.revision = {}; }));
  return other.rule == Rule::attach_exists ? other : honest;
}

Verdict relative_type_not_checked(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::relative_type) return honest;
  const std::uint32_t flags = flags_of(operation);
  if ((flags & flag::replace) != 0)
    return world.predict(changed(operation, [](auto& call) {
      call.relative = {};
      call.flags &= ~(flag::id | flag::link);
    }));
  return (flags & (flag::before | flag::after)) != 0 ? refuse(model::enoent, Rule::relative_absent) : honest;
}

Verdict id_zero_means_none(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::relative_id_gone || has_relative(operation)) return honest;
  return world.predict(changed(operation, [](auto& call) { call.flags &= ~(flag::id | flag::link); }));
}

Verdict unsettled_link_is_gone(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::relative_not_settled ? refuse(model::enoent, Rule::relative_id_gone) : honest;
}

Verdict unknown_flag_accepted(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::attach_unknown_flag) return honest;
  return world.predict(changed(
      operation, [](auto& call) { call.flags &= flag::replace | flag::before | flag::after | flag::id | flag::link; }));
}

Verdict closed_fd_einval(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::attach_program_closed ? refuse(model::einval, Rule::attach_not_a_program) : honest;
}

Verdict device_checked_after_replace(const World& world, const Operation& operation, const Verdict& honest) {
  const auto* attach = std::get_if<model::Attach>(&operation);
  if (honest.rule != Rule::attach_no_device || (flags_of(operation) & flag::replace) == 0) return honest;
  const bool closed = world.denoted_by_fd(attach->replace).kind == model::Denoted::Kind::closed;
  return closed ? refuse(model::ebadf, Rule::attach_replace_closed) : honest;
}

Verdict detach_compares_revision_first(const World&, const Operation& operation, const Verdict& honest) {
  return honest.rule == Rule::detach_no_entry && has_revision(operation) ? refuse(model::estale, Rule::stale) : honest;
}

Verdict replace_absent_inserts(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::replace_absent || !is<model::Attach>(operation)) return honest;
  return world.predict(changed(operation, [](auto& call) {
    call.flags = 0;
    call.relative = {};
  }));
}

Verdict update_unknown_flag_accepted(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::update_unknown_flag) return honest;
  auto update = std::get<model::UpdateLink>(operation);
  update.flags &= flag::replace;
  return world.predict(update);
}

struct QueryCountShort final : Misbehaviour {
  void answer(const World&, const model::Query&, ListView& view, std::vector<model::Entry>&) override {
    if (view.count > 1) --view.count;
  }
};

/// The kernel writes what it did not promise.
template <Breach breach>
struct QueryBreaches final : Misbehaviour {
  void answer(const World&, const model::Query&, ListView& view, std::vector<model::Entry>&) override {
    view.breach = static_cast<std::uint8_t>(view.breach | static_cast<unsigned>(breach));
  }
};

struct QueryIgnoresNullLinks final : Misbehaviour {
  void answer(const World&, const model::Query& query, ListView& view, std::vector<model::Entry>&) override {
    if ((model::as_read(query).without & model::Query::array_link_ids) != 0 && view.count != 0)
      view.outcome = model::Outcome{EFAULT};
  }
};

struct ShortQuerySucceeds final : Misbehaviour {
  void answer(const World&, const model::Query&, ListView& view, std::vector<model::Entry>&) override {
    view.outcome = model::success;
  }
};

struct ShortQueryWritesNothing final : Misbehaviour {
  void answer(const World&, const model::Query&, ListView& view, std::vector<model::Entry>& entries) override {
    if (view.outcome == model::enospc) entries.clear();
  }
};

constexpr std::array<PlantedFault, 18> faults{{
    {"full_checked_before_relative", "a full list refuses with ERANGE before the relative is looked at", "outcome",
     make<Decides<full_checked_before_relative>>},
    {"exists_checked_before_stale", "EEXIST comes before ESTALE", "outcome",
     make<Decides<exists_checked_before_stale>>},
    {"relative_type_not_checked", "the relative's program may be of any type", "outcome order",
     make<Decides<relative_type_not_checked>>},
    {"id_zero_means_none", "id 0 is taken for no relative", "order outcome ownership",
     make<Decides<id_zero_means_none>>},
    {"unsettled_link_is_gone", "of a link that is being created the id is one of nothing", "outcome",
     make<Decides<unsettled_link_is_gone>>},
    {"unknown_flag_accepted", "an attach ignores the bits that it does not know", "order outcome",
     make<Decides<unknown_flag_accepted>>},
    {"closed_fd_einval", "a closed program fd gives EINVAL", "outcome", make<Decides<closed_fd_einval>>},
    {"device_checked_after_replace", "a closed replace fd is reported before a missing device", "outcome",
     make<Decides<device_checked_after_replace>>},
    {"detach_compares_revision_first", "a detach from a hook without entries compares the revision first", "outcome",
     make<Decides<detach_compares_revision_first>>},
    {"replace_absent_inserts", "a replace of a program that is not there appends", "order outcome",
     make<Decides<replace_absent_inserts>>},
    {"update_unknown_flag_accepted", "a link update ignores the bits that it does not know", "order outcome",
     make<Decides<update_unknown_flag_accepted>>},
    {"query_count_short", "a query counts one entry too few", "query", make<QueryCountShort>},
    {"query_writes_past_arrays", "a query writes a slot too many", "query", make<QueryBreaches<Breach::array>>},
    {"query_writes_past_attr", "a query writes behind the end of the attr", "query",
     make<QueryBreaches<Breach::beyond_attr>>},
    {"query_leaves_attach_flags", "a query leaves attach flags that are not zero", "query",
     make<QueryBreaches<Breach::flags_not_zero>>},
    {"query_wants_every_array", "a query without an array of link ids is a bad address", "query",
     make<QueryIgnoresNullLinks>},
    {"short_query_succeeds", "a query with a short array is no error", "query", make<ShortQuerySucceeds>},
    {"short_query_writes_nothing", "a query with a short array writes no ids", "query", make<ShortQueryWritesNothing>},
}};

}  // namespace

std::span<const PlantedFault> errno_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
