// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <csignal>
#include <cstring>

#include "base/text.hpp"
#include "cli/limits.hpp"
#include "cli/lost_output.hpp"
#include "cli/verb.hpp"

namespace {

using namespace mprogcheck;

/// One line, as every error: what was found and where to look.
std::string one_line(const CLI::App* app, const CLI::Error& error) {
  const std::string what = printable_line(error.what());
  while (app->get_subcommands().size() == 1) app = app->get_subcommands().front();
  std::string path = app->get_name();
  for (const CLI::App* parent = app->get_parent(); parent != nullptr; parent = parent->get_parent())
    path = parent->get_name() + " " + path;
  return "mprogcheck: " + what + "; see " + path + " --help\n";
}

}  // namespace

int main(int argc, char** argv) {
  cli::open_standard_streams();
  cli::survive_limits();
  CLI::App app("Checks the kernel's BPF multi-program attachment against a model.", "mprogcheck");
  app.set_version_flag("--version", MPROGCHECK_VERSION);
  app.require_subcommand(1);
  app.failure_message(one_line);

  cli::Run run;
  cli::add_fuzz(app, run);
  cli::add_replay(app, run);
  cli::add_shrink(app, run);
  cli::add_kernel(app, run);
  cli::add_bench(app, run);
  cli::add_faults(app, run);
  cli::add_explore(app, run);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty() && argc > 1 && *argv[1] != '-') {
      fmt::print(stderr, "mprogcheck: expected a verb, found \"{}\"; see mprogcheck --help\n", printable_line(argv[1]));
      return static_cast<int>(cli::ExitCode::usage);
    }
    return app.exit(error) == 0 ? 0 : static_cast<int>(cli::ExitCode::usage);
  }

  std::signal(SIGPIPE, SIG_IGN);
  cli::survive_lost_output();
  cli::ExitCode code = run();
  if (const int error = cli::lost_output(); error != 0)
    code = combine(code, cli::report({Error::Kind::infrastructure,
                                      fmt::format("cannot write to standard output: {}", std::strerror(error))}));
  return static_cast<int>(code);
}
