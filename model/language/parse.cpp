// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/parse.hpp"

#include <limits>
#include <span>
#include <variant>

#include "model/fields.hpp"
#include "model/language/case.hpp"
#include "model/language/read.hpp"
#include "model/language/read_expectation.hpp"

namespace mprogcheck::model {
namespace {

/// Reads headers, declarations and operations, one line after the other.
class Parser : private Reader {
 public:
  using Reader::error;
  explicit Parser(std::string_view text) : Reader(text), source_(text) {}

  /// Skips empty lines; true where nothing follows.
  bool at_end() {
    while (peek().kind == Token::Kind::newline) take();
    return peek().kind == Token::Kind::end;
  }

  /// `told`: gets what is no part of the sequence itself; null if nobody wants to know.
  bool sequence(Sequence& out, Case* told = nullptr) {
    at_end();
    if (told != nullptr && !peek().text.empty())
      told->title = title_of(source_.substr(static_cast<std::size_t>(peek().text.data() - source_.data())));
    if (!keyword("mprogcheck", "mprogcheck 1, which every sequence starts with")) return false;
    if (!keyword("1", "1, the version of the language") || !line_end("the end of the line")) return false;
    unsigned loads = 0;
    while (!at_end() && !peek().is("mprogcheck")) {
      const Token first = peek();
      if (out.operations.empty() && is_declaration(first)) {
        if (!declaration(out.declarations)) return false;
        continue;
      }
      Operation& operation = out.operations.emplace_back();
      if (!calling(operation, out.operations.size() == 1)) return false;
      if (!out.declarations.has_caller(operation.caller))
        return fail_since(first, "a caller that is declared: caller " + std::string(name_of(operation.caller)) +
                                     " uid N, before the first operation");
      if (out.operations.size() > max_operations)
        return fail_since(first, "at most " + std::to_string(max_operations) + " operations");
      if (std::holds_alternative<Load>(operation) && ++loads > max_loads)
        return fail_since(first, "at most " + std::to_string(max_loads) + " loads");
      std::optional<Expectation> expected;
      if (accept("=>") && !read_expectation(*this, operation, expected.emplace())) return false;
      if (!line_end("=> and what is expected, or the end of the line")) return false;
      if (told == nullptr) continue;
      told->expectations.push_back(std::move(expected));
      told->lines.push_back(first.line);
    }
    return true;
  }

  bool operation(Operation& out) {
    at_end();
    return calling(out) && line_end("the end of the line");
  }

  bool nothing_more(std::string_view what) { return at_end() || fail("the end of the file: " + std::string(what)); }

 private:
  // --- declarations

  static bool is_declaration(const Token& first) {
    return first.is("netdev") || first.is("cgroup") || first.is("prog") || first.is("caller") || first.is("unkept");
  }
  bool declaration(Declarations& out) {
    const Token first = take();
    if (first.is("unkept")) {
      out.unkept = true;
      return line_end("the end of the line");
    }
    if (first.is("cgroup")) return cgroups(out);
    return first.is("netdev") ? devices(out) : first.is("prog") ? programs(out) : caller(out);
  }
  bool devices(Declarations& out) {
    std::uint32_t members = out.devices;
    if (!list('d', Target::device_count, "device", members)) return false;
    DeviceClass declared;
    if (accept(name_of(DeviceKind::veth))) declared.kind = DeviceKind::veth;
    if (accept("policy") && !word(declared.policy, policy_names, "a policy")) return false;
    if (accept("peer_policy") && !word(declared.peer_policy, policy_names, "a policy")) return false;
    for (unsigned n = 0; n < Device::count; ++n)
      if (((members & ~out.devices) >> n & 1U) != 0) out.made_as[n] = declared;
    out.devices = static_cast<std::uint8_t>(members);
    return line_end("a comma and more devices, what these are (veth, policy, peer_policy), or the end of the line");
  }

  bool cgroups(Declarations& out) {
    std::uint32_t members = out.cgroups;
    const Token first = peek();
    if (!list('c', Cgroup::count, "cgroup", members)) return false;
    Cgroup parent{Cgroup::top};
    if (accept("in") && !cgroup(parent)) return false;
    if (parent.number != Cgroup::top && !out.has_cgroup(parent.number))
      return fail_since(first, "a cgroup in one that is declared before it");
    for (unsigned n = 0; n < Cgroup::count; ++n)
      if (((members & ~out.cgroups) >> n & 1U) != 0) out.parents[n] = parent.number;
    out.cgroups = static_cast<std::uint8_t>(members);
    return line_end("a comma and more cgroups, in and the cgroup above them, or the end of the line");
  }

  bool programs(Declarations& out) {
    std::uint32_t members = out.programs;
    if (!list('p', Name::pool_count, "program", members)) return false;
    ProgramClass declared;
    if (!word(declared.type, program_type_names, "a comma and more programs, or the type of these")) return false;
    const bool returns = accept("returns");
    if (returns && !word(declared.returns, returns_names, "what it returns")) return false;
    for (unsigned n = 0; n < Name::pool_count; ++n)
      if (((members & ~out.programs) >> n & 1U) != 0) out.classes[n] = declared;
    out.programs = members;
    return line_end(returns ? "the end of the line" : "returns or the end of the line");
  }

  bool caller(Declarations& out) {
    Caller made;
    const Token first = peek();
    if (!caller_name(made)) return false;
    std::uint32_t& uid = out.uids[made.number - 1U];
    if (uid != 0) return fail_since(first, "each caller once (" + std::string(first.text) + " is declared already)");
    if (!keyword("uid", "uid and the user's number")) return false;
    const Token number_given = peek();
    if (!number(uid, std::numeric_limits<std::uint32_t>::max(), expected::uid)) return false;
    if (!legal_uid(uid)) return fail_since(number_given, std::string(expected::uid));
    return line_end("the end of the line");
  }

  bool caller_name(Caller& out) {
    const auto known = position_in(caller_names, peek().text);
    if (!known) return fail("a caller: " + expected::one_of(caller_names));
    take();
    out = Caller::declared(static_cast<unsigned>(*known));
    return true;
  }

  // --- calls

  /// The call, and who makes it.
  bool calling(Operation& out, bool or_declaration = false) {
    Caller caller;
    const bool said = accept("as");
    if (said && !caller_name(caller)) return false;
    if (!call(out, or_declaration && !said)) return false;
    out.caller = caller;
    return true;
  }

  bool call(Operation& out, bool or_declaration = false) {
    const Token first = peek();
    const auto known = position_in(call_names, first.text);
    if (!known) {
      const bool late = is_declaration(first);
      return fail((or_declaration ? "netdev, cgroup, prog, caller, unkept or an operation: " : "an operation: ") +
                  expected::one_of(call_names) + (late ? " (declarations come before the first)" : ""));
    }
    take();
    if (!read_call(*known, out)) return false;
    // What the call's own function does not refuse.
    auto complaint = validate(out);
    return !complaint || fail_since(first, std::move(*complaint));
  }

  /// The call of that number, in the order of the alternatives.
  template <std::size_t number = 0>
  bool read_call(std::size_t wanted, Operation& out) {
    if (wanted == number) {
      std::variant_alternative_t<number, AnyCall> call;
      if (!read(call)) return false;
      out = call;
      return true;
    }
    if constexpr (number + 1 < call_names.size()) return read_call<number + 1>(wanted, out);
    return false;
  }

  /// Its fields in their order, unless something else is said below.
  template <typename T>
  bool read(T& call) {
    Fields all{*this};
    fields(call, all);
    return all.good;
  }
  /// Each by its role, until one is not as expected.
  struct Fields {
    Parser& in;
    bool good = true;

    void operator()(auto role, auto& field) { good = good && one(role, field); }

   private:
    bool one(role::Site /*role*/, Site& site) { return in.site(site); }
    bool one(role::Name /*role*/, Name& name) { return in.name(name); }
    bool one(role::BoundName role, Name& name) {
      return in.bound(name, role.letter, role.letter == 'l' ? "a link to bind" : "a handle to bind");
    }
    bool one(role::Link /*role*/, Argument& fd) { return in.argument(fd, "a link"); }
    bool one(role::Copied /*role*/, Argument& fd) { return in.argument(fd, "what to dup"); }
    bool one(role::Pinned /*role*/, Argument& fd) { return in.argument(fd, "what to pin"); }
    bool one(role::Id /*role*/, Argument& id) { return in.keyword("id", "id(NAME) or id N") && in.after_id(id); }
    bool one(role::ObjectKind /*role*/, ObjectKind& kind) {
      return in.word(kind, object_kind_names, "the kind of object");
    }
    bool one(role::Entries /*role*/, std::uint8_t& entries) {
      std::uint32_t count = 0;
      const bool read = in.number(count, max_fill_count, expected::fill_count);
      entries = static_cast<std::uint8_t>(count);
      return read;
    }
    bool one(role::Device /*role*/, Device& device) { return in.device(device); }
    bool one(role::Cgroup /*role*/, Cgroup& cgroup) { return in.cgroup(cgroup); }
    bool one(role::Home /*role*/, bool& is_home) {
      enum class Place : std::uint8_t { away, home } place{};
      const bool read = in.word(place, place_names, "where to");
      is_home = place == Place::home;
      return read;
    }
    bool one(role::Qdisc /*role*/, Qdisc& qdisc) { return in.word(qdisc, qdisc_names, "a qdisc"); }
    bool one(role::Pin /*role*/, PinName& pin) { return in.pin(pin); }
  };

  bool read(Attach& call) { return site(call.site) && argument(call.program, "a program") && program_call(call); }
  bool read(Detach& call) {
    if (!site(call.site)) return false;
    if ((peek().is("fd") || name_in(peek().text)) && !argument(call.program, "a program")) return false;
    return program_call(call);
  }
  bool read(CreateLink& call) {
    Position position;
    if (!bound(call.name, 'l', "a link to bind") || !site(call.site) || !argument(call.program, "a program"))
      return false;
    if (!options(position, std::span(option_names).first<without_replace>())) return false;
    call.flags = position.flags;
    call.relative = position.relative;
    call.revision = position.revision;
    return true;
  }
  bool read(UpdateLink& call) {
    if (!argument(call.link, "a link") || !argument(call.program, "a program")) return false;
    constexpr std::array<std::string_view, 3> names = {"expect", "expect_fd", "flags"};
    const auto option = [&](std::string_view name) {
      if (name == "flags") return flags(call.flags);
      if (name == "expect") call.flags |= flag::replace;
      return argument(call.old_program, "the link's program");
    };
    return each_option(names, option);
  }
  bool read(Load& call) {
    if (!bound(call.name, 'q', "a program to bind")) return false;
    if (!peek().ends_call() && !peek().is("returns") &&
        !word(call.type, program_type_names, "the end of the line, returns, or a program type"))
      return false;
    return !accept("returns") || word(call.returns, returns_names, "what it returns");
  }
  bool read(Query& call) {
    constexpr std::array<std::string_view, 6> names = {"query_flags", "attach_flags", "count",
                                                       "without",     "size",         "garbage"};
    const auto option = [&](std::string_view name) {
      constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
      std::uint32_t size = 0;
      if (name == "without") return arrays(call.without);
      if (name == "garbage") return call.garbage = true;
      if (name == "size") {
        const Token given = peek();
        if (!number(size, Query::most_size, expected::attr_size)) return false;
        call.size = static_cast<std::uint16_t>(size);
        return legal_attr_size(size) || fail_since(given, std::string(expected::attr_size));
      }
      return number(name == "count"         ? call.count
                    : name == "query_flags" ? call.query_flags
                                            : call.attach_flags,
                    most, "a number of 32 bits");
    };
    return site(call.site) && each_option(names, option);
  }
  bool arrays(std::uint8_t& out) {
    do {
      const auto known = position_in(query_array_names, peek().text);
      if (!known) return fail("arrays joined by |: " + expected::one_of(query_array_names));
      out = static_cast<std::uint8_t>(out | 1U << *known);
      take();
    } while (accept("|"));
    return true;
  }
  // --- options

  /// What attach, detach and link have in common.
  struct Position {
    std::uint32_t flags = 0;
    Argument relative;
    Argument replace;
    Revision revision;
  };
  static constexpr std::array<std::string_view, 8> option_names = {"before",   "after", "link",    "relative",
                                                                   "revision", "flags", "replace", "replace_fd"};
  static constexpr std::size_t without_replace = 6;

  template <typename T>
  bool program_call(T& call) {
    Position position;
    if (!options(position, option_names)) return false;
    call.flags = position.flags;
    call.relative = position.relative;
    call.replace = position.replace;
    call.revision = position.revision;
    return true;
  }

  bool options(Position& out, std::span<const std::string_view> names) {
    std::optional<Token> relative;  // its first token
    const auto read_relative = [&] {
      if (relative) return fail("one relative, not two");
      relative = peek();
      const bool by_id = peek().is("id");
      if (!by_id && !peek().is("fd")) return fail("a relative: fd(NAME), id(NAME), fd N or id N");
      take();
      if (by_id) out.flags |= flag::id;
      return (by_id ? after_id(out.relative) : after_fd(out.relative));
    };
    const auto option = [&](std::string_view name) {
      if (name == "relative") return read_relative();
      if (name == "revision") return revision(out.revision);
      if (name == "replace") out.flags |= flag::replace;
      if (name == "replace" || name == "replace_fd") return argument(out.replace, "a program to replace");
      if (name == "before") out.flags |= flag::before;
      if (name == "after") out.flags |= flag::after;
      if (name == "link") out.flags |= flag::link;
      if (name == "flags" && !flags(out.flags)) return false;
      // A relative may follow; a bare name is most likely meant as one.
      return !(peek().is("fd") || peek().is("id") || name_in(peek().text)) || read_relative();
    };
    if (!each_option(names, option)) return false;
    if (relative && relative->is("fd") && (out.flags & flag::id) != 0)
      return fail_at(*relative, "id(NAME) or id N, since flags say id", "\"fd\"");
    return true;
  }

  /// Reads options, each at most once, in any order, to the end of the line. A field that two of them fill is one
  /// option.
  template <typename Read>
  bool each_option(std::span<const std::string_view> names, Read read) {
    std::uint32_t given = 0;
    while (!peek().ends_call()) {
      std::size_t i = 0;
      while (i < names.size() && !peek().is(names[i])) ++i;
      if (i == names.size()) return fail("the end of the line, " + expected::one_of(names));
      const bool same_field = i > 0 && names[i].ends_with("_fd");
      const std::uint32_t field = 1U << (same_field ? i - 1 : i);
      if ((given & field) != 0) return fail("each option once");
      given |= field;
      take();
      if (!read(names[i])) return false;
    }
    return true;
  }

  std::string_view source_;
};

}  // namespace

std::string SyntaxError::to_string(std::string_view file) const {
  return std::string(file) + ':' + std::to_string(line) + ':' + std::to_string(column) + ": expected " + expected +
         ", found " + found;
}

tl::expected<Sequence, SyntaxError> parse(std::string_view text) {
  Parser parser(text);
  Sequence sequence;
  if (!parser.sequence(sequence) || !parser.nothing_more("this is to be one sequence"))
    return tl::unexpected(std::move(parser).error());
  return sequence;
}

tl::expected<std::vector<Sequence>, SyntaxError> parse_all(std::string_view text) {
  Parser parser(text);
  std::vector<Sequence> sequences;
  do {
    if (!parser.sequence(sequences.emplace_back())) return tl::unexpected(std::move(parser).error());
  } while (!parser.at_end());
  return sequences;
}

tl::expected<std::vector<Case>, SyntaxError> parse_cases(std::string_view text) {
  Parser parser(text);
  std::vector<Case> cases;
  do {
    Case& told = cases.emplace_back();
    if (!parser.sequence(told.sequence, &told)) return tl::unexpected(std::move(parser).error());
  } while (!parser.at_end());
  return cases;
}

tl::expected<Operation, SyntaxError> parse_operation(std::string_view text) {
  Parser parser(text);
  Operation operation;
  if (!parser.operation(operation) || !parser.nothing_more("this is to be one operation"))
    return tl::unexpected(std::move(parser).error());
  return operation;
}

}  // namespace mprogcheck::model
