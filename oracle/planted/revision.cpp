// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of the revision, and of what an operation on one list does to another.
#include <array>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

void not_bumped_on_replace(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::replace_done) --world.mutable_list(honest.edit.list).revision;
}

void bumped_on_failure(World& world, const World&, const Operation& operation, const Verdict& honest) {
  const auto list = list_named(world, operation);
  if (is<model::Attach>(operation) && !honest.outcome.ok() && list != model::no_list && !world.list(list).empty())
    ++world.mutable_list(list).revision;
}

void bumped_on_same_update(World& world, const World&, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::update_same) return;
  const auto link = world.denoted_by_fd(std::get<model::UpdateLink>(operation).link);
  ++world.mutable_list(world.link(link.object).list).revision;
}

void not_bumped_on_link_detach(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::detach_link_done && !world.list(honest.edit.list).empty())
    --world.mutable_list(honest.edit.list).revision;
}

void kept_after_empty(World& world, const World& before, const Operation&, const Verdict&) {
  for (model::ListIndex n = 0; n < model::list_count; ++n)
    if (world.list(n).empty() && !before.list(n).empty()) world.mutable_list(n).revision = before.list(n).revision + 1;
}

Verdict without_revision(const World& world, const Operation& operation) {
  return world.predict(changed(operation, [](auto& call) { call.revision = {}; }));
}

Verdict stale_ignored(const World& world, const Operation& operation, const Verdict& honest) {
  return honest.rule == Rule::stale ? without_revision(world, operation) : honest;
}

Verdict stale_compared_32_bits(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::stale) return honest;
  const std::uint64_t now = world.list(list_named(world, operation)).revision;
  const std::uint64_t expected = read(
      operation, [now](const auto& call) { return call.revision.resolve(now); }, now);
  return static_cast<std::uint32_t>(expected) == static_cast<std::uint32_t>(now) ? without_revision(world, operation)
                                                                                 : honest;
}

/// An older revision is refused, a newer one is not: what a comparison by order instead of equality does.
Verdict future_accepted(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::stale) return honest;
  const std::uint64_t now = world.list(list_named(world, operation)).revision;
  const std::uint64_t expected = read(
      operation, [now](const auto& call) { return call.revision.resolve(now); }, now);
  return expected > now ? without_revision(world, operation) : honest;
}

void egress_touches_ingress(World& world, const World&, const Operation&, const Verdict& honest) {
  if (!is_insert(honest) || world.sites().hook(honest.edit.list) != model::Hook::tcx_egress) return;
  const auto other = world.sites().find(model::Hook::tcx_ingress, world.sites().target(honest.edit.list));
  if (other != model::no_list) ++world.mutable_list(other).revision;
}

void other_device_revision(World& world, const World&, const Operation&, const Verdict& honest) {
  if (!is_insert(honest)) return;
  const model::Site site = world.sites()[honest.edit.list];
  for (model::ListIndex list = 0; list < world.sites().size(); ++list)
    if (list != honest.edit.list && world.sites().hook(list) == site.hook &&
        world.has_target(world.sites().target(list)))
      ++world.mutable_list(list).revision;
}

constexpr std::array<PlantedFault, 10> faults{{
    {"revision_not_bumped_on_replace", "a replace leaves the revision as it was", "revision",
     make<Leaves<not_bumped_on_replace>>},
    {"revision_bumped_on_failure", "a refused attach moves the revision of a list that has entries", "atomic",
     make<Leaves<bumped_on_failure>>},
    {"revision_bumped_on_same_update", "a link update to the same program moves the revision", "revision",
     make<Leaves<bumped_on_same_update>>},
    {"revision_not_bumped_on_link_detach", "a link detach leaves the revision as it was", "revision",
     make<Leaves<not_bumped_on_link_detach>>},
    {"revision_kept_after_empty", "a list that becomes empty counts on instead of starting again at 1", "revision",
     make<Leaves<kept_after_empty>>},
    {"stale_ignored", "expected_revision is never compared", "revision outcome", make<Decides<stale_ignored>>},
    {"stale_compared_32_bits", "only the lower half of expected_revision is compared", "revision outcome",
     make<Decides<stale_compared_32_bits>>},
    {"future_revision_accepted", "an expected_revision that is ahead of the list's is let through", "revision outcome",
     make<Decides<future_accepted>>},
    {"egress_touches_ingress", "an attach on egress moves the revision of ingress", "isolation revision",
     make<Leaves<egress_touches_ingress>>},
    {"other_device_revision", "an attach moves the revision of the same hook on the other devices", "isolation",
     make<Leaves<other_device_revision>>},
}};

}  // namespace

std::span<const PlantedFault> revision_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
