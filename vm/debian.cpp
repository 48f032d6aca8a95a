// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/debian.hpp"

#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.hpp"
#include "base/text.hpp"
#include "vm/apt.hpp"
#include "vm/cache.hpp"
#include "vm/deb.hpp"
#include "vm/decompress.hpp"
#include "vm/fetched.hpp"
#include "vm/image.hpp"
#include "vm/modules.hpp"

namespace mprogcheck::vm {
namespace {

namespace fs = std::filesystem;

/// The smallest flavour, and one made for virtual machines.
constexpr std::string_view flavour = "cloud-amd64";

/// Where a version is looked for, in this order.
constexpr std::array suites{"trixie", "trixie-backports", "sid", "experimental", "bookworm-backports", "bookworm"};

/// Without these the guest cannot open its virtio port. Built in since 6.12.
constexpr std::array<std::string_view, 2> boot_modules{"virtio_pci", "virtio_console"};
/// What a guest may want to load once it runs: the clsact and ingress qdiscs, and two kinds of devices.
constexpr std::array<std::string_view, 3> extra_modules{"sch_ingress", "veth", "dummy"};

constexpr std::uint64_t largest_module = std::uint64_t{256} << 20;

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Where a suite's packages were found.
struct Source {
  Apt apt;
  std::string release;
};

Result<std::string> release_in_suite(const Apt& apt, const std::string& suite) {
  for (const auto& package : apt.dependencies(fmt::format("linux-image-{}", flavour)).there) {
    if (auto release = release_of_package(package); !release.empty()) return release;
  }
  return fail("the suite \"{}\" has no linux-image-{}: try trixie, sid or experimental", suite, flavour);
}

Result<std::string> newest_release(const Apt& apt, const std::string& version) {
  const auto packages = apt.search(fmt::format("^linux-image-[0-9].*-{}$", flavour));
  if (!packages) return tl::unexpected(packages.error());
  std::string newest;
  for (const auto& package : *packages) {
    const auto release = release_of_package(package);
    if (release_fits(release, version) && ::strverscmp(release.c_str(), newest.c_str()) > 0) newest = release;
  }
  return newest;
}

Result<Source> find_source(const std::string& what, const Progress& progress) {
  const auto open = [&](const std::string& suite) {
    if (progress) progress(fmt::format("reading the package index of {}", suite));
    return Apt::open(fmt::format("{}/apt/{}", cache_directory(), suite), suite);
  };
  if (!is_version(what)) {
    auto apt = open(what);
    if (!apt) return tl::unexpected(apt.error());
    const auto release = release_in_suite(*apt, what);
    if (!release) return tl::unexpected(release.error());
    return Source{std::move(*apt), *release};
  }
  std::string trouble;  // of the first suite that could not be looked at: what is meant may be in that one
  for (const auto* suite : suites) {
    auto apt = open(suite);
    if (!apt && suite == suites.front()) return tl::unexpected(apt.error());  // no network, no apt, no space
    if (!apt) {
      if (trouble.empty()) trouble = "; but " + apt.error().message;
      continue;
    }
    const auto release = newest_release(*apt, what);
    if (!release) return tl::unexpected(release.error());
    if (!release->empty()) return Source{std::move(*apt), *release};
  }
  return fail("no suite of the Debian mirror has a kernel {}: it may be gone; try debian:trixie or debian:sid{}", what,
              trouble);
}

struct Packages {
  std::vector<std::string> names;
  bool has_modules = true;
};

/// Up to 6.18 one package has everything; since 6.19 image and modules have one each. A mirror that keeps an older
/// kernel does not always keep both.
Packages packages_of(const Source& source) {
  const auto whole = "linux-image-" + source.release;
  const auto binary = "linux-binary-" + source.release, modules = "linux-modules-" + source.release;
  const auto needed = source.apt.dependencies(whole);
  Packages packages;
  for (const auto& package : needed.there) {
    if (package == binary || package == modules) packages.names.push_back(package);
  }
  if (packages.names.empty()) packages.names.push_back(whole);
  packages.has_modules = std::ranges::find(needed.missing, modules) == needed.missing.end();
  return packages;
}

struct Unpacked {
  std::string image;
  Modules modules;
};

Result<void> unpack(const std::string& deb, const std::string& release, Unpacked& into) {
  const auto is_image = [&](std::string_view path) {
    return path == "boot/vmlinuz-" + release || path.ends_with("lib/modules/" + release + "/vmlinuz");
  };
  const auto wanted = [&](std::string_view path) {
    const auto name = module_name(path);
    return is_image(path) ||
           (!name.empty() && (path.find("/drivers/virtio/") != path.npos || name == "virtio_console" ||
                              std::find(extra_modules.begin(), extra_modules.end(), name) != extra_modules.end()));
  };
  auto files = files_of_deb(deb, wanted);
  if (!files) return tl::unexpected(files.error());
  for (auto& [path, content] : *files) {
    if (is_image(path)) {
      into.image = std::move(content);
    } else if (path.ends_with(".ko")) {
      into.modules[module_name(path)] = std::move(content);
    } else {
      auto plain = decompress(content, path, largest_module);
      if (!plain) return tl::unexpected(plain.error());
      into.modules[module_name(path)] = std::move(*plain);
    }
  }
  return {};
}

/// Writes the files as publish() wants them.
Result<ModuleLists> lay_out(const Unpacked& unpacked, const std::string& directory) {
  if (auto made = make_directories(directory + "/modules"); !made) return tl::unexpected(made.error());
  if (auto written = write_file(directory + "/vmlinuz", unpacked.image); !written) {
    return tl::unexpected(written.error());
  }
  if (const auto header = read_image_header(directory + "/vmlinuz"); !header) return tl::unexpected(header.error());
  ModuleLists lists;
  const auto add = [&](std::span<const std::string_view> names, std::vector<std::string>& list) -> Result<void> {
    for (const auto& name : load_order(unpacked.modules, names)) {
      list.push_back(name + ".ko");
      const auto path = directory + "/modules/" + name + ".ko";
      if (auto written = write_file(path, unpacked.modules.at(name)); !written) return written;
    }
    return {};
  };
  if (auto added = add(boot_modules, lists.boot); !added) return tl::unexpected(added.error());
  if (auto added = add(extra_modules, lists.extra); !added) return tl::unexpected(added.error());
  return lists;
}

/// A fetch that was killed leaves its directory behind. Called with the lock held, so none of these is in use.
void remove_leftovers(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().filename().string().starts_with(".new.")) fs::remove_all(entry.path(), error);
  }
}

/// What is here already. Of one that is damaged the user is told why it is fetched again.
std::optional<KernelImage> whole_one(const std::string& what, const Progress& progress) {
  auto found = find_fetched(what);
  if (!found && progress) progress(found.error().message);
  return found.value_or(std::nullopt);
}

}  // namespace

std::string release_of_package(std::string_view package) {
  constexpr std::string_view prefix = "linux-image-";
  if (!package.starts_with(prefix) || !package.ends_with(flavour)) return {};
  package.remove_prefix(prefix.size());
  return is_version(package) ? std::string(package) : "";
}

Result<KernelImage> fetch_debian(const std::string& what, const Progress& progress) {
  if (!is_plain_name(what)) {
    return fail(Error::Kind::usage, "debian:{} is neither a suite nor a version: try debian:trixie or debian:6.12",
                printable_line(what, 100));
  }
  if (auto ours = check_cache(); !ours) return tl::unexpected(ours.error());  // before anything is asked for
  const auto kernels = cache_folder("kernels");
  if (!kernels) return tl::unexpected(kernels.error());
  const auto lock = lock_file(cache_directory() + "/fetch.lock");
  if (!lock) return tl::unexpected(lock.error());
  if (auto image = whole_one(what, progress)) return *image;  // by whoever held the lock before us
  remove_leftovers(*kernels);

  const auto source = find_source(what, progress);
  if (!source) return tl::unexpected(source.error());
  const auto suite = is_version(what) ? "" : what;
  if (auto image = whole_one(source->release, {})) {  // another suite has the same kernel
    if (!suite.empty()) {
      if (auto assigned = assign_suite(suite, source->release); !assigned) return tl::unexpected(assigned.error());
    }
    return *image;
  }
  const auto packages = packages_of(*source);
  if (!packages.has_modules && progress) {
    progress(fmt::format("the mirror has no linux-modules-{} any more: what needs {} cannot be checked on this kernel",
                         source->release, fmt::join(extra_modules, ", ")));
  }

  auto name = *kernels + "/.new.XXXXXX";
  if (!::mkdtemp(name.data())) return tl::unexpected(io_error("write", *kernels, errno));
  const TemporaryDirectory temporary(name);
  Unpacked unpacked;
  for (const auto& package : packages.names) {
    if (progress) progress(fmt::format("downloading {}", package));
    const auto deb = source->apt.download(package, temporary.path() + "/debs");
    if (!deb) return tl::unexpected(deb.error());
    if (auto done = unpack(*deb, source->release, unpacked); !done) return tl::unexpected(done.error());
  }
  if (unpacked.image.empty()) return fail("the packages of {} have no vmlinuz where it is expected", source->release);
  const auto prepared = temporary.path() + "/kernel";
  const auto modules = lay_out(unpacked, prepared);
  if (!modules) return tl::unexpected(modules.error());
  return publish(prepared, source->release, *modules, suite);
}

}  // namespace mprogcheck::vm
