// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/kernel.hpp"

#include <filesystem>

#include "vm/debian.hpp"
#include "vm/fetched.hpp"
#include "vm/image.hpp"

namespace mprogcheck::vm {
namespace {

constexpr std::string_view debian = "debian:";

/// The module behind qdiscs (sch_ingress), for an image that nobody fetched: beside it, or where its tree has built it.
std::vector<std::string> modules_beside(const std::filesystem::path& image) {
  const auto folder = image.has_parent_path() ? image.parent_path() : std::filesystem::path(".");
  for (const auto* place : {"sch_ingress.ko", "modules/sch_ingress.ko", "net/sched/sch_ingress.ko",
                            "../../../net/sched/sch_ingress.ko"}) {  // arch/x86/boot/bzImage
    std::error_code error;
    if (const auto module = folder / place; std::filesystem::is_regular_file(module, error)) return {module.string()};
  }
  return {};
}

Result<KernelImage> find_file(std::string_view spec) {
  const std::string path(spec);
  const auto header = read_image_header(path);
  if (!header) return tl::unexpected(header.error());
  return KernelImage{path, header->release, path, {}, modules_beside(path)};
}

}  // namespace

Result<KernelImage> find_kernel(std::string_view spec) {
  if (!spec.starts_with(debian)) return find_file(spec);
  auto found = find_fetched(spec.substr(debian.size()));
  if (!found) return tl::unexpected(found.error());
  if (auto& image = *found) {
    image->source = spec;
    return std::move(*image);
  }
  return fail(Error::Kind::infrastructure, "{} is not here yet: run `mprogcheck kernel fetch {}`", spec, spec);
}

Result<KernelImage> fetch_kernel(std::string_view spec, const Progress& progress) {
  if (auto image = find_kernel(spec); image || !spec.starts_with(debian)) return image;
  auto image = fetch_debian(std::string(spec.substr(debian.size())), progress);
  if (image) image->source = spec;
  return image;
}

std::vector<KernelImage> list_kernels() {
  return all_fetched();
}

}  // namespace mprogcheck::vm
