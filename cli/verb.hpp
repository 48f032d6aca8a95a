// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/curfew.hpp"
#include "base/result.hpp"
#include "campaign/folder_lock.hpp"
#include "campaign/fuzz/pool.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "campaign/kernel/kernel_spec.hpp"
#include "campaign/known.hpp"
#include "cli/exit_code.hpp"

namespace mprogcheck::cli {

/// Set by SIGINT and SIGTERM once a verb listens to them: end soon, print what there is.
extern std::atomic<bool> interrupted;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
/// When guests are waited for no longer: soon after such a signal, and when a verb says so.
extern Curfew curfew;
/// For a verb that looks at `interrupted` while it works. Without this, and the second time, a signal ends us at once.
void listen_to_signals();

/// Adds a verb to the command. When it is the one the user named, `run` is what to do.
using Run = std::function<ExitCode()>;
void add_fuzz(CLI::App& app, Run& run);
void add_replay(CLI::App& app, Run& run);
void add_shrink(CLI::App& app, Run& run);
void add_kernel(CLI::App& app, Run& run);
void add_bench(CLI::App& app, Run& run);
void add_faults(CLI::App& app, Run& run);
void add_explore(CLI::App& app, Run& run);

/// The options that most verbs share.
struct CommonOptions {
  std::vector<std::string> kernels{std::string(default_kernel)};
  std::string json;
  std::string accelerator;
  std::string out = "mprogcheck.out";
  std::string known;               ///< folder of known divergences of the user's
  std::vector<std::string> needs;  ///< what the kernel must let us check
  bool yes = false;
};
void add_common(CLI::App& verb, CommonOptions& options);
/// The kernels named, or the first that is none.
Result<std::vector<KernelSpec>> kernels_of(const CommonOptions& options);
/// The lock of the folder that --out names, or of one below it where that is another process's; options.out is then
/// that one. Nothing where all kernels are the model, which has no files.
Result<std::optional<FolderLock>> take_folder(CommonOptions& options, const std::vector<KernelSpec>& kernels);
Result<FolderLock> take_folder(CommonOptions& options);
/// What start_oracle() wants to know; logs go below out/vm-WORKER.
Result<OracleOptions> oracle_options(const CommonOptions& options, unsigned worker);

/// Makes the oracles of a verb that has several side by side. What the first has to say goes to the reporter, which
/// outlives them.
OracleFactory oracles_for(const CommonOptions& options, const KernelSpec& kernel, Reporter& reporter);

/// The known divergences to look for on that kernel: those that are built in, unless it is the model, and the user's.
Result<std::vector<KnownDivergence>> known_for(const CommonOptions& options, const KernelSpec& kernel);

/// Says that it did not begin because we were interrupted.
Error not_begun(const std::string& what);
/// A line for each: what is not checked on this kernel, why, and what cures that.
void print_unchecked(const std::vector<const Feature*>& unchecked);

/// Prints the error as one line and gives its exit code.
ExitCode report(const Error& error);
/// Writes the JSON where the user wanted it, if so.
Result<void> write_json(const CommonOptions& options, const nlohmann::ordered_json& json);

}  // namespace mprogcheck::cli
