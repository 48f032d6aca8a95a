// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire_operation.hpp"

#include <type_traits>
#include <utility>
#include <variant>

#include "model/sequence.hpp"

namespace mprogcheck::wire {

namespace {

using model::AnyCall;
using model::Argument;
using model::Operation;
using model::Revision;
using model::Site;
using model::role::Any;

template <typename Field>
concept Number = std::is_enum_v<Field> || std::is_integral_v<Field>;

class Put {
 public:
  explicit Put(std::uint8_t* to) : to_(to) {}

  void operator()(Any /*role*/, const Argument& argument) {
    number(argument.named);
    number(argument.value);
  }
  void operator()(Any /*role*/, const Revision& revision) {
    number(revision.relative);
    number(revision.value);
  }
  void operator()(Any /*role*/, const Site& site) {
    number(site.hook);
    number(site.target.value);
  }
  void operator()(Any /*role*/, model::Name name) { number(name.slot); }
  void operator()(Any /*role*/, model::PinName pin) { number(pin.number); }
  void operator()(Any /*role*/, model::Device device) { number(device.number); }
  void operator()(Any /*role*/, model::Cgroup cgroup) { number(cgroup.number); }
  void operator()(Any /*role*/, model::Caller caller) { number(caller.number); }
  void operator()(Any /*role*/, Number auto field) { number(field); }

 private:
  void number(bool value) { *to_++ = value ? 1 : 0; }
  template <Number Field>
  void number(Field value) {
    if constexpr (std::is_enum_v<Field>) {
      number(static_cast<std::underlying_type_t<Field>>(value));
    } else {
      Buffer::store(to_, value);
      to_ += sizeof value;
    }
  }

  std::uint8_t* to_;
};

/// There are as many bytes as the call takes.
class Get {
 public:
  explicit Get(const std::uint8_t* from) : from_(from) {}
  [[nodiscard]] bool good() const { return good_; }

  void operator()(Any /*role*/, Argument& argument) {
    number(argument.named);
    number(argument.value);
  }
  void operator()(Any /*role*/, Revision& revision) {
    number(revision.relative);
    number(revision.value);
  }
  void operator()(Any /*role*/, Site& site) {
    number(site.hook);
    number(site.target.value);
  }
  void operator()(Any /*role*/, model::Name& name) { number(name.slot); }
  void operator()(Any /*role*/, model::PinName& pin) { number(pin.number); }
  void operator()(Any /*role*/, model::Device& device) { number(device.number); }
  void operator()(Any /*role*/, model::Cgroup& cgroup) { number(cgroup.number); }
  void operator()(Any /*role*/, model::Caller& caller) { number(caller.number); }
  void operator()(Any /*role*/, Number auto& field) { number(field); }

 private:
  void number(bool& value) {
    good_ = good_ && *from_ <= 1;
    value = *from_++ != 0;
  }
  template <Number Field>
  void number(Field& value) {
    if constexpr (std::is_enum_v<Field>) {
      value = static_cast<Field>(Reader::load<std::underlying_type_t<Field>>(from_));
    } else {
      value = Reader::load<Field>(from_);
    }
    from_ += sizeof value;
  }

  const std::uint8_t* from_;
  bool good_ = true;
};

/// By the number of the call: makes the operation one of those.
using BecomeCall = void (*)(AnyCall&);
template <std::size_t... n>
constexpr std::array<BecomeCall, sizeof...(n)> each_call(std::index_sequence<n...> /*calls*/) {
  return {[](AnyCall& call) { call.emplace<n>(); }...};
}
constexpr std::size_t calls = std::variant_size_v<AnyCall>;
constexpr auto become_call = each_call(std::make_index_sequence<calls>());

/// The tables of the guest have such slots.
bool can_be(const Foreseen& foreseen, const Operation& operation) {
  const bool unpins = std::holds_alternative<model::Unpin>(operation);
  const bool removes = std::holds_alternative<model::RemoveCgroup>(operation);
  if (foreseen.dying > (unpins ? 2 : removes ? 1 : 0)) return false;
  if (std::holds_alternative<model::CreateLink>(operation)) return foreseen.made < model::link_count;
  if (std::holds_alternative<model::Load>(operation))
    return foreseen.made >= model::mortal_program_begin && foreseen.made < model::program_count;
  return foreseen.made == 0;
}

}  // namespace

void put_operation(Buffer& buffer, const Operation& operation) {
  std::uint8_t* const to = buffer.room(operation_sizes[operation.index()]);
  *to = static_cast<std::uint8_t>(operation.index());
  fields(operation, Put(to + 1));
}

bool get_operation(Reader& reader, Operation& operation) {
  const std::size_t call = reader.u8();
  if (reader.failed() || call >= calls) return false;
  const auto bytes = reader.bytes(operation_sizes[call] - 1);
  if (reader.failed()) return false;
  become_call[call](operation);
  Get get(bytes.data());
  fields(operation, get);
  return get.good() && !model::validate(operation);
}

void put_step(Buffer& buffer, const Step& step) {
  buffer.u16(step.foreseen.observe);
  buffer.u8(step.foreseen.made);
  buffer.u8(step.foreseen.dying);
  put_operation(buffer, step.operation);
}

bool get_step(Reader& reader, Step& step) {
  step.foreseen.observe = reader.u16();
  step.foreseen.made = reader.u8();
  step.foreseen.dying = reader.u8();
  return get_operation(reader, step.operation) && can_be(step.foreseen, step.operation);
}

}  // namespace mprogcheck::wire
