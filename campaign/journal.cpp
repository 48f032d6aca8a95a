// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/journal.hpp"

#include <nlohmann/json.hpp>

#include "base/digest.hpp"

namespace mprogcheck {

namespace {

constexpr const char* key = "checksum";

/// A line for each key.
std::string print(const nlohmann::ordered_json& json) {
  std::string text;
  for (const auto& [name, value] : json.items()) {
    text += text.empty() ? "{\n  " : ",\n  ";
    text += nlohmann::ordered_json(name).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + ": ";
    text += value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return text + "\n}\n";
}

}  // namespace

std::string seal(nlohmann::ordered_json json) {
  json.erase(key);
  // What is printed is what is read again: a byte that is no UTF-8 is replaced before it is counted.
  json[key] = fmt::format("{:016x}", Digest().add(print(json)).value());
  return print(json);
}

Result<nlohmann::ordered_json> unseal(std::string_view text) {
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(Error::Kind::usage, "torn, or no journal");
  if (!json.contains(key)) return fail(Error::Kind::usage, "of an earlier mprogcheck, or torn: it has no checksum");
  json.erase(key);
  // Whatever differs from what seal() makes of it was not made by it: spaces and keys that are there twice, too.
  if (seal(json) != text) return fail(Error::Kind::usage, "damaged: its checksum is of something else");
  return json;
}

}  // namespace mprogcheck
