// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/print.hpp"

#include <charconv>

#include "model/fields.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

/// Appends words to a text.
class Writer {
 public:
  explicit Writer(std::string& text) : text_(text) {}

  Writer& operator<<(std::string_view word) {
    text_ += word;
    return *this;
  }
  Writer& operator<<(char c) {
    text_ += c;
    return *this;
  }
  Writer& operator<<(std::uint64_t number) { return digits(number, 10); }
  Writer& operator<<(Name name) { return *this << name.letter() << std::uint64_t{name.index()}; }
  Writer& operator<<(Device device) { return *this << 'd' << std::uint64_t{device.number}; }
  Writer& operator<<(Cgroup cgroup) { return *this << 'c' << std::uint64_t{cgroup.number}; }
  Writer& operator<<(PinName pin) { return *this << 'b' << std::uint64_t{pin.number}; }
  Writer& operator<<(const Site& site) {
    *this << name_of(site.hook) << '@';
    if (site.target.is_literal()) return *this << std::uint64_t{site.target.ifindex()};
    if (site.target.is_peer()) return *this << "peer(d" << std::uint64_t{site.target.number()} << ')';
    return *this << (site.target.is_cgroup() ? 'c' : 'd') << std::uint64_t{site.target.number()};
  }
  Writer& operator<<(const Argument& argument) {
    return argument.named ? *this << argument.name() : *this << "fd " << signed_number(argument.value);
  }
  Writer& operator<<(const Revision& revision) {
    if (!revision.relative) return *this << revision.value;
    *this << "now";
    if (revision.value == 0) return *this;
    const bool backward = revision.value >> 63 != 0;
    return *this << (backward ? '-' : '+') << (backward ? 0 - revision.value : revision.value);
  }
  Writer& hex(std::uint64_t number) { return (*this << "0x").digits(number, 16); }

  /// The flags that no keyword has said yet.
  void flags(std::uint32_t rest) {
    if (rest == 0) return;
    char separator = ' ';
    *this << " flags";
    for (const FlagName& known : flag_names) {
      if ((rest & known.bit) == 0) continue;
      *this << separator << known.name;
      separator = '|';
      rest &= ~known.bit;
    }
    if (rest != 0) (*this << separator).hex(rest);
  }

  /// What attach, detach and link have in common. `said`: the flags that something after this says.
  void position(std::uint32_t all_flags, const Argument& relative) {
    constexpr std::uint32_t introduce = flag::before | flag::after | flag::link;
    if ((all_flags & flag::before) != 0) *this << " before";
    if ((all_flags & flag::after) != 0) *this << " after";
    if ((all_flags & flag::link) != 0) *this << " link";
    const bool by_id = (all_flags & flag::id) != 0;
    if (relative.is_zero() && !by_id) return;
    if ((all_flags & introduce) == 0) *this << " relative";
    *this << (by_id ? " id" : " fd");
    if (relative.named) {
      *this << '(' << relative.name() << ')';
    } else if (by_id) {
      id_literal(relative.value);
    } else {
      *this << ' ' << signed_number(relative.value);
    }
  }
  void id_literal(std::uint32_t id) {
    *this << ' ';
    if (id == coming_id)
      *this << "next";
    else
      *this << std::uint64_t{id};
  }
  void revision(const Revision& expected) {
    if (!expected.is_zero()) *this << " revision " << expected;
  }

 private:
  struct Signed {
    std::int32_t value;
  };
  /// A file descriptor is an int.
  static Signed signed_number(std::uint32_t value) { return {static_cast<std::int32_t>(value)}; }
  Writer& operator<<(Signed number) {
    const std::int64_t wide = number.value;
    return wide < 0 ? *this << '-' << static_cast<std::uint64_t>(-wide) : *this << static_cast<std::uint64_t>(wide);
  }
  Writer& digits(std::uint64_t number, int base) {
    char buffer[24];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, base).ptr;
    text_.append(buffer, end);
    return *this;
  }

  std::string& text_;
};

/// Flags that keywords of attach, detach and link say.
constexpr std::uint32_t position_flags = flag::before | flag::after | flag::link | flag::id;

/// Writes a field, by its role, after a space.
struct Field {
  Writer& out;
  void operator()(role::Any /*role*/, const auto& field) { out << ' ' << field; }
  void operator()(role::Id /*role*/, const Argument& id) {
    out << " id";
    if (id.named)
      out << '(' << id.name() << ')';
    else
      out.id_literal(id.value);
  }
  void operator()(role::Entries /*role*/, std::uint8_t count) { out << ' ' << std::uint64_t{count}; }
  void operator()(role::ObjectKind /*role*/, ObjectKind kind) { out << ' ' << name_of(kind); }
  void operator()(role::Home /*role*/, bool home) { out << ' ' << place_names[home ? 1 : 0]; }
  void operator()(role::Qdisc /*role*/, Qdisc qdisc) { out << ' ' << name_of(qdisc); }
};

/// Writes the arguments of one call, each after a space.
class Call {
 public:
  explicit Call(Writer& out) : out_(out) {}

  /// In the order of its fields, unless something else is said below.
  template <typename T>
  void operator()(const T& call) {
    fields(call, Field{out_});
  }
  void operator()(const Attach& call) {
    out_ << ' ' << call.site << ' ' << call.program;
    program_call(call);
  }
  void operator()(const Detach& call) {
    out_ << ' ' << call.site;
    if (!call.program.is_zero()) out_ << ' ' << call.program;
    program_call(call);
  }
  void operator()(const CreateLink& call) {
    out_ << ' ' << call.name << ' ' << call.site << ' ' << call.program;
    out_.position(call.flags, call.relative);
    out_.revision(call.revision);
    out_.flags(call.flags & ~position_flags);
  }
  void operator()(const UpdateLink& call) {
    out_ << ' ' << call.link << ' ' << call.program;
    with_flag(" expect ", " expect_fd ", call.flags, call.old_program);
    out_.flags(call.flags & ~flag::replace);
  }
  void operator()(const Load& call) {
    out_ << ' ' << call.name;
    if (call.type != ProgramType::sched_cls) out_ << ' ' << name_of(call.type);
    if (call.returns != Returns::next) out_ << " returns " << name_of(call.returns);
  }
  void operator()(const Query& call) {
    out_ << ' ' << call.site;
    if (call.query_flags != 0) (out_ << " query_flags ").hex(call.query_flags);
    if (call.attach_flags != 0) (out_ << " attach_flags ").hex(call.attach_flags);
    if (call.count != Query().count) out_ << " count " << std::uint64_t{call.count};
    std::string_view separator = " without ";
    for (unsigned array = 0; array < query_array_names.size(); ++array)
      if ((call.without >> array & 1U) != 0) {
        out_ << separator << query_array_names[array];
        separator = "|";
      }
    if (call.size != Query::whole_size) out_ << " size " << std::uint64_t{call.size};
    if (call.garbage) out_ << " garbage";
  }

 private:
  template <typename T>
  void program_call(const T& call) {
    out_.position(call.flags, call.relative);
    with_flag(" replace ", " replace_fd ", call.flags, call.replace);
    out_.revision(call.revision);
    out_.flags(call.flags & ~position_flags & ~flag::replace);
  }
  /// A field that BPF_F_REPLACE switches on, or that is filled in all the same.
  void with_flag(std::string_view with, std::string_view without, std::uint32_t flags, const Argument& argument) {
    if ((flags & flag::replace) != 0) {
      out_ << with << argument;
    } else if (!argument.is_zero()) {
      out_ << without << argument;
    }
  }

  Writer& out_;
};

void write(Writer& out, const Operation& operation) {
  if (!operation.caller.is_root()) out << "as " << name_of(operation.caller) << ' ';
  out << call_name(operation);
  std::visit(Call(out), operation);
}

/// The numbers of a set as a list: `p0..p3, p5`. A range stands for three names or more.
void write_list(Writer& out, char letter, std::uint32_t members) {
  constexpr unsigned bits = 32;
  const auto has = [members](unsigned n) { return n < bits && (members >> n & 1U) != 0; };
  std::string_view separator = " ";
  for (unsigned n = 0; n < bits; ++n) {
    if (!has(n)) continue;
    out << separator << letter << std::uint64_t{n};
    separator = ", ";
    unsigned last = n;
    while (has(last + 1)) ++last;
    if (last < n + 2) continue;
    out << ".." << letter << std::uint64_t{last};
    n = last;
  }
}

/// One line for each class, in the order of their lowest device.
void write_devices(Writer& out, const Declarations& declarations) {
  std::uint32_t rest = declarations.devices;
  for (unsigned n = 0; n < Device::count; ++n) {
    if ((rest >> n & 1U) == 0) continue;
    const DeviceClass& same = declarations.made_as[n];
    std::uint32_t members = 0;
    for (unsigned other = n; other < Device::count; ++other)
      if ((rest >> other & 1U) != 0 && declarations.made_as[other] == same) members |= 1U << other;
    rest &= ~members;
    out << "netdev";
    write_list(out, 'd', members);
    if (same.kind != DeviceKind::usual) out << ' ' << name_of(same.kind);
    if (same.policy != Policy::pass) out << " policy " << name_of(same.policy);
    if (same.peer_policy != Policy::pass) out << " peer_policy " << name_of(same.peer_policy);
    out << '\n';
  }
}

/// One line for each parent, that of the topmost first, then in order of their number.
void write_cgroups(Writer& out, const Declarations& declarations) {
  const auto below = [&](unsigned parent) {
    std::uint32_t members = 0;
    for (unsigned n = 0; n < Cgroup::count; ++n)
      if (declarations.has_cgroup(n) && declarations.parents[n] == parent) members |= 1U << n;
    return members;
  };
  if (const std::uint32_t members = below(Cgroup::top)) {
    out << "cgroup";
    write_list(out, 'c', members);
    out << '\n';
  }
  for (unsigned parent = 0; parent < Cgroup::count; ++parent) {
    const std::uint32_t members = below(parent);
    if (members == 0) continue;
    out << "cgroup";
    write_list(out, 'c', members);
    out << " in " << Cgroup{static_cast<std::uint8_t>(parent)} << '\n';
  }
}

void write(Writer& out, const Declarations& declarations) {
  write_devices(out, declarations);
  write_cgroups(out, declarations);
  // One line for each class, in the order of their lowest program.
  std::uint32_t rest = declarations.programs;
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    if ((rest >> n & 1U) == 0) continue;
    const ProgramClass& same = declarations.classes[n];
    std::uint32_t members = 0;
    for (unsigned other = n; other < Name::pool_count; ++other)
      if ((rest >> other & 1U) != 0 && declarations.classes[other] == same) members |= 1U << other;
    rest &= ~members;
    out << "prog";
    write_list(out, 'p', members);
    out << ' ' << name_of(same.type) << " returns " << name_of(same.returns) << '\n';
  }
  if (declarations.unkept) out << "unkept\n";
  for (unsigned n = 0; n < Caller::declarable; ++n)
    if (declarations.uids[n] != 0)
      out << "caller " << caller_names[n] << " uid " << std::uint64_t{declarations.uids[n]} << '\n';
}

void write(Writer& out, const Sequence& sequence) {
  out << "mprogcheck 1\n";
  write(out, sequence.declarations);
  for (const Operation& operation : sequence.operations) {
    write(out, operation);
    out << '\n';
  }
}

template <typename T>
std::string written(const T& value) {
  std::string text;
  Writer out(text);
  out << value;
  return text;
}

}  // namespace

std::string print(const Sequence& sequence) {
  std::string text;
  Writer out(text);
  write(out, sequence);
  return text;
}

std::string print_all(std::span<const Sequence> sequences) {
  std::string text;
  Writer out(text);
  for (const Sequence& sequence : sequences) {
    if (!text.empty()) out << '\n';
    write(out, sequence);
  }
  return text;
}

std::string print(const Operation& operation) {
  std::string text;
  Writer out(text);
  write(out, operation);
  return text;
}

std::string print(const Site& site) {
  return written(site);
}
std::string print(Name name) {
  return written(name);
}
std::string print(const Argument& argument) {
  return written(argument);
}
std::string print(const Revision& revision) {
  return written(revision);
}

}  // namespace mprogcheck::model
