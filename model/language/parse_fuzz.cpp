// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// libFuzzer: whatever the bytes, parsing gives valid sequences whose printed form is a fixed point, or an error inside
// the text. A corpus to start from is any file in the sequence language.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/language/case.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mprogcheck::model;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_all(text);
  require(parse(text).has_value() == (parsed && parsed->size() == 1));
  const auto cases = parse_cases(text);
  require(cases.has_value() == parsed.has_value() && (!cases || cases->size() == parsed->size()));
  if (!parsed) {
    const SyntaxError& error = parsed.error();
    require(error.line >= 1 && error.line <= size + 1 && error.column >= 1 && error.column <= size + 1);
    require(error.to_string("file").find_first_of("\r\n") == std::string::npos);
    return 0;
  }
  for (const Sequence& sequence : *parsed) {
    require(!validate(sequence));
    for (const Operation& operation : sequence.operations) require(parse_operation(print(operation)) == operation);
  }
  const std::string printed = print_all(*parsed);
  const auto again = parse_all(printed);
  require(again && *again == *parsed && print_all(*again) == printed);
  return 0;
}
