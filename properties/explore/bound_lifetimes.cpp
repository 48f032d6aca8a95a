// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The bound in which everything goes: what holds a program or a link, and each way in which it lets go.
#include "properties/explore/bound_lifetimes.hpp"

#include <utility>

#include "properties/explore/bound.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Device;
using model::Name;
using model::ObjectKind;
using model::Operation;
using model::Qdisc;
using model::Revision;
namespace flag = model::flag;

namespace {

// q0 and h0 are the prelude's: gone, and never bound.
constexpr Name mortal = Name::mortal(1), handle = Name::any(1), never_bound = Name::any(0);
constexpr model::PinName pin{};
constexpr Device device{};
constexpr std::uint32_t closed_fd = 901;

class Spelling {
 public:
  explicit Spelling(const Bound& bound) : bound_(bound), site_{bound.hook, model::Target::device(device.number)} {
    for (unsigned n = 0; n < bound.programs; ++n) programs_.push_back(Argument::of(Name::pool(n)));
    programs_.push_back(Argument::of(mortal));
    programs_.push_back(Argument::of(handle));
    for (unsigned n = 0; n < bound.links; ++n) links_.push_back(Argument::of(Name::link(n)));
    links_.push_back(Argument::of(handle));
    fds_ = programs_;
    fds_.insert(fds_.end(), links_.begin(), links_.end() - 1);
    fds_.push_back(Argument::literal(closed_fd));
  }

  std::vector<Operation> all() {
    attaches();
    detaches();
    of_links();
    handles();
    devices();
    for (const std::uint32_t count : {64U, 0U}) add(model::Query{.site = site_, .count = count});
    return std::move(all_);
  }

 private:
  void add(const Operation& operation) { all_.push_back(operation); }

  /// BEFORE and AFTER, at the end and beside each object, in each way in which it can be said.
  template <typename Visit>
  void places(Visit visit) {
    for (const std::uint32_t direction : {flag::before, flag::after}) {
      visit(direction, Argument{});
      for (const Argument& program : programs_)
        for (const std::uint32_t by_id : {0U, flag::id}) visit(direction | by_id, program);
      for (const Argument& link : links_)
        for (const std::uint32_t by_id : {0U, flag::id}) visit(direction | flag::link | by_id, link);
    }
  }

  void attaches() {
    for (const Argument& program : fds_)
      for (const Revision revision : {Revision{}, Revision::now(1)})
        add(model::Attach{site_, program, 0, {}, {}, revision});
    for (const Argument& program : programs_) {
      places([&](std::uint32_t flags, const Argument& relative) {
        add(model::Attach{site_, program, flags, relative, {}, {}});
      });
      for (const Argument& replaced : fds_) add(model::Attach{site_, program, flag::replace, {}, replaced, {}});
    }
  }
  void detaches() {
    for (const Argument& program : fds_)
      for (const Revision revision : {Revision{}, Revision::now(1)})
        add(model::Detach{site_, program, 0, {}, {}, revision});
    add(model::Detach{site_, {}, 0, {}, {}, {}});
    places([&](std::uint32_t flags, const Argument& relative) {
      add(model::Detach{site_, {}, flags, relative, {}, {}});
    });
  }
  void of_links() {
    for (unsigned n = 0; n < bound_.links; ++n) {
      for (const Argument& program : fds_) add(model::CreateLink{Name::link(n), site_, program, 0, {}, {}});
      for (const Argument& program : programs_)
        add(model::CreateLink{Name::link(n), site_, program, flag::before, {}, {}});
    }
    for (const Argument& link : fds_) {
      add(model::DetachLink{link});
      for (const Argument& program : programs_) {
        add(model::UpdateLink{link, program, 0, {}});
        for (const Argument& old_program : programs_) add(model::UpdateLink{link, program, flag::replace, old_program});
      }
    }
  }
  /// Whatever a handle or a pin is made of is one of the mortal or of a link: more handles of a program that is there
  /// all the time make states, and nothing that goes.
  void handles() {
    std::vector<Argument> from(fds_.begin() + bound_.programs, fds_.end());
    from.push_back(Argument::of(never_bound));
    for (const Argument& one : from) {
      add(model::Dup{handle, one});
      add(model::Pin{pin, one});
      if (!one.named) continue;
      for (const ObjectKind kind : {ObjectKind::program, ObjectKind::link}) add(model::Open{handle, kind, one});
      add(model::Close{one.name()});
    }
    add(model::Get{handle, pin});
    add(model::Unpin{pin});
    add(model::Load{.name = mortal});
  }
  void devices() {
    add(model::RemoveDevice{device});
    add(model::MakeDevice{device});
    for (const bool home : {false, true}) add(model::MoveDevice{device, home});
    for (const Qdisc qdisc : {Qdisc::none, Qdisc::clsact}) add(model::SetQdisc{device, qdisc});
  }

  const Bound& bound_;
  model::Site site_;
  std::vector<Argument> programs_, links_, fds_;  ///< the handle is among the first two
  std::vector<Operation> all_;
};

}  // namespace

std::vector<Operation> lifetime_alphabet_of(const Bound& bound) {
  return Spelling(bound).all();
}

bool is_small(const model::World& world, const Bound& bound) {
  unsigned mortals = 0, links = 0;
  for (unsigned n = model::mortal_program_begin; n < model::program_count; ++n)
    mortals += world.program(static_cast<model::ProgramIndex>(n)).alive ? 1 : 0;
  for (unsigned n = 0; n < model::link_count; ++n) links += world.link(static_cast<model::LinkIndex>(n)).alive ? 1 : 0;
  return mortals <= 1 && links <= bound.links;
}

std::vector<std::string> left_out_by_lifetimes() {
  return {
      "a second mortal program, or more links than names of them, at one time",
      "handles and pins of programs that are there all the time; more than one further handle, one pin, one device",
      "most of what can be said wrong: see the bound without --lifetimes",
      "a qdisc that is no clsact; callers without capabilities; packets",
  };
}

}  // namespace mprogcheck::properties
