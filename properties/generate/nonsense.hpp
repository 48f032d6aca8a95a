// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <span>

#include "properties/generate/scene.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// Spoils an operation that meant something in one or two of its fields: wrong types, closed and unbound names, ids of
/// what is gone, literals, flag words, revisions, devices that are not there. Which of several errors wins is worth
/// asking, and now and then the result means something after all. Stays within what model::validate() allows.
class Nonsense {
 public:
  Nonsense(const Mix& mix, std::span<const model::Hook> hooks, const Scene& scene, RandomStream& random)
      : mix_(mix), hooks_(hooks), scene_(scene), random_(random) {}

  void spoil(model::Operation& operation);

 private:
  /// One of the fields whose role says what makes no sense there, unless something else is said below.
  template <typename Call>
  void spoil(Call& call);
  struct FieldSpoiler;
  void spoil(model::Attach& call) { spoil_program_call(call); }
  void spoil(model::Detach& call);
  void spoil(model::CreateLink& call);
  void spoil(model::UpdateLink& call);
  bool update_with_map(model::UpdateLink& call);
  bool link_beside_itself(model::CreateLink& call);
  bool detach_beside_no_program(model::Detach& call);
  void spoil(model::Close& call);
  void spoil(model::Dup& call);
  void spoil(model::Load& call);
  void spoil(model::Query& call);
  void spoil(model::Pin& call);
  model::Device any_device() { return {static_cast<std::uint8_t>(random_.below(model::Device::count))}; }
  model::PinName any_pin() { return {static_cast<std::uint8_t>(random_.below(model::PinName::count))}; }

  template <typename Call>
  void spoil_program_call(Call& call);
  /// The fields that attach, detach and link have in common.
  template <typename Call>
  void spoil_common(Call& call);
  void spoil_flags(std::uint32_t& flags);

  model::Name any_name();
  model::Name closed_name();
  std::optional<model::Name> stray_link(const model::Site& site);
  model::Name of_other_kind(model::ObjectKind wanted);
  /// One of the guest's objects, by preference of that kind; only if there is any.
  model::Name guest_object(model::ObjectKind wanted);
  [[nodiscard]] bool chance_of_guest_object(std::uint32_t share) { return mix_.objects != 0 && random_.chance(share); }
  model::Argument odd_fd(model::ObjectKind wanted);
  model::Argument odd_id();
  model::Revision odd_revision();
  model::Site odd_site(bool also_peers = true);

  const Mix& mix_;
  std::span<const model::Hook> hooks_;
  const Scene& scene_;
  RandomStream& random_;
};

}  // namespace mprogcheck::properties
