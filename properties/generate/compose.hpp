// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "properties/generate/departure.hpp"
#include "properties/generate/lifetime.hpp"
#include "properties/generate/scene.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// Makes operations that mean something in the scene as it is: relatives that are in the list, replace targets in their
/// place, links that are alive. Not all succeed: that is what the mix's shares of crossing and staleness are for.
class Composer {
 public:
  /// All three must outlive it; `hooks` has at least one.
  Composer(const Mix& mix, std::span<const model::Hook> hooks, const Scene& scene, RandomStream& random);

  model::Operation next();
  /// Where most of it happens.
  [[nodiscard]] const model::Site& home() const { return home_; }
  /// The next one follows from what came before; another draw in its place would lose it.
  [[nodiscard]] bool is_settled() const { return opening_ || leave_ || use_ || is_departing(); }
  /// It and the next few belong together, and are to be made as they are.
  [[nodiscard]] bool is_departing() const { return !departing_.empty() || departs_now(); }
  /// To be told of every operation that was really made, and its verdict: some suggest what comes next.
  void follow(const model::Operation& operation, const model::Verdict& verdict);

 private:
  struct Directive {
    std::uint32_t flags = 0;
    model::Argument relative;
  };

  Action draw_action();
  model::Operation make(Action action);
  model::Operation attach();
  model::Operation replace();
  model::Operation detach();
  model::Operation detach_at();
  model::Operation link();
  model::Operation update();
  model::Operation detach_link();
  model::Operation close();
  model::Operation dup();
  model::Operation open();
  model::Operation next_id(model::ObjectKind kind, model::Name name);
  model::Operation load();
  model::Operation query();
  model::Operation fill();
  model::Operation run();

  [[nodiscard]] bool departs_now() const {
    return departs_ && made_ >= mix_.departs_after && !opening_ && !leave_ && !use_;
  }
  model::Site draw_site();
  model::Revision draw_revision();
  model::Name program_to_attach();
  /// An open program of the hook's type that is not in the list, if there is one.
  model::Name program_beside(const model::OrderedList& list);
  std::optional<model::Name> link_handle(bool attached);
  model::Name name_to_bind(Scene::Names names);
  unsigned entry_in(const model::OrderedList& list);
  unsigned entry_owned_by_none(const model::OrderedList& list);
  /// A name for the program there, by which it can be detached or replaced, or one that is not in the list at all.
  std::optional<model::Name> program_at(unsigned index);
  /// Makes the entry the directive's relative, in one of the ways in which it can be named.
  void point_at(const model::Entry& entry, Directive& directive);
  Directive draw_position();
  /// What is true of the entry at that index, or nearly.
  Directive draw_place_of(unsigned index);
  [[nodiscard]] const model::OrderedList& list() const { return scene_.world().list(list_); }

  const Mix& mix_;
  std::span<const model::Hook> hooks_;
  const Scene& scene_;
  RandomStream& random_;
  model::Site home_;
  model::Site site_;                  ///< of the operation being made
  model::ListIndex list_ = 0;         ///< the list there
  std::optional<model::Name> use_;    ///< a program that was just loaded: the next one to attach
  std::optional<model::Name> leave_;  ///< a handle that was just made superfluous: the next one to close
  Lifetimes lifetimes_;
  Departures departures_;
  std::vector<model::Operation> departing_;  ///< what is left of it, the next one last
  bool departs_;                             ///< that is still to come
  unsigned made_ = 0;                        ///< operations
  bool opening_ = true;
};

}  // namespace mprogcheck::properties
