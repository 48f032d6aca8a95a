// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/apt.hpp"

#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "vm/cache.hpp"
#include "vm/program.hpp"

namespace mprogcheck::vm {
namespace {

constexpr std::size_t longest_complaint = 300;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The system's own mirror: asked of apt, so that proxies and local mirrors are respected. Security updates have an
/// archive of their own, with suites of their own.
Result<std::string> mirror(const std::string& suite) {
  const bool security = suite.ends_with("-security");
  const auto targets = run_command({"apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"});
  if (!targets) return tl::unexpected(targets.error());
  for (const auto& uri : lines_of(*targets)) {
    if (!uri.empty() && (uri.find("security") != uri.npos) == security) return uri;
  }
  if (security) return fail("apt knows no archive of security updates, which has \"{}\": add it to its sources", suite);
  return fail("apt knows no mirror: add a Debian mirror to /etc/apt/sources.list, or give a path to a bzImage");
}

}  // namespace

std::string explain_apt_failure(std::string_view log, std::string_view suite) {
  std::string complaint;  // the line that tells most: the one with the phrase, else apt's last error
  const auto says = [&](std::initializer_list<std::string_view> phrases) {
    for (const auto phrase : phrases) {
      const auto at = log.find(phrase);
      if (at == log.npos) continue;
      complaint = printable_line(log.substr(at, log.find('\n', at) - at), longest_complaint);
      return true;
    }
    return false;
  };
  for (const auto& line : lines_of(std::string(log))) {
    if (line.starts_with("E: ") || (complaint.empty() && line.starts_with("W: "))) complaint = line.substr(3);
  }
  complaint = printable_line(complaint, longest_complaint);
  if (says({"No space left", "enough free space", "Disk quota"})) {
    return fmt::format("no space left in {}: free some, or set MPROGCHECK_CACHE to another directory",
                       cache_directory());
  }
  if (says({"Could not resolve", "Temporary failure", "Could not connect", "Unable to connect", "Connection failed",
            "Connection timed out", "Network is unreachable", "Connection refused", "No route to host"})) {
    return fmt::format("the Debian mirror cannot be reached: check the network ({})", complaint);
  }
  if (says({"does not have a Release file", "404  Not Found"})) {
    return fmt::format("the Debian mirror has no suite \"{}\": try trixie, trixie-backports, sid or experimental",
                       suite);
  }
  // Before what a mirror without a signature is told by: apt says both of one that does not fit.
  if (says({"BADSIG", "signatures were invalid", "NOSPLIT", "NODATA", "Hash Sum mismatch",
            "File has unexpected size"})) {
    return fmt::format(
        "what came as the suite \"{}\" is not what Debian signed ({}): it was changed on the way, by a proxy or a "
        "damaged "
        "mirror; try again, or from another mirror",
        suite, complaint);
  }
  if (says({"is not valid yet", "is expired"})) {
    return fmt::format(
        "the index of the suite \"{}\" is of another time ({}): set this machine's clock, use a mirror that is kept up "
        "to "
        "date, or tell apt that it is a snapshot (Acquire::Check-Valid-Until)",
        suite, complaint);
  }
  if (says({"NO_PUBKEY", "EXPKEYSIG", "KEYEXPIRED", "REVKEYSIG"})) {
    return fmt::format(
        "the suite \"{}\" is signed by a key that is not here, or no longer good: update the package "
        "debian-archive-keyring",
        suite);
  }
  if (says({"is not signed", "couldn't be verified", "could not be verified", "cannot be authenticated"})) {
    return fmt::format(
        "the suite \"{}\" of this machine's mirror is not signed, and so not believed: use another mirror", suite);
  }
  return complaint.empty() ? "apt-get failed" : "apt-get failed: " + complaint;
}

Dependencies read_dependencies(const std::string& text) {
  Dependencies found;
  for (const auto& line : lines_of(text)) {
    constexpr std::string_view mark = "Depends: ";
    const auto at = line.find(mark);
    if (at == line.npos) continue;
    const auto name = line.substr(at + mark.size());
    if (name.starts_with('<') && name.ends_with('>')) {
      found.missing.push_back(name.substr(1, name.size() - 2));
    } else {
      found.there.push_back(name);
    }
  }
  return found;
}

std::vector<std::string> Apt::command(const std::string& program, const std::string& working_directory) const {
  return {"env", "-C", working_directory, "LC_ALL=C", program, "-q", "-o",
          "Dir::Etc::sourcelist=" + directory_ + "/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null", "-o",
          "Dir::State::Lists=" + directory_ + "/lists", "-o", "Dir::State::status=/dev/null", "-o",
          "Dir::Cache=" + directory_ + "/cache", "-o",
          "APT::Sandbox::User=",  // the unprivileged user could not write below a private home directory
          // Whatever the machine takes without a signature: this is run, and called Debian's. How old an index may be
          // is left to the machine: its mirror may be a snapshot, which is signed as well.
          "-o", "Acquire::AllowInsecureRepositories=false", "-o", "Acquire::AllowWeakRepositories=false", "-o",
          "Acquire::AllowDowngradeToInsecureRepositories=false", "-o", "APT::Get::AllowUnauthenticated=false", "-o",
          "APT::Update::Error-Mode=any", "-o", "APT::Update::Post-Invoke::=", "-o", "Acquire::Languages=none", "-o",
          "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"};
}

Result<void> Apt::run(std::vector<std::string> command, const std::vector<std::string>& arguments) const {
  command.insert(command.end(), arguments.begin(), arguments.end());
  Process::Options options;
  options.command = std::move(command);
  options.output = directory_ + "/apt.log";
  auto process = Process::start(options);
  if (!process) return tl::unexpected(process.error());
  std::optional<ExitStatus> status;
  while (!(status = process->wait(std::chrono::hours(1)))) {
  }
  if (status->ok()) return {};
  return fail("{}", explain_apt_failure(read_file(options.output).value_or(""), suite_));
}

Result<Apt> Apt::open(const std::string& directory, const std::string& suite) {
  if (!find_program("apt-get") || !find_program("apt-cache")) {
    return fail("no apt here: give a path to a bzImage, or fetch on a Debian machine");
  }
  const auto uri = mirror(suite);
  if (!uri) return tl::unexpected(uri.error());
  Apt apt(directory, suite);
  for (const auto& part : {"/lists/partial", "/cache/archives/partial"}) {
    if (auto made = make_directories(directory + part); !made) return tl::unexpected(made.error());
  }
  constexpr auto keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  if (!std::filesystem::exists(keyring)) return fail("{} is not here: install debian-archive-keyring", keyring);
  const auto sources = fmt::format("deb [signed-by={}] {} {} main\n", keyring, *uri, suite);
  if (auto written = write_file(directory + "/sources.list", sources); !written) {
    return tl::unexpected(written.error());
  }
  if (auto updated = apt.run(apt.command("apt-get", directory), {"update"}); !updated) {
    return tl::unexpected(updated.error());
  }
  return apt;
}

Result<std::vector<std::string>> Apt::search(const std::string& expression) const {
  auto ask = command("apt-cache", directory_);
  ask.insert(ask.end(), {"search", "--names-only", expression});
  const auto found = run_command(ask);
  if (!found) return tl::unexpected(found.error());
  std::vector<std::string> names;
  for (const auto& line : lines_of(*found)) names.push_back(line.substr(0, line.find(' ')));
  return names;
}

Dependencies Apt::dependencies(const std::string& package) const {
  auto ask = command("apt-cache", directory_);
  ask.insert(ask.end(), {"depends", "--important", package});
  return read_dependencies(run_command(ask).value_or(""));  // it fails if there is no such package
}

Result<std::string> Apt::download(const std::string& package, const std::string& directory) const {
  const auto into = directory + "/" + package;
  if (auto made = make_directories(into); !made) return tl::unexpected(made.error());
  if (auto got = run(command("apt-get", into), {"download", package}); !got) return tl::unexpected(got.error());
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(into, error)) {
    if (entry.path().extension() == ".deb") return entry.path().string();
  }
  return fail("apt-get has downloaded no {}", package);
}

}  // namespace mprogcheck::vm
