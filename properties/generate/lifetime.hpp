// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>

#include "properties/generate/scene.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// Makes operations on devices, their qdiscs and pins, as often as the mix says: most mixes have none, for they cost as
/// much as dozens of others.
class Lifetimes {
 public:
  /// All three must outlive it.
  Lifetimes(const Mix& mix, const Scene& scene, RandomStream& random) : mix_(mix), scene_(scene), random_(random) {}

  /// The next operation, if it is to be one of these. `target` is the device that the sequence is about to use.
  std::optional<model::Operation> next(model::Target target);
  /// The name of a handle that was just pinned, and that is to be closed so that the pin is the last holder.
  std::optional<model::Name> left_to_its_pin(const model::Operation& operation);

 private:
  model::Operation of_device(model::Device device);
  model::Operation of_qdisc(model::Device device);
  model::Operation of_pin();
  std::optional<model::PinName> pick_pin(bool held);

  const Mix& mix_;
  const Scene& scene_;
  RandomStream& random_;
};

}  // namespace mprogcheck::properties
