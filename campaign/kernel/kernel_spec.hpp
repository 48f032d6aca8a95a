// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/curfew.hpp"
#include "base/result.hpp"
#include "campaign/fuzz/need.hpp"
#include "campaign/fuzz/pool.hpp"
#include "oracle/oracle.hpp"
#include "vm/accelerator.hpp"

namespace mprogcheck {

/// What `--kernel` names.
struct KernelSpec {
  enum class Kind {
    image,  ///< debian:SUITE, debian:VERSION or a path: booted in a VM
    here,   ///< the running kernel
    model,  ///< the model itself, or with a planted fault
  };
  Kind kind = Kind::image;
  std::string text;   ///< as the user wrote it
  std::string fault;  ///< model:FAULT
};

inline constexpr std::string_view default_kernel = "debian:trixie";

/// Refuses what is not one of: debian:SUITE, debian:VERSION, a path, here, model, model:FAULT.
Result<KernelSpec> parse_kernel_spec(std::string_view text);

struct OracleOptions {
  std::string directory;  ///< console and logs of the VM go here
  std::optional<vm::Accelerator> accelerator;
  const Curfew* curfew = nullptr;  ///< outlives the oracle
  bool agreed_to_here = false;     ///< the user has said --yes to what `here` does
  Needs needs{};                   ///< what the kernel must have
  std::function<void(std::string_view)>
      note;  ///< told, in one line each: the accelerator chosen, what `here` is about to do
};

/// An oracle for the kernel named, ready to run jobs. An Error of kind skipped: it has not got what it must have.
Result<std::unique_ptr<Oracle>> start_oracle(const KernelSpec& spec, const OracleOptions& options);

/// The same for every worker of a pool: the first VM is booted, the others start from its snapshot. `options_for` is
/// called with the worker's number.
OracleFactory oracle_factory(KernelSpec spec, std::function<Result<OracleOptions>(unsigned worker)> options_for);

/// How many oracles work side by side unless the user says so: one for each core that this process may use. The
/// running kernel is not made to do several things at once unasked.
unsigned default_jobs(const KernelSpec& spec);

}  // namespace mprogcheck
