// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Two BPF iterators: of every program and of every link of the kernel, its id and how many references are held on it.
// No helper and no fdinfo tells; the kernel's own type information says where the counter is.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define OF_THE_KERNEL __attribute__((preserve_access_index))

struct seq_file;

// As little of the kernel's types as is read; libbpf moves the offsets to where the running kernel has them.
typedef struct {
  long long counter;
} OF_THE_KERNEL atomic64_t;
struct bpf_prog_aux {
  atomic64_t refcnt;
  __u32 id;
} OF_THE_KERNEL;
struct bpf_prog {
  struct bpf_prog_aux* aux;
} OF_THE_KERNEL;
struct bpf_link {
  atomic64_t refcnt;
  __u32 id;
} OF_THE_KERNEL;
struct bpf_iter_meta {
  struct seq_file* seq;
} OF_THE_KERNEL;
struct bpf_iter__bpf_prog {
  struct bpf_iter_meta* meta;
  struct bpf_prog* prog;
} OF_THE_KERNEL;
struct bpf_iter__bpf_link {
  struct bpf_iter_meta* meta;
  struct bpf_link* link;
} OF_THE_KERNEL;

// What user space reads, one after the other: References::Count.
static __always_inline int write_count(struct seq_file* seq, __u32 id, long long references) {
  struct {
    __u32 id;
    __u32 references;
  } count = {id, references > 0xfffffff || references < 0 ? 0xfffffff : (__u32)references};

  return bpf_seq_write(seq, &count, sizeof(count)) != 0;  // not 0: once more, with a larger buffer
}

SEC("iter/bpf_prog")
int count_program(struct bpf_iter__bpf_prog* at) {
  struct bpf_prog* prog = at->prog;

  if (prog == 0) return 0;
  return write_count(at->meta->seq, prog->aux->id, prog->aux->refcnt.counter);
}

SEC("iter/bpf_link")
int count_link(struct bpf_iter__bpf_link* at) {
  struct bpf_link* link = at->link;

  if (link == 0) return 0;
  return write_count(at->meta->seq, link->id, link->refcnt.counter);
}

const char references_license[] SEC("license") = "Dual BSD/GPL";
