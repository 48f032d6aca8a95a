// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A table of functions for the kernel, as small as the kernel takes one: a TCP congestion control that no socket asks
// for. What is wanted of it is its link, the kind of link that holds a map and no program.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sock;

// As much of the kernel's type as is filled in; libbpf moves the members to where the running kernel has them.
struct tcp_congestion_ops {
  __u32 (*ssthresh)(struct sock* sk);
  void (*cong_avoid)(struct sock* sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock* sk);
  char name[16];
} __attribute__((preserve_access_index));

SEC("struct_ops")
__u32 idle_ssthresh(void* arguments) {
  return 2;
}

SEC("struct_ops")
void idle_cong_avoid(void* arguments) {}

SEC("struct_ops")
__u32 idle_undo_cwnd(void* arguments) {
  return 2;
}

// The section .struct_ops.link would say that there is to be a link; bpftool before 7.2 does not know it, so that the
// agent says so.
SEC(".struct_ops")
struct tcp_congestion_ops idle = {
    .ssthresh = (void*)idle_ssthresh,
    .cong_avoid = (void*)idle_cong_avoid,
    .undo_cwnd = (void*)idle_undo_cwnd,
    .name = "mprogcheck",
};

const char struct_ops_license[] SEC("license") = "Dual BSD/GPL";
