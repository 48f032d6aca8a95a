// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/fetched.hpp"

#include <string.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "vm/cache.hpp"

namespace mprogcheck::vm {
namespace {

namespace fs = std::filesystem;

std::string kernels_directory() {
  return cache_directory() + "/kernels";
}
std::string suite_file(std::string_view suite) {
  return fmt::format("{}/suites/{}", cache_directory(), suite);
}

std::optional<KernelImage> load(const std::string& release) {
  const auto directory = kernels_directory() + "/" + release;
  const auto text = read_file(directory + "/meta.json");
  if (!text || !fs::exists(directory + "/vmlinuz")) return std::nullopt;
  const auto meta = nlohmann::json::parse(*text, nullptr, false);
  if (!meta.is_object()) return std::nullopt;
  KernelImage image{directory + "/vmlinuz", release, "debian:" + release, {}, {}};
  const auto read_list = [&](const char* key, std::vector<std::string>& list) {
    const auto found = meta.find(key);
    if (found == meta.end() || !found->is_array()) return;
    for (const auto& module : *found) {
      if (module.is_string()) list.push_back(directory + "/modules/" + module.get<std::string>());
    }
  };
  read_list("modules", image.modules);
  read_list("extra_modules", image.extra_modules);
  return image;
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
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kernels_directory(), error)) {
    if (entry.path().filename().string().starts_with('.')) continue;  // still being fetched
    if (auto image = load(entry.path().filename().string())) images.push_back(std::move(*image));
  }
  std::sort(images.begin(), images.end(), [](const KernelImage& a, const KernelImage& b) {
    return ::strverscmp(a.release.c_str(), b.release.c_str()) < 0;
  });
  return images;
}

std::optional<KernelImage> find_fetched(std::string_view what) {
  if (what.empty() || what.find('/') != what.npos) return std::nullopt;
  if (!is_version(what)) {
    auto release = read_file(suite_file(what)).value_or("");
    while (!release.empty() && release.back() == '\n') release.pop_back();
    if (release.empty() || release.find('/') != release.npos) return std::nullopt;
    return load(release);
  }
  const auto images = all_fetched();
  const auto newest = std::find_if(images.rbegin(), images.rend(),
                                   [&](const KernelImage& image) { return release_fits(image.release, what); });
  if (newest == images.rend()) return std::nullopt;
  return *newest;
}

Result<void> assign_suite(const std::string& suite, const std::string& release) {
  if (auto made = make_directories(cache_directory() + "/suites"); !made) return made;
  return write_file(suite_file(suite), release + "\n");
}

Result<KernelImage> publish(const std::string& prepared, const std::string& release, const ModuleLists& modules,
                            const std::string& suite) {
  const nlohmann::json meta{{"release", release}, {"modules", modules.boot}, {"extra_modules", modules.extra}};
  if (auto written = write_file(prepared + "/meta.json", meta.dump(2) + "\n"); !written) {
    return tl::unexpected(written.error());
  }
  const auto final_directory = kernels_directory() + "/" + release;
  std::error_code error;
  fs::remove_all(final_directory, error);  // at most the ruins of one
  fs::rename(prepared, final_directory, error);
  if (error) return tl::unexpected(io_error("write", final_directory, error.value()));
  if (!suite.empty()) {
    if (auto assigned = assign_suite(suite, release); !assigned) return tl::unexpected(assigned.error());
  }
  auto image = load(release);
  if (!image) return fail("{} is damaged: delete it and fetch again", final_directory);
  return *image;
}

}  // namespace mprogcheck::vm
