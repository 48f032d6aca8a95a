// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/query.hpp"

namespace mprogcheck::model {

namespace {

/// Where the fields of bpf_attr's `query` end (uapi/linux/bpf.h).
constexpr unsigned query_flags_end = 12, attach_flags_end = 16, prog_ids_end = 24, count_end = 28, prog_flags_end = 40,
                   link_ids_end = 48, link_flags_end = 56, revision_end = Query::whole_size;

}  // namespace

Query as_read(const Query& query) {
  Query read = query;
  const auto lost = [&query](unsigned end) { return query.size < end; };
  const auto null = [&read](std::uint8_t array) { read.without = static_cast<std::uint8_t>(read.without | array); };
  if (lost(query_flags_end)) read.query_flags = 0;
  if (lost(attach_flags_end)) read.attach_flags = 0;
  if (lost(prog_ids_end)) null(Query::array_prog_ids);
  if (lost(count_end)) read.count = 0;
  if (lost(prog_flags_end)) null(Query::array_prog_flags);
  if (lost(link_ids_end)) null(Query::array_link_ids);
  if (lost(link_flags_end)) null(Query::array_link_flags);
  return read;
}

Rule decide_query(const Query& query, const OrderedList& list) {
  const Query read = as_read(query);
  if (read.query_flags != 0 || read.attach_flags != 0) return Rule::query_flags;
  return decide_room(query, list.count);
}

Rule decide_room(const Query& query, std::uint32_t count) {
  const Query read = as_read(query);
  const bool asks_for_ids = read.count != 0 && (read.without & Query::array_prog_ids) == 0;
  if (asks_for_ids && read.count < count) return Rule::query_short;
  return query.size >= revision_end ? Rule::query_done : Rule::query_narrow;
}

}  // namespace mprogcheck::model
