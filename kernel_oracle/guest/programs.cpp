// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/programs.hpp"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mprogcheck::guest {

int out_of_the_way(int fd) {
  int moved = mpc_move_fd_above(fd, own_fds);
  if (moved == -EMFILE) moved = mpc_move_fd_above(fd, 10);  // all from own_fds up are taken: RLIMIT_NOFILE ends them
  if (moved >= fd_of_slot(0) && moved < own_fds) {
    ::close(moved);
    return -EMFILE;
  }
  return moved;
}

unsigned Programs::body(struct bpf_insn insns[mpc_stamping_most], unsigned type, unsigned returns,
                        std::uint32_t identity) const {
  const std::int32_t code = mpc_return_code(type, returns);
  if (traffic_ == nullptr || type != static_cast<unsigned>(model::ProgramType::sched_cls)) {
    mpc_program_body(insns, code);
    return 2;
  }
  const mpc_stamp stamp = traffic_->stamp(identity);
  return mpc_stamping_body(insns, code, &stamp);
}

int Programs::load(Pooled& pooled) const {
  struct bpf_insn insns[mpc_stamping_most];
  const unsigned instructions = body(insns, pooled.type, pooled.returns, pooled.identity);
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  const int loaded = bpf_prog_load(static_cast<enum bpf_prog_type>(mpc_program_type(pooled.type)), nullptr,
                                   "Dual BSD/GPL", insns, instructions, &options);
  if (loaded < 0) return loaded;
  struct bpf_prog_info info = {};
  std::uint32_t length = sizeof info;
  if (const int error = bpf_prog_get_info_by_fd(loaded, &info, &length); error < 0) {
    ::close(loaded);
    return error;
  }
  pooled.object.id = info.id;
  return loaded;
}

void Programs::index(Pooled& pooled) {
  std::uint32_t at = pooled.object.id % buckets;
  while (table_[at] != nullptr) at = (at + 1) % buckets;
  table_[at] = &pooled.object;
}

void Programs::index() {
  table_.fill(nullptr);
  for (Pooled* const pooled : all_) index(*pooled);
}

int Programs::add(Pooled& pooled, unsigned type, unsigned returns, std::uint8_t slot) {
  pooled = {.object = {.id = 0, .kind = model::ObjectKind::program, .slot = slot},
            .type = static_cast<std::uint8_t>(type),
            .returns = static_cast<std::uint8_t>(returns),
            .identity = static_cast<std::uint32_t>(all_.size())};
  const int loaded = load(pooled);
  if (loaded < 0) return loaded;
  pooled.fd = out_of_the_way(loaded);
  if (pooled.fd < 0) return pooled.fd;
  all_.push_back(&pooled);
  index(pooled);
  return 0;
}

int Programs::load_again(Pooled& pooled) {
  const int loaded = load(pooled);
  if (loaded < 0) return loaded;
  const int moved = ::dup3(loaded, pooled.fd, O_CLOEXEC);
  const int error = moved < 0 ? -errno : 0;
  ::close(loaded);
  pooled.named = false;
  return error;
}

int Programs::load_fillers() {
  for (unsigned n = 0; n < fillers_.size(); ++n) {
    if (const int error = add(fillers_[n], static_cast<unsigned>(model::ProgramType::sched_cls),
                              static_cast<unsigned>(model::Returns::next), model::filler_program(n));
        error < 0)
      return error;
    if (::dup2(fillers_[n].fd, fd_of_slot(model::Name::filler(n).slot)) < 0) return -errno;
  }
  return 0;
}

Programs::Pooled* Programs::pool(std::uint8_t program_class, unsigned nth) {
  auto& same = pool_[program_class];
  while (same.size() <= nth) {
    auto* const pooled = new Pooled;  // lives as long as the agent
    if (add(*pooled, program_class / model::returns_count, program_class % model::returns_count, 0xff) < 0) {
      delete pooled;
      return nullptr;
    }
    same.push_back(pooled);
  }
  return same[nth];
}

}  // namespace mprogcheck::guest
