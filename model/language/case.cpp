// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/case.hpp"

#include <algorithm>

#include "model/language/print.hpp"
#include "model/visit_names.hpp"

namespace mprogcheck::model {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool Case::expects() const {
  return std::ranges::any_of(expectations, [](const auto& expectation) { return expectation.has_value(); });
}

std::vector<std::string> undeclared_names(const Sequence& sequence) {
  std::vector<std::string> names;
  const auto note = [&names](std::string name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  };
  std::array<bool, Name::slots> bound{};
  for (unsigned n = 0; n < Name::pool_count; ++n) bound[Name::pool(n).slot] = sequence.declarations.has_program(n);
  for (unsigned n = 0; n < Name::filler_count; ++n) bound[Name::filler(n).slot] = true;
  for (unsigned n = 0; n < Name::object_count; ++n) bound[Name::object(n).slot] = true;
  std::array<bool, PinName::count> pinned{};
  std::uint32_t devices = sequence.declarations.devices, cgroups = sequence.declarations.cgroups;
  // Whatever binds a name, however late and whether or not it will succeed, shows that the name is meant.
  for (const Operation& operation : sequence.operations) {
    std::visit(
        [&](const auto& call) {
          using Call = std::remove_cvref_t<decltype(call)>;
          if constexpr (requires { call.name; } && !std::is_same_v<Call, Close>) bound[call.name.slot] = true;
          if constexpr (std::is_same_v<Call, Pin>) pinned[call.pin.number] = true;
          if constexpr (std::is_same_v<Call, MakeDevice>) devices |= 1U << call.device.number;
          if constexpr (std::is_same_v<Call, MakeCgroup>) cgroups |= 1U << call.cgroup.number;
        },
        operation);
  }
  for (const Operation& operation : sequence.operations) {
    const auto of_cgroup = [&](std::uint32_t number) {
      if (number < Cgroup::count && (cgroups >> number & 1U) == 0) note("c" + std::to_string(number));
    };
    const auto of_device = [&](std::uint32_t number) {
      if (number < Device::count && (devices >> number & 1U) == 0) note("d" + std::to_string(number));
    };
    const auto site = site_of(operation);
    if (site && (site->target.is_device() || site->target.is_peer())) of_device(site->target.number());
    if (site && site->target.is_cgroup()) of_cgroup(site->target.number());
    if (const auto cgroup = cgroup_of(operation)) of_cgroup(cgroup->number);
    if (const auto device = device_of(operation)) of_device(device->number);
    visit_names(operation, [&](Name name) {
      if (!bound[name.slot]) note(print(name));
    });
    std::visit(
        [&](const auto& call) {
          if constexpr (requires { call.pin; })
            if (!pinned[call.pin.number]) note("b" + std::to_string(call.pin.number));
        },
        operation);
  }
  return names;
}

std::string title_of(std::string_view text) {
  const auto next_line = [&text] { text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1); };
  while (!text.empty()) {
    next_line();
    std::string_view line = trimmed(text.substr(0, text.find('\n')));
    if (!line.starts_with('#')) break;
    while (line.starts_with('#') || line.starts_with(' ')) line.remove_prefix(1);
    if (!line.empty()) return std::string(line);
  }
  return {};
}

std::string with_expectations(std::string_view text, const std::vector<Case>& cases,
                              const std::vector<std::vector<std::string>>& expectations) {
  auto lines = lines_of(text);
  std::vector<std::string> written(lines.begin(), lines.end());
  for (std::size_t c = 0; c < cases.size(); ++c) {
    // What is an operation, and what is a comment.
    struct Parts {
      std::string_view operation, comment;
    };
    std::vector<Parts> parts;
    std::size_t width = 0;
    for (const std::size_t number : cases[c].lines) {
      const std::string_view line = lines[number - 1];
      const auto hash = std::min(line.find('#'), line.size());
      const auto operation = trimmed(line.substr(0, std::min(line.substr(0, hash).find("=>"), hash)));
      parts.push_back({operation, trimmed(line.substr(hash))});
      width = std::max(width, operation.size());
    }
    constexpr std::size_t widest = 64;
    for (std::size_t n = 0; n < parts.size(); ++n) {
      std::string& line = written[cases[c].lines[n] - 1];
      line = parts[n].operation;
      line.resize(std::max(line.size(), std::min(width, widest)), ' ');
      line += "  " + expectations[c][n];
      if (!parts[n].comment.empty()) line += "  " + std::string(parts[n].comment);
    }
  }
  std::string all;
  for (const std::string& line : written) all += line + "\n";
  return all;
}

}  // namespace mprogcheck::model
