// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/scene.hpp"

namespace mprogcheck::properties {

using model::Name;
using model::ObjectKind;

Scene::Scene(const Mix& mix) : world_(mix.declarations) {
  unsigned i = 0;
  for (unsigned n = 0; n < mix.pool; ++n) row_[i++] = Name::pool(n);
  mortals_begin_ = i;
  for (unsigned n = 0; n < mix.mortals; ++n) row_[i++] = Name::mortal(n);
  handles_begin_ = i;
  for (unsigned n = 0; n < mix.handles; ++n) row_[i++] = Name::any(n);
  links_begin_ = i;
  for (unsigned n = 0; n < mix.links; ++n) row_[i++] = Name::link(n);
  end_ = i;
  for (unsigned n = 0; n < Name::pool_count; ++n) program_names_[model::pool_program(n)] = Name::pool(n);
  for (unsigned n = 0; n < Name::filler_count; ++n) program_names_[model::filler_program(n)] = Name::filler(n);
  for (unsigned n = 0; n < Name::object_count; ++n) {
    program_names_[model::guest_program(n)] = Name::object(n);
    link_names_[model::guest_link(n)] = Name::object(n);
  }
}

void Scene::commit(const model::Verdict& verdict) {
  world_.commit(verdict.edit);
  const auto name = verdict.edit.name;
  if (verdict.edit.kind == model::Edit::Kind::load) {
    ++loads_;
    program_names_[world_.handle(name).last] = name;
  } else if (verdict.edit.kind == model::Edit::Kind::create_link) {
    link_names_[world_.handle(name).last] = name;
  }
}

template <typename Predicate>
std::optional<Name> Scene::name_of(ObjectKind kind, std::uint8_t object, Predicate denotes) const {
  const Name first = kind == ObjectKind::program ? program_names_[object] : link_names_[object];
  if (denotes(first)) return first;
  for (unsigned i = handles_begin_; i < links_begin_; ++i)
    if (denotes(row_[i])) return row_[i];
  return std::nullopt;
}

std::optional<Name> Scene::name_by_fd(ObjectKind kind, std::uint8_t object) const {
  return name_of(kind, object, [&](Name name) { return open_object(name, kind) == object; });
}

std::optional<Name> Scene::name_by_id(ObjectKind kind, std::uint8_t object) const {
  return name_of(kind, object, [&](Name name) {
    const auto& handle = world_.handle(name);
    return handle.last == object && handle.last_kind == kind;
  });
}

}  // namespace mprogcheck::properties
