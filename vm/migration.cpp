// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/migration.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "vm/cache.hpp"

namespace mprogcheck::vm {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// QEMU tells the end of a migration by an event only if asked to beforehand, and of an incoming one by none that QMP
/// can wait for: so it is asked again and again.
constexpr int between_questions_ms = 2;
constexpr auto longest_save = 30s;

Result<void> migrate(Qmp& qmp, const Fd& file) {
  // QEMU spares the network: 128 MiB/s unless told otherwise, most of a second for a guest of 90 MB.
  constexpr std::uint64_t unlimited = 1ULL << 40;
  if (auto set = qmp.execute("migrate-set-parameters", {{"max-bandwidth", unlimited}}); !set) {
    return tl::unexpected(set.error());
  }
  if (auto given = qmp.give_file("snapshot", file.get()); !given) return given;
  if (auto begun = qmp.execute("migrate", {{"uri", "fd:snapshot"}}); !begun) return tl::unexpected(begun.error());
  for (const auto deadline = Clock::now() + longest_save;;) {
    const auto state = qmp.execute("query-migrate");
    if (!state) return tl::unexpected(state.error());
    const auto status = text_in(*state, "status", "");
    if (status == "completed") return {};
    if (status == "failed" || status == "cancelled") {
      return fail("QEMU cannot write a snapshot: {}", text_in(*state, "error-desc", "no reason given"));
    }
    if (Clock::now() >= deadline) {
      (void)qmp.execute("migrate_cancel");
      return fail("QEMU did not finish writing a snapshot");
    }
    ::poll(nullptr, 0, between_questions_ms);
  }
}

}  // namespace

Result<Fd> nameless_file(const std::string& directory) {
  auto path = directory + "/snapshot.XXXXXX";
  Fd file(::mkostemp(path.data(), O_CLOEXEC));
  if (!file) return tl::unexpected(io_error("write", path, errno));
  if (::unlink(path.c_str()) != 0) return tl::unexpected(io_error("remove", path, errno));
  return file;
}

Result<Fd> reopen(const Fd& file) {
  const auto path = fmt::format("/proc/self/fd/{}", file.get());
  Fd again(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!again) return tl::unexpected(io_error("read", path, errno));
  return again;
}

Result<void> save_guest(Qmp& qmp, const Fd& file) {
  if (auto stopped = qmp.execute("stop"); !stopped) return tl::unexpected(stopped.error());
  auto saved = migrate(qmp, file);
  if (auto resumed = qmp.execute("cont"); !resumed) return tl::unexpected(resumed.error());
  return saved;
}

Result<void> resume_restored(Qmp& qmp, std::chrono::milliseconds deadline) {
  for (const auto end = Clock::now() + deadline;;) {
    const auto state = qmp.execute("query-status", nlohmann::json::object(), deadline);
    if (!state) return tl::unexpected(state.error());
    // "cont" before that would be taken back by the state that comes with the guest: it was saved standing still.
    if (text_in(*state, "status", "") != "inmigrate") break;
    if (Clock::now() >= end) return fail("QEMU did not finish reading a snapshot");
    ::poll(nullptr, 0, between_questions_ms);
  }
  if (auto resumed = qmp.execute("cont"); !resumed) return tl::unexpected(resumed.error());
  return {};
}

}  // namespace mprogcheck::vm
