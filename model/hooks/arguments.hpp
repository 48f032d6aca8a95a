// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "model/hooks/mprog.hpp"
#include "model/world.hpp"

/// What the arguments of a call turn out to denote. For the rules of calls; nobody else includes it.
namespace mprogcheck::model {

inline Verdict decided(Rule rule, const Edit& edit = {}) {
  return {text_of(rule).outcome, rule, edit};
}

/// A program that an fd must denote, or why it does not.
struct WantedProgram {
  ProgramIndex program = no_program;
  std::optional<Rule> refused{};
};
/// kernel/bpf/syscall.c: bpf_prog_get_type. An fd that is no program and a program of another type are the same error.
WantedProgram program_of_type(const World& world, const Argument& argument, ProgramType type, Rule closed, Rule wrong);
/// kernel/bpf/syscall.c: bpf_prog_get. Any type will do.
WantedProgram program_of_any_type(const World& world, const Argument& argument, Rule closed, Rule wrong);

/// What relative_fd or relative_id denotes, as the flags ID and LINK say, whatever is then made of it. `creates`: a
/// link is being created, which has its id already, but is not to be found by it until it is settled
/// (kernel/bpf/syscall.c: bpf_link_prime, bpf_link_by_id).
mprog::Relative find_relative(const World& world, const Argument& argument, std::uint32_t flags, bool creates);

}  // namespace mprogcheck::model
