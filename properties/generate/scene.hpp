// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/world.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// The world as it is before the operation that is being made, and the names by which a sequence can speak of it. Names
/// in use stand in one row, programs' names first, links' names last, handles (which can be either) between.
class Scene {
 public:
  explicit Scene(const Mix& mix);

  [[nodiscard]] const model::World& world() const { return world_; }
  [[nodiscard]] unsigned loads() const { return loads_; }
  /// What the operation comes to is then done.
  void commit(const model::Verdict& verdict);

  struct Names {
    unsigned begin, end;  ///< of the row
    [[nodiscard]] unsigned size() const { return end - begin; }
  };
  [[nodiscard]] Names programs() const { return {0, links_begin_}; }
  [[nodiscard]] Names mortals() const { return {mortals_begin_, handles_begin_}; }
  [[nodiscard]] Names handles() const { return {handles_begin_, links_begin_}; }
  [[nodiscard]] Names links() const { return {handles_begin_, end_}; }
  [[nodiscard]] Names link_names() const { return {links_begin_, end_}; }
  [[nodiscard]] Names all() const { return {0, end_}; }
  [[nodiscard]] model::Name at(unsigned i) const { return row_[i]; }

  /// A random name for which the predicate holds, if there is one.
  template <typename Predicate>
  std::optional<model::Name> pick(RandomStream& random, Names names, Predicate holds) const {
    if (names.size() == 0) return std::nullopt;
    const unsigned start = random.below(names.size());
    for (unsigned step = 0, i = names.begin + start; step < names.size(); ++step) {
      if (holds(row_[i])) return row_[i];
      if (++i == names.end) i = names.begin;
    }
    return std::nullopt;
  }

  [[nodiscard]] bool is_open(model::Name name) const { return world_.handle(name).file != model::no_file; }
  /// id(name) denotes nothing: the name was never bound, or what it was bound to is no more.
  [[nodiscard]] bool is_gone(model::Name name) const { return world_.handle(name).last == 0xff; }
  /// The object of that kind that the name's file descriptor denotes.
  [[nodiscard]] std::optional<std::uint8_t> open_object(model::Name name, model::ObjectKind kind) const {
    const auto file = world_.handle(name).file;
    if (file == model::no_file || world_.file(file).kind != kind) return std::nullopt;
    return world_.file(file).object;
  }
  /// A name whose file descriptor, or whose id, denotes the object; none if the sequence has lost sight of it.
  [[nodiscard]] std::optional<model::Name> name_by_fd(model::ObjectKind kind, std::uint8_t object) const;
  [[nodiscard]] std::optional<model::Name> name_by_id(model::ObjectKind kind, std::uint8_t object) const;

 private:
  template <typename Predicate>
  [[nodiscard]] std::optional<model::Name> name_of(model::ObjectKind kind, std::uint8_t object,
                                                   Predicate denotes) const;

  model::World world_;
  unsigned loads_ = 0;
  unsigned mortals_begin_, handles_begin_, links_begin_, end_;
  std::array<model::Name, model::Name::filler_begin> row_;
  std::array<model::Name, model::program_table> program_names_;  ///< each object's first name
  std::array<model::Name, model::link_table> link_names_;
};

}  // namespace mprogcheck::properties
