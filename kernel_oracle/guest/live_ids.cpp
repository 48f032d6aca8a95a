// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/live_ids.hpp"

#include <bpf/bpf.h>

#include <cerrno>

namespace mprogcheck::guest {

bool LiveIds::look() {
  for (const auto kind : {model::ObjectKind::program, model::ObjectKind::link})
    if (!walk(kind, seen_[index(kind)])) return false;
  return true;
}

bool LiveIds::keep_what_is_there() {
  if (!look()) return false;
  kept_ = seen_;
  return true;
}

bool LiveIds::walk(model::ObjectKind kind, Ids& ids) {
  const auto next_of = kind == model::ObjectKind::link ? bpf_link_get_next_id : bpf_prog_get_next_id;
  ids.clear();
  std::uint32_t id = 0;
  int error = 0;
  while ((error = next_of(id, &id)) == 0) ids.push_back(id);
  return error == -ENOENT;
}

}  // namespace mprogcheck::guest
