// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/accelerator.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "vm/cache.hpp"

namespace mprogcheck::vm {
namespace {

/// Everything that could change the verdict.
std::string fingerprint(const std::string& qemu, const std::string& device) {
  Digest digest;
  digest.add(read_file("/proc/sys/kernel/random/boot_id").value_or(""));
  for (const auto& path : {qemu, device}) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) continue;
    digest.add(path).add(status.st_dev).add(status.st_ino).add(status.st_rdev);
    if (!S_ISCHR(status.st_mode)) {  // a device's time changes whenever it is used
      digest.add(static_cast<std::uint64_t>(status.st_mtim.tv_sec)).add(static_cast<std::uint64_t>(status.st_size));
    }
  }
  return fmt::format("{:016x}", digest.value());
}

std::string cache_file() {
  return cache_directory() + "/accelerator.json";
}

}  // namespace

std::string_view name(Accelerator accelerator) {
  return accelerator == Accelerator::kvm ? "kvm" : "tcg";
}

Result<Accelerator> parse_accelerator(std::string_view text) {
  if (text == "kvm") return Accelerator::kvm;
  if (text == "tcg") return Accelerator::tcg;
  return fail(Error::Kind::usage, "unknown accelerator \"{}\": expected kvm or tcg", text);
}

std::string line(const AcceleratorVerdict& verdict) {
  return fmt::format("accelerator: {} ({})", name(verdict.accelerator), verdict.reason);
}

std::optional<AcceleratorVerdict> verdict_without_boot(const std::string& device) {
  const Fd fd(::open(device.c_str(), O_RDWR | O_CLOEXEC));
  if (fd) return std::nullopt;
  if (errno == ENOENT) return AcceleratorVerdict{Accelerator::tcg, fmt::format("no {} here", device)};
  return AcceleratorVerdict{Accelerator::tcg, fmt::format("cannot open {}: {}", device, std::strerror(errno))};
}

std::optional<AcceleratorVerdict> remembered_verdict(const std::string& qemu, const std::string& device) {
  if (!check_cache()) return std::nullopt;
  const auto text = read_file(cache_file());
  if (!text) return std::nullopt;
  const auto entry = nlohmann::json::parse(*text, nullptr, false);
  const auto word = [&](const char* key) -> std::string {
    const auto found = entry.is_object() ? entry.find(key) : entry.end();
    return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
  };
  if (word("fingerprint") != fingerprint(qemu, device)) return std::nullopt;
  const auto accelerator = parse_accelerator(word("accelerator"));
  if (!accelerator) return std::nullopt;
  return AcceleratorVerdict{*accelerator, word("reason")};
}

void remember_verdict(const AcceleratorVerdict& verdict, const std::string& qemu, const std::string& device) {
  const nlohmann::json entry{{"fingerprint", fingerprint(qemu, device)},
                             {"accelerator", name(verdict.accelerator)},
                             {"reason", verdict.reason}};
  if (!cache_folder("")) return;
  (void)write_file(cache_file(), entry.dump() + "\n");
}

}  // namespace mprogcheck::vm
