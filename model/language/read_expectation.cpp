// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/read_expectation.hpp"

#include <limits>

namespace mprogcheck::model {

namespace {

/// A site is named by its hook.
bool begins_site(const Token& token) {
  return position_in(hook_names, token.text).has_value();
}

class ExpectationReader {
 public:
  ExpectationReader(Reader& in, const Operation& operation) : in_(in), own_(site_of(operation)) {}

  bool read(Expectation& out) {
    if (!outcome(out.outcome)) return false;
    while (!in_.peek().ends_line()) {
      const Token first = in_.peek();
      if (in_.accept("by") && !out.rule) {
        if (!rule(out.rule.emplace())) return false;
      } else if (in_.accept("list")) {
        if (!list(out, first)) return false;
      } else if (in_.accept("revision")) {
        if (out.lists.empty() && !site(out.lists.emplace_back().site)) return false;
        if (out.lists.back().revision) return in_.fail_since(first, "one revision of each list");
        if (!in_.number(out.lists.back().revision.emplace(), most, "a revision: a number of 64 bits")) return false;
      } else if (in_.accept("ran") && !out.ran) {
        if (!ran(out.ran.emplace())) return false;
      } else if (in_.accept("packet") && !out.packet) {
        if (!packet(out.packet.emplace())) return false;
      } else if (in_.accept("object") && !out.object) {
        if (!in_.name(out.object.emplace())) return false;
      } else {
        return in_.fail("by RULE, list, revision, ran, packet, object, each once, or the end of the line");
      }
    }
    return true;
  }

 private:
  static constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

  bool outcome(Outcome& out) {
    constexpr std::string_view expected = "an outcome: ok, or an errno such as -EBUSY";
    if (in_.accept("ok")) return true;
    if (!in_.keyword("-", expected)) return false;
    const auto known = outcome_named("-" + std::string(in_.peek().text));
    if (!known) return in_.fail(std::string(expected));
    in_.take();
    out = *known;
    return true;
  }

  bool rule(Rule& out) {
    const Token first = in_.peek();
    std::string name{in_.take().text};
    while (in_.accept(".")) name += "." + std::string(in_.take().text);
    const auto known = rule_named(name);
    if (!known) return in_.fail_since(first, "the name of a rule, as --step prints it");
    out = *known;
    return true;
  }

  bool site(Site& out) {
    if (begins_site(in_.peek())) return in_.site(out);
    if (!own_) return in_.fail("a site, HOOK@TARGET, for the operation names none");
    out = *own_;
    return true;
  }

  /// `first`: the word that begins it.
  bool list(Expectation& out, const Token& first) {
    ExpectedList expected;
    if (!site(expected.site)) return false;
    for (const ExpectedList& other : out.lists)
      if (other.site == expected.site) return in_.fail_since(first, "each list once");
    if (in_.accept("empty"))
      expected.entries.emplace();
    else if (!in_.peek().is("revision") && !entries(expected.entries.emplace()))
      return false;
    out.lists.push_back(std::move(expected));
    return true;
  }

  bool entries(std::vector<NamedEntry>& out) {
    do {
      NamedEntry entry;
      if (!in_.name(entry.program)) return in_.fail("empty, or entries: p0, l0(p0), f0..f2");
      if (in_.accept("(")) {
        entry.link = entry.program;
        if (!in_.name(entry.program) || !in_.keyword(")", ")")) return false;
      }
      out.push_back(entry);
      if (!entry.link && !range(entry.program, [&](Name name) { out.push_back({std::nullopt, name}); })) return false;
    } while (name_in(in_.peek().text));
    return true;
  }

  bool ran(std::vector<Name>& out) {
    if (in_.accept("nothing")) return true;
    do {
      Name name;
      if (!in_.name(name)) return in_.fail("nothing, or programs: p0, f0..f2");
      out.push_back(name);
      if (!range(name, [&](Name next) { out.push_back(next); })) return false;
    } while (name_in(in_.peek().text));
    return true;
  }

  /// `..f61` behind f0: all that come after it.
  template <typename Add>
  bool range(Name first, Add add) {
    if (!in_.accept("..")) return true;
    const Token at = in_.peek();
    Name last;
    if (!in_.name(last)) return false;
    if (last.letter() != first.letter() || last.slot <= first.slot)
      return in_.fail_since(at, "a name of the same letter, and a higher number");
    for (unsigned slot = first.slot + 1U; slot <= last.slot; ++slot) add(Name{static_cast<std::uint8_t>(slot)});
    return true;
  }

  bool packet(Fate& out) {
    for (const Fate fate : {Fate::passed, Fate::dropped, Fate::redirected})
      if (in_.accept(name_of(fate))) {
        out = fate;
        return true;
      }
    return in_.fail("what becomes of the packet: passed, dropped or redirected");
  }

  Reader& in_;
  std::optional<Site> own_;
};

}  // namespace

bool read_expectation(Reader& reader, const Operation& operation, Expectation& out) {
  return ExpectationReader(reader, operation).read(out);
}

}  // namespace mprogcheck::model
