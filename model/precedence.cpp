// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/precedence.hpp"

namespace mprogcheck::model {

namespace {

bool at_cgroup(const Site& site) {
  return target_kind(site.hook) == TargetKind::cgroup;
}

struct OrderOf {
  const World& world;

  Order operator()(const Attach& call) const { return at_cgroup(call.site) ? Order::cgroup_attach : Order::attach; }
  Order operator()(const Detach& call) const {
    if (at_cgroup(call.site)) return Order::cgroup_detach;
    return call.program.is_zero() ? Order::detach_by_position : Order::detach;
  }
  Order operator()(const CreateLink& call) const { return at_cgroup(call.site) ? Order::cgroup_link : Order::link; }
  Order operator()(const UpdateLink& call) const {
    const Denoted denoted = world.denoted_by_fd(call.link);
    if (denoted.kind != Denoted::Kind::link) return Order::update;
    switch (world.link(denoted.object).updating) {
      case Updating::in_list:
        return Order::update;
      case Updating::old_and_type:
        return Order::update_of_type;
      case Updating::of_map:
        return Order::update_of_map;
      case Updating::no_operation:
      case Updating::refused:
      case Updating::detached:
        break;
    }
    return Order::update_never;
  }
  Order operator()(const DetachLink&) const { return Order::detach_link; }
  Order operator()(const Query&) const { return Order::query; }
  Order operator()(const Fill&) const { return Order::fill; }
  Order operator()(const SendPacket&) const { return Order::run; }
  Order operator()(const Close&) const { return Order::close; }
  Order operator()(const Dup&) const { return Order::dup; }
  Order operator()(const Open&) const { return Order::open; }
  Order operator()(const Load&) const { return Order::load; }
  Order operator()(const RemoveDevice&) const { return Order::remove; }
  Order operator()(const MakeDevice&) const { return Order::make; }
  Order operator()(const MoveDevice&) const { return Order::move; }
  Order operator()(const SetQdisc&) const { return Order::qdisc; }
  Order operator()(const Pin&) const { return Order::pin; }
  Order operator()(const Get&) const { return Order::get; }
  Order operator()(const Unpin&) const { return Order::unpin; }
  Order operator()(const NextId&) const { return Order::next_id; }
  Order operator()(const RemoveCgroup&) const { return Order::remove_cgroup; }
  Order operator()(const MakeCgroup&) const { return Order::make_cgroup; }
};

constexpr std::string_view introduction =
    R"(# The order of checks

Where two refusals are due, the caller is told one of them: that of the check that is made first. So the order is
part of the interface: mend what one errno complains of, and the next one can only come from further down. This page
has the order of every call, as `model/precedence.hpp` says it. A test compares the two, and
`MPROGCHECK_WRITE_DOCS=1` before that test writes the page anew. `cases/tcx/order_of_checks.mpc` and
`cases/netkit/order_of_checks.mpc` have, for each check and the one behind it, a call that fails both.

A number is a check. Of the rules of one check at most one is due at a time. Checks that only some hooks make are
marked so.
)";

void add_row(std::string& page, const std::string& number, const std::string& looks_at, Rule rule) {
  const RuleText& text = text_of(rule);
  page += "| " + number + " | " + looks_at + " | " + to_string(text.outcome) + " | `" + std::string(text.name) +
          "` | " + std::string(text.says) + " |\n";
}

void add_check(std::string& page, unsigned number, const Check& check) {
  std::string looks_at(check.looks_at);
  for (const FamilyRow& family : family_rows)
    if (check.at == only(family.family)) looks_at += " (" + std::string(family.name) + ")";
  bool first = true;
  for (const Rule rule : check.refusals()) {
    add_row(page, first ? std::to_string(number) : "", first ? looks_at : "", rule);
    first = false;
  }
}

}  // namespace

Order order_of(const World& world, const Operation& operation) {
  return std::visit(OrderOf{world}, static_cast<const AnyCall&>(operation));
}

std::string order_of_checks_page() {
  std::string page(introduction);
  for (const OrderRow& row : order_rows) {
    page += "\n## " + std::string(row.call) + "\n| | looks at | errno | rule | says |\n|---|---|---|---|---|\n";
    unsigned number = 0;
    for (const Check& check : row.checks) add_check(page, ++number, check);
  }
  return page;
}

}  // namespace mprogcheck::model
