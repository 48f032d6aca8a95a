// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// The packages that a package depends on.
struct Dependencies {
  std::vector<std::string> there;
  std::vector<std::string> missing;  ///< the suite says that they are needed, and has them not
};

/// apt looking at one suite of the machine's own Debian mirror, with a configuration of its own: the system's apt, its
/// sources and its list of installed packages are neither changed nor consulted, except to learn the mirror and the
/// keys. What the machine allows without a signature is not allowed here.
class Apt {
 public:
  /// Prepares `directory` and downloads the suite's package index into it. An Error says if there is no apt, no mirror,
  /// no network, no such suite or no space.
  static Result<Apt> open(const std::string& directory, const std::string& suite);

  /// Names of packages that match the extended regular expression.
  [[nodiscard]] Result<std::vector<std::string>> search(const std::string& expression) const;
  /// Empty if there is no such package.
  [[nodiscard]] Dependencies dependencies(const std::string& package) const;
  /// Gets the package into a directory of its own and returns the path of the .deb.
  [[nodiscard]] Result<std::string> download(const std::string& package, const std::string& directory) const;

 private:
  Apt(std::string directory, std::string suite) : directory_(std::move(directory)), suite_(std::move(suite)) {}
  [[nodiscard]] std::vector<std::string> command(const std::string& program,
                                                 const std::string& working_directory) const;
  [[nodiscard]] Result<void> run(std::vector<std::string> command, const std::vector<std::string>& arguments) const;

  std::string directory_;
  std::string suite_;
};

/// From the output of `apt-cache depends`.
Dependencies read_dependencies(const std::string& text);

/// What the log of a failed apt means, in one line for the user.
std::string explain_apt_failure(std::string_view log, std::string_view suite);

}  // namespace mprogcheck::vm
