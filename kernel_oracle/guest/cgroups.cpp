// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/cgroups.hpp"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/programs.hpp"
#include "model/hooks/hook.hpp"
#include "model/quirk.hpp"

namespace mprogcheck::guest {

namespace {

using model::Cgroup;

constexpr const char* hierarchy = "/sys/fs/cgroup";
constexpr std::uint32_t no_fd = 1'000'000;
constexpr std::uint64_t patience_ns = 5'000'000'000;
/// Of the attach types that no hook of ours has, the one that a cgroup lets go of after all those that one has.
constexpr enum bpf_attach_type witness_type = BPF_CGROUP_INET6_GETSOCKNAME;

std::string name_of(unsigned n) {
  return "c" + std::to_string(n);
}

int open_directory(int at, const char* name) {
  const int fd = ::openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : out_of_the_way(fd);
}

int make_directory(int at, const char* name) {
  return ::mkdirat(at, name, 0755) < 0 ? -errno : 0;
}

bool is_cgroup2(const char* path) {
  struct statfs system {};
  return ::statfs(path, &system) == 0 && static_cast<unsigned long>(system.f_type) == CGROUP2_SUPER_MAGIC;
}

/// A program that says 1, for that attach type. Negative errno.
int load(enum bpf_prog_type type, enum bpf_attach_type attach_type) {
  struct bpf_insn insns[2];
  mpc_program_body(insns, 1);
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type);
  const int fd = bpf_prog_load(type, nullptr, "Dual BSD/GPL", insns, 2, &options);
  return fd < 0 ? fd : out_of_the_way(fd);
}

int link_to(int program, int cgroup, enum bpf_attach_type attach_type) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_CREATE_SIZE);
  attr.link_create.prog_fd = static_cast<std::uint32_t>(program);
  attr.link_create.target_fd = static_cast<std::uint32_t>(cgroup);
  attr.link_create.attach_type = attach_type;
  const int fd = mpc_bpf(BPF_LINK_CREATE, &attr, MPC_LINK_CREATE_SIZE);
  return fd < 0 ? fd : out_of_the_way(fd);
}

/// The link has no cgroup any more.
bool is_defunct(int link) {
  struct bpf_link_info info = {};
  std::uint32_t length = sizeof info;
  return bpf_link_get_info_by_fd(link, &info, &length) < 0 || info.cgroup.cgroup_id == 0;
}

}  // namespace

Cgroups::~Cgroups() {
  if (top_ < 0) return;
  for (unsigned left = 0; left < Cgroup::count; ++left)
    for (unsigned n = 0; n < Cgroup::count; ++n)
      if (exists(n)) remove(n, false);
  ::unlinkat(top_, "keeper", AT_REMOVEDIR);
  ::unlinkat(root_, name_.c_str(), AT_REMOVEDIR);
}

std::string Cgroups::open() {
  if (!is_cgroup2(hierarchy)) ::mount("cgroup2", hierarchy, "cgroup2", 0, nullptr);
  if (!is_cgroup2(hierarchy)) return "no cgroup2 hierarchy";
  root_ = open_directory(AT_FDCWD, hierarchy);
  name_ = "mprogcheck." + std::to_string(::getpid());
  if (root_ < 0) return std::string("no cgroup2 hierarchy: ") + std::strerror(-root_);
  ::unlinkat(root_, name_.c_str(), AT_REMOVEDIR);
  if (const int error = make_directory(root_, name_.c_str()); error < 0)
    return std::string("no cgroup can be made: ") + std::strerror(-error);
  top_ = open_directory(root_, name_.c_str());
  const int error = top_ < 0 ? top_ : keep_keys();
  if (error == 0) return {};
  if (top_ >= 0) {
    ::unlinkat(top_, "keeper", AT_REMOVEDIR);
    ::close(top_);
  }
  ::unlinkat(root_, name_.c_str(), AT_REMOVEDIR);
  top_ = -1;
  return std::string("nothing can be attached to a cgroup: ") + std::strerror(-error);
}

/// For the first and the last program of an attach type the kernel patches its own code, at more than ten times the
/// cost of an attach.
int Cgroups::keep_keys() {
  witness_program_ = load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, witness_type);
  if (witness_program_ < 0) return witness_program_;
  if (const int error = make_directory(top_, "keeper"); error < 0) return error;
  keeper_ = open_directory(top_, "keeper");
  if (keeper_ < 0) return keeper_;
  if (const int link = link_to(witness_program_, keeper_, witness_type); link < 0) return link;
  for (const model::HookRow& row : model::hook_rows) {
    if (target_kind(row.hook) != model::TargetKind::cgroup) continue;
    const auto type = static_cast<enum bpf_attach_type>(row.attach_type);
    const int program = load(static_cast<enum bpf_prog_type>(mpc_program_type(static_cast<unsigned>(row.type))), type);
    if (program < 0) return program;
    const int link = link_to(program, keeper_, type);
    ::close(program);
    if (link < 0) return link;
  }
  return 0;
}

/// Each by what its document says that it is seen by: a flag that is taken, a revision that is told.
std::string Cgroups::extensions() const {
  std::string found;
  const model::HookRow& row = *std::ranges::find_if(
      model::hook_rows, [](const auto& each) { return target_kind(each.hook) == model::TargetKind::cgroup; });
  const int program = mpc_load_program(static_cast<unsigned>(row.type), 0);
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_fd = static_cast<std::uint32_t>(keeper_);
  attr.attach_type = row.attach_type;
  attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attr.attach_flags = BPF_F_ALLOW_MULTI | model::flag::preorder;
  if (mpc_bpf(BPF_PROG_ATTACH, &attr, MPC_ATTACH_SIZE) == 0) {
    found += " " + std::string(name_of(model::Extension::cgroup_preorder));
    attr.attach_flags = 0;
    mpc_bpf(BPF_PROG_DETACH, &attr, MPC_ATTACH_SIZE);
  }
  ::close(program);
  mpc_clear(&attr, MPC_QUERY_SIZE);
  attr.query.target_fd = static_cast<std::uint32_t>(keeper_);
  attr.query.attach_type = row.attach_type;
  if (mpc_bpf(BPF_PROG_QUERY, &attr, MPC_QUERY_SIZE) == 0 && attr.query.revision != 0)
    found += " " + std::string(name_of(model::Extension::cgroup_order));
  return found;
}

int Cgroups::parent_fd(unsigned n) const {
  const std::uint8_t parent = now_[n].parent;
  return parent == Cgroup::top ? top_ : now_[parent].fd;
}

std::uint32_t Cgroups::fd(unsigned n) const {
  return n < Cgroup::count && now_[n].fd >= 0 ? static_cast<std::uint32_t>(now_[n].fd) : no_fd;
}

void Cgroups::forget(unsigned n) {
  if (now_[n].fd >= 0) ::close(now_[n].fd);
  now_[n].fd = -1;
}

int Cgroups::make(unsigned n) {
  State& state = now_[n];
  const int parent = parent_fd(n);
  if (parent < 0) return -ENOENT;
  if (const int error = make_directory(parent, name_of(n).c_str()); error < 0) return error;
  const int fd = open_directory(parent, name_of(n).c_str());
  if (fd < 0) return fd;
  forget(n);
  struct stat status {};
  ::fstat(fd, &status);
  state.exists = true;
  state.fd = fd;
  state.id = status.st_ino;
  ++state.generation;
  return 0;
}

int Cgroups::remove(unsigned n, bool attached) {
  const int parent = parent_fd(n);
  if (parent < 0) return -ENOENT;
  const int witness = attached ? link_to(witness_program_, now_[n].fd, witness_type) : -1;
  const int result = ::unlinkat(parent, name_of(n).c_str(), AT_REMOVEDIR) < 0 ? -errno : 0;
  if (result == 0) now_[n].exists = false;
  if (witness < 0) return result;
  if (result == 0) {
    await(patience_ns, [witness] { return is_defunct(witness); });
    // It has gone in the middle of what the worker does under a lock: who can take that finds it done.
    union bpf_attr attr;
    mpc_clear(&attr, MPC_LINK_DETACH_SIZE);
    attr.link_detach.link_fd = static_cast<std::uint32_t>(witness);
    mpc_bpf(BPF_LINK_DETACH, &attr, MPC_LINK_DETACH_SIZE);
  }
  ::close(witness);
  return result;
}

int Cgroups::become(std::uint8_t declared, std::span<const std::uint8_t, Cgroup::count> parents) {
  if (!works()) return declared == 0 ? 0 : -ENOSYS;
  const auto wanted = [&](unsigned n) { return (declared >> n & 1U) != 0; };
  // From the leaves: what is not wanted, what shall be elsewhere, and what is below such a one.
  bool going = true;
  for (unsigned round = 0; going && round < Cgroup::count; ++round) {
    going = false;
    for (unsigned n = 0; n < Cgroup::count; ++n) {
      bool stays = wanted(n) && now_[n].parent == parents[n];
      for (std::uint8_t above = now_[n].parent; stays && above != Cgroup::top; above = now_[above].parent)
        stays = wanted(above) && now_[above].exists && now_[above].parent == parents[above];
      if (!now_[n].exists || stays) continue;
      going = true;
      remove(n, false);  // refused while there is one below: in the next round
    }
  }
  for (unsigned n = 0; n < Cgroup::count; ++n) {
    if (now_[n].exists && wanted(n)) continue;
    if (now_[n].exists) return -EBUSY;
    forget(n);
    now_[n].parent = parents[n];
  }
  // From the top.
  for (unsigned round = 0; round < Cgroup::count; ++round)
    for (unsigned n = 0; n < Cgroup::count; ++n) {
      if (!wanted(n) || now_[n].exists) continue;
      if (parents[n] != Cgroup::top && !now_[parents[n]].exists) continue;
      if (const int error = make(n); error < 0) return error;
    }
  return 0;
}

}  // namespace mprogcheck::guest
