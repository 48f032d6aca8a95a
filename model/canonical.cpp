// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/canonical.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mprogcheck::model {

namespace {

constexpr std::uint8_t unnumbered = 0xff;

/// Numbers objects in the order in which they are met, and writes down what is met.
class Writer {
 public:
  Writer(const World& world, Naming naming) : world_(world), symmetric_(naming == Naming::symmetric) {
    programs_.fill(unnumbered);
    links_.fill(unnumbered);
    files_.fill(unnumbered);
    text_.reserve(64);
  }

  std::string write() {
    for (unsigned n = 0; n < Device::count; ++n) {
      if (!world_.has_device(n)) continue;
      const DeviceState& state = world_.device({static_cast<std::uint8_t>(n)});
      put(n, state.away ? 1 : 0, state.qdisc, state.made_as.kind, state.made_as.policy, state.made_as.peer_policy);
      for (unsigned hook = 0; hook < hooks; ++hook) list(list_of(static_cast<Hook>(hook), n));
    }
    for (unsigned n = 0; n < PinName::count; ++n) {
      const PinnedObject& pin = world_.pinned({static_cast<std::uint8_t>(n)});
      if (!pin.held) continue;
      put('b', n);
      object(pin.kind, pin.object);
    }
    names();
    for (const LinkIndex link : met_) describe(link);
    return std::move(text_);
  }

 private:
  template <typename... Bytes>
  void put(Bytes... bytes) {
    (text_.push_back(static_cast<char>(bytes)), ...);
  }

  void program(ProgramIndex index) {
    const bool interchangeable = index >= mortal_program_begin || (symmetric_ && index < Name::pool_count);
    if (!interchangeable || index >= program_count) return put('F', index);
    if (programs_[index] == unnumbered) programs_[index] = next_program_++;
    const Program& program = world_.program(index);
    put('P', programs_[index], program.type, program.returns);
  }

  void link(LinkIndex index) {
    if (links_[index] == unnumbered) {
      links_[index] = static_cast<std::uint8_t>(met_.size());
      met_.push_back(index);
    }
    put(links_[index]);
  }

  void object(ObjectKind kind, std::uint8_t index) {
    put(kind);
    if (kind == ObjectKind::program)
      program(index);
    else if (kind == ObjectKind::link)
      link(index);
    else
      put(index);
  }

  void list(ListIndex index) {
    const OrderedList& list = world_.list(index);
    put(list.current() == 1 ? 1 : 2, list.count);
    for (const Entry& entry : list.entries()) {
      program(entry.program);
      if (entry.link == no_link)
        put('-');
      else
        link(entry.link);
    }
  }

  void describe(LinkIndex index) {
    const Link& link = world_.link(index);
    put(link.alive ? 1 : 0, link.list);
    program(link.program);
  }

  void name(Name name) {
    const Handle& handle = world_.handle(name);
    if (handle.file == no_file) {
      put('c');
    } else {
      if (files_[handle.file] == unnumbered) files_[handle.file] = next_file_++;
      put('o', files_[handle.file]);
    }
    if (handle.last == 0xff)
      put('g');
    else
      object(handle.last_kind, handle.last);
  }

  /// Those that were never spoken of say nothing.
  [[nodiscard]] bool is_fresh(unsigned slot) const {
    const Handle& handle = world_.handle({static_cast<std::uint8_t>(slot)});
    const bool bound_at_start = slot < Name::mortal_begin || slot >= Name::filler_begin;
    if (!bound_at_start) return handle.file == no_file && handle.last == 0xff;
    // At the start each has a file of its own number.
    return handle.file == slot && handle.last != 0xff && world_.file(handle.file).object == handle.last &&
           (slot >= Name::mortal_begin || handle.last == slot);
  }

  void names() {
    std::array<std::uint8_t, Name::link_count> links{};
    std::size_t count = 0;
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      if (is_fresh(slot)) continue;
      if (symmetric_ && slot >= Name::link_begin && slot < Name::any_begin) {
        links[count++] = static_cast<std::uint8_t>(slot);
        continue;
      }
      put('n', slot);
      name({static_cast<std::uint8_t>(slot)});
    }
    if (!symmetric_) return;
    // Links in lists by their place there; the others by what is known of them without a number for them.
    const auto rank = [this](std::uint8_t slot) {
      const Handle& handle = world_.handle({slot});
      const bool is_link = handle.last != 0xff && handle.last_kind == ObjectKind::link;
      const unsigned number = is_link ? links_[handle.last] : unnumbered;
      const ProgramIndex program = is_link ? world_.link(handle.last).program : no_program;
      const unsigned holds = program == no_program                                         ? 0x200U
                             : program < program_count && programs_[program] != unnumbered ? programs_[program]
                                                                                           : 0x100U;
      return std::array<unsigned, 3>{number, holds, handle.file == no_file ? 1U : 0U};
    };
    std::stable_sort(links.begin(), links.begin() + static_cast<std::ptrdiff_t>(count),
                     [&](std::uint8_t a, std::uint8_t b) { return rank(a) < rank(b); });
    for (std::size_t n = 0; n < count; ++n) {
      put('l');
      name({links[n]});
    }
  }

  const World& world_;
  bool symmetric_;
  std::string text_;
  std::vector<LinkIndex> met_;  ///< by number
  std::array<std::uint8_t, program_count> programs_{};
  std::array<std::uint8_t, link_table> links_{};
  std::array<std::uint8_t, Name::slots + 1> files_{};
  std::uint8_t next_program_ = 0, next_file_ = 0;
};

}  // namespace

std::string canonical(const World& world, Naming naming) {
  return Writer(world, naming).write();
}

}  // namespace mprogcheck::model
