// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a query writes, of a list or of what is effective.
#include <algorithm>

#include "model/hooks/family.hpp"
#include "model/query.hpp"

namespace mprogcheck::model {

namespace {

/// Where fields of bpf_attr's `query` end (uapi/linux/bpf.h).
constexpr unsigned attach_flags_end = 16, count_end = 28, revision_end = Query::whole_size;

}  // namespace

Answer answer_to(const World& world, const Query& query, ListIndex at) {
  const Query read = as_read(query);
  Answer answer;
  const auto write = [&](std::span<const Entry> entries) {
    if (query.size >= count_end) answer.count = static_cast<std::uint32_t>(entries.size());
    if ((read.without & Query::array_prog_ids) != 0) return;
    answer.length = std::min<std::uint32_t>(read.count, static_cast<std::uint32_t>(entries.size()));
    std::copy_n(entries.begin(), answer.length, answer.slots.begin());
  };
  const Site site = world.sites()[at];
  if ((read.query_flags & Query::effective) != 0 && target_kind(site.hook) == TargetKind::cgroup) {
    std::array<Entry, Effective::most> entries{};
    const Effective all = effective(world, site.hook, {static_cast<std::uint8_t>(site.target.number())});
    std::ranges::transform(all.ran(), entries.begin(), [](ProgramIndex program) { return Entry{program}; });
    write(std::span(entries).first(all.count));
    return answer;
  }
  const OrderedList list = world.shown(at);
  if (query.size >= revision_end) answer.revision = list.revision;
  if (query.size >= attach_flags_end) answer.mode = list.mode;
  write(list.entries());
  if ((read.without & Query::array_link_ids) != 0)
    for (Entry& entry : answer.slots) entry.link = no_link;
  return answer;
}

}  // namespace mprogcheck::model
