// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/fetched.hpp"

#include <string.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.hpp"
#include "base/text.hpp"
#include "vm/cache.hpp"
#include "vm/image.hpp"

namespace mprogcheck::vm {
namespace {

namespace fs = std::filesystem;

std::string kernels_directory() {
  return cache_directory() + "/kernels";
}
std::string suite_file(std::string_view suite) {
  return fmt::format("{}/suites/{}", cache_directory(), suite);
}

std::string path_of(const std::string& release) {
  return kernels_directory() + "/" + release;
}

/// What meta.json tells of a kernel.
struct Entry {
  KernelImage image;
  std::map<std::string, std::string> digests;  ///< of image_digest(), by the file's name below the release's directory
};

/// An Error says what is wrong with it, in words that go on after "the kernel in the cache is damaged".
Result<Entry> read_entry(const std::string& release) {
  const auto directory = path_of(release);
  const auto text = read_file(directory + "/meta.json");
  const auto meta = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!meta.is_object()) return fail("its meta.json cannot be read");
  Entry entry{{directory + "/vmlinuz", release, "debian:" + release, {}, {}}, {}};
  const auto digests = meta.find("digests");
  if (digests == meta.end() || !digests->is_object()) return fail("its meta.json has no digests");
  for (const auto& [file, digest] : digests->items()) {
    if (digest.is_string()) entry.digests[file] = digest.get<std::string>();
  }
  const auto read_list = [&](const char* key, std::vector<std::string>& list) -> Result<void> {
    const auto found = meta.find(key);
    if (found == meta.end() || !found->is_array()) return fail("its meta.json has no {}", key);
    for (const auto& module : *found) {
      const auto name = module.is_string() ? module.get<std::string>() : "";
      if (!is_plain_name(name)) return fail("its meta.json names a module \"{}\"", printable_line(name, 100));
      if (!entry.digests.contains("modules/" + name)) return fail("its meta.json has no digest of {}", name);
      list.push_back(directory + "/modules/" + name);
    }
    return {};
  };
  if (auto list = read_list("modules", entry.image.modules); !list) return tl::unexpected(list.error());
  if (auto list = read_list("extra_modules", entry.image.extra_modules); !list) return tl::unexpected(list.error());
  if (!entry.digests.contains("vmlinuz")) return fail("its meta.json has no digest of vmlinuz");
  return entry;
}

/// As it was when it was fetched?
Result<KernelImage> read_kernel(const std::string& release) {
  auto entry = read_entry(release);
  if (!entry) return tl::unexpected(entry.error());
  const auto& [image, digests] = *entry;
  const auto directory = path_of(release) + "/";
  for (const auto* files : {&image.modules, &image.extra_modules}) {
    for (const auto& path : *files) {
      if (image_digest(path) != digests.at(path.substr(directory.size())))
        return fail("{} is not what was fetched", path);
    }
  }
  if (image_digest(image.path) != digests.at("vmlinuz")) return fail("{} is not what was fetched", image.path);
  return std::move(entry->image);
}

/// Oldest first.
std::vector<std::string> releases() {
  std::vector<std::string> all;
  std::error_code error;
  for (fs::directory_iterator entry(kernels_directory(), error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (is_plain_name(name)) all.push_back(name);  // one that begins with a dot is still being fetched
  }
  std::sort(all.begin(), all.end(),
            [](const std::string& a, const std::string& b) { return ::strverscmp(a.c_str(), b.c_str()) < 0; });
  return all;
}

/// Which of the releases here is meant; empty: none.
std::string release_for(std::string_view what) {
  if (!is_plain_name(what)) return {};
  if (is_version(what)) {
    const auto all = releases();
    const auto newest =
        std::find_if(all.rbegin(), all.rend(), [&](const std::string& release) { return release_fits(release, what); });
    return newest == all.rend() ? "" : *newest;
  }
  auto release = read_file(suite_file(what)).value_or("");
  while (!release.empty() && release.back() == '\n') release.pop_back();
  return is_plain_name(release) && fs::exists(path_of(release)) ? release : "";
}

}  // namespace

bool is_version(std::string_view what) {
  return !what.empty() && what[0] >= '0' && what[0] <= '9';
}

bool release_fits(std::string_view release, std::string_view version) {
  if (version.empty() || !release.starts_with(version)) return false;
  return release.size() == version.size() ||
         std::string_view(".+-").find(release[version.size()]) != std::string_view::npos;
}

std::vector<KernelImage> all_fetched() {
  std::vector<KernelImage> images;
  if (!check_cache()) return images;
  for (const auto& release : releases()) {
    if (auto entry = read_entry(release)) images.push_back(std::move(entry->image));
  }
  return images;
}

Result<std::optional<KernelImage>> find_fetched(std::string_view what) {
  if (auto ours = check_cache(); !ours) return tl::unexpected(ours.error());
  const auto release = release_for(what);
  if (release.empty()) return std::nullopt;
  auto image = read_kernel(release);
  if (image) return std::move(*image);
  return fail("the kernel {} in the cache is damaged: {}; run `mprogcheck kernel fetch debian:{}` to get it again",
              release, image.error().message, what);
}

Result<void> assign_suite(const std::string& suite, const std::string& release) {
  if (auto suites = cache_folder("suites"); !suites) return tl::unexpected(suites.error());
  return write_file(suite_file(suite), release + "\n");
}

Result<KernelImage> publish(const std::string& prepared, const std::string& release, const ModuleLists& modules,
                            const std::string& suite) {
  if (!is_plain_name(release)) return fail("\"{}\" is no release of a kernel", printable_line(release, 100));
  nlohmann::json digests = nlohmann::json::object();
  const auto add = [&](const std::string& file) -> Result<void> {
    auto digest = image_digest(prepared + "/" + file);
    if (!digest) return tl::unexpected(digest.error());
    digests[file] = std::move(*digest);
    return {};
  };
  if (auto added = add("vmlinuz"); !added) return tl::unexpected(added.error());
  for (const auto* list : {&modules.boot, &modules.extra}) {
    for (const auto& name : *list) {
      if (auto added = add("modules/" + name); !added) return tl::unexpected(added.error());
    }
  }
  const nlohmann::json meta{
      {"release", release}, {"modules", modules.boot}, {"extra_modules", modules.extra}, {"digests", digests}};
  if (auto written = write_file(prepared + "/meta.json", meta.dump(2) + "\n"); !written) {
    return tl::unexpected(written.error());
  }
  const auto kernels = cache_folder("kernels");
  if (!kernels) return tl::unexpected(kernels.error());
  std::error_code error;
  fs::remove_all(path_of(release), error);  // at most the ruins of one
  fs::rename(prepared, path_of(release), error);
  if (error) return tl::unexpected(io_error("write", path_of(release), error.value()));
  sync_folder(*kernels);
  if (!suite.empty()) {
    if (auto assigned = assign_suite(suite, release); !assigned) return tl::unexpected(assigned.error());
  }
  return read_kernel(release);
}

}  // namespace mprogcheck::vm
