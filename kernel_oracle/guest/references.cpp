// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/references.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "kernel_oracle/guest/programs.hpp"
#include "references.skel.h"

namespace mprogcheck::guest {

namespace {

/// Enough for a few hundred objects in one read.
constexpr std::size_t read_size = 16UL << 10;

int iterator_of(const struct bpf_program* program) {
  bpf_link* const link = bpf_program__attach_iter(program, nullptr);
  if (link == nullptr) return -1;
  // The skeleton and its files go; the link stays.
  const int fd = ::dup(bpf_link__fd(link));
  bpf_link__destroy(link);
  return fd < 0 ? -1 : out_of_the_way(fd);
}

}  // namespace

bool References::load() {
  libbpf_set_print(nullptr);
  const std::unique_ptr<references_bpf, void (*)(references_bpf*)> skeleton(references_bpf__open_and_load(),
                                                                            references_bpf__destroy);
  if (!skeleton) return false;
  iterators_[index(model::ObjectKind::program)] = iterator_of(skeleton->progs.count_program);
  iterators_[index(model::ObjectKind::link)] = iterator_of(skeleton->progs.count_link);
  return iterators_[0] >= 0 && iterators_[1] >= 0;
}

bool References::keep_what_is_there() {
  if (!look()) return false;
  for (unsigned kind = 0; kind < kinds; ++kind) kept_[kind] = seen_[kind];
  return true;
}

bool References::look() {
  for (unsigned kind = 0; kind < kinds; ++kind)
    if (!walk(iterators_[kind], seen_[kind])) {
      for (auto& counts : seen_) counts.clear();
      return false;
    }
  return true;
}

bool References::walk(int iterator, std::vector<Count>& counts) {
  const int fd = bpf_iter_create(iterator);
  if (fd < 0) return false;
  counts.clear();
  static Count chunk[read_size / sizeof(Count)];
  ssize_t got = 0;
  while ((got = ::read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR)))
    if (got > 0) counts.insert(counts.end(), chunk, chunk + static_cast<std::size_t>(got) / sizeof(Count));
  ::close(fd);
  for (Count& count : counts) --count.references;
  std::sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) { return a.id < b.id; });
  return got == 0;
}

}  // namespace mprogcheck::guest
