// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "properties/departure.hpp"
#include "properties/generate/scene.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// A few operations that belong together: mortals and links come to be held by one holder alone, and then it goes. By
/// habit a campaign meets most such departures once in ten thousand sequences, and each is a leak of its own.
class Departures {
 public:
  /// All must outlive it. `hooks`: that may be attached to.
  Departures(const Mix& mix, std::span<const model::Hook> hooks, const Scene& scene, RandomStream& random)
      : mix_(mix), hooks_(hooks), scene_(scene), random_(random) {}

  /// Around that hook, as the mix says; begins with the scene as it is.
  std::vector<model::Operation> around(const model::Site& home);

 private:
  /// By what something is held: a name or, if there is none, the pin.
  struct Place {
    Holder holder;
    std::optional<model::Name> name;
  };

  void prepare();
  void programs_by_handles(Way way);
  void entries();
  void links(Held state, Way way);
  void changes(Way change, Way way);

  model::Name load();
  model::Name program();
  void attach(model::Site site, model::Name program, std::uint32_t flags);
  void detach(model::Name program);
  void add_entry(bool again);
  model::Name link(bool of_mortal);
  Place hand_over(model::Name name, Holder holder);
  void let_go(const Place& place, Way way);
  [[nodiscard]] std::span<const Holder> holders(bool pins) const;
  template <typename Call>
  void add(Call call) {
    operations_.emplace_back(call);
  }

  const Mix& mix_;
  std::span<const model::Hook> hooks_;
  const Scene& scene_;
  RandomStream& random_;
  model::Site home_{};
  model::Device device_{};
  model::Name mortal_{};           ///< the one that is made anew for each
  std::vector<model::Name> pool_;  ///< programs that are in no list of the device
  unsigned handles_ = 0, links_ = 0;
  std::vector<model::Operation> operations_;
};

}  // namespace mprogcheck::properties
