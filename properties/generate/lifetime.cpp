// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/lifetime.hpp"

namespace mprogcheck::properties {

using model::Argument;
using model::Device;
using model::Name;
using model::Operation;
using model::PinName;
using model::Qdisc;

namespace {

constexpr unsigned pins_in_use = 3;

}  // namespace

std::optional<Operation> Lifetimes::next(model::Target target) {
  const Device device{static_cast<std::uint8_t>(target.value)};
  if (mix_.of_devices != 0) {
    // Where there is no device little can happen: it comes back soon.
    const bool at_home = scene_.world().is_at_home(device.number);
    if (random_.chance(at_home ? mix_.of_devices : 90)) return of_device(device);
  }
  if (mix_.of_qdiscs != 0 && random_.chance(mix_.of_qdiscs)) return of_qdisc(device);
  if (mix_.of_pins != 0 && random_.chance(mix_.of_pins)) return of_pin();
  return std::nullopt;
}

Operation Lifetimes::of_device(Device device) {
  const bool usual = !random_.chance(16);
  if (!scene_.world().has_device(device.number)) {
    if (usual) return model::MakeDevice{device};
  } else if (scene_.world().device(device).away) {
    if (usual) return model::MoveDevice{device, true};
  } else if (usual) {
    if (random_.chance(110)) return model::RemoveDevice{device};
    return model::MoveDevice{device, false};
  }
  switch (random_.below(4)) {
    case 0:
      return model::RemoveDevice{device};
    case 1:
      return model::MakeDevice{device};
    case 2:
      return model::MoveDevice{device, true};
    default:
      return model::MoveDevice{device, false};
  }
}

Operation Lifetimes::of_qdisc(Device device) {
  static constexpr std::array<Qdisc, 8> kinds{Qdisc::none,   Qdisc::none,   Qdisc::ingress, Qdisc::ingress,
                                              Qdisc::clsact, Qdisc::clsact, Qdisc::clsact,  Qdisc::clsact};
  return model::SetQdisc{device, kinds[random_.below(kinds.size())]};
}

std::optional<PinName> Lifetimes::pick_pin(bool held) {
  const unsigned start = random_.below(pins_in_use);
  for (unsigned i = 0; i < pins_in_use; ++i) {
    const PinName pin{static_cast<std::uint8_t>((start + i) % pins_in_use)};
    if (scene_.world().pinned(pin).held == held) return pin;
  }
  return std::nullopt;
}

/// Links and mortals by preference: what a pin can keep alive.
Operation Lifetimes::of_pin() {
  const unsigned way = random_.below(8);
  const auto held = pick_pin(!random_.chance(12));
  if (way < 2 && held && mix_.handles != 0) {
    const auto closed = scene_.pick(random_, scene_.handles(), [this](Name n) { return !scene_.is_open(n); });
    return model::Get{closed ? *closed : scene_.at(scene_.handles().begin), *held};
  }
  if (way < 4 && held) return model::Unpin{*held};
  const auto pin = pick_pin(random_.chance(12));
  const auto names = random_.chance(30) ? scene_.all() : Scene::Names{scene_.mortals().begin, scene_.all().end};
  auto name = scene_.pick(random_, names, [this](Name n) { return scene_.is_open(n); });
  if (!name) name = scene_.at(0);
  return model::Pin{pin ? *pin : PinName{}, Argument::of(*name)};
}

std::optional<Name> Lifetimes::left_to_its_pin(const Operation& operation) {
  const auto* pin = std::get_if<model::Pin>(&operation);
  if (pin == nullptr || !pin->from.named || pin->from.name().letter() == 'p' || pin->from.name().letter() == 'o' ||
      !random_.chance(140))
    return std::nullopt;
  return pin->from.name();
}

}  // namespace mprogcheck::properties
