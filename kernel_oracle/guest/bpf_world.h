/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a guest needs to build a world of BPF attachments: bpf(2) as it is, programs, devices, file descriptors at fixed
 * numbers. Plain C (and C++), self-contained, so that a reproducer in C can carry it along.
 *
 * Every function returns 0 or a number that is not negative, or a negative errno.
 */
#ifndef MPROGCHECK_BPF_WORLD_H
#define MPROGCHECK_BPF_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How much of bpf_attr each call is given: up to the end of the last field it needs. */
#define MPC_END_OF(field) ((unsigned)(offsetof(union bpf_attr, field) + sizeof(((union bpf_attr*)0)->field)))
#define MPC_ATTACH_SIZE MPC_END_OF(expected_revision)
#define MPC_QUERY_SIZE MPC_END_OF(query.revision)
#define MPC_LINK_CREATE_SIZE MPC_END_OF(link_create.tcx.expected_revision)
#define MPC_LINK_UPDATE_SIZE MPC_END_OF(link_update.old_prog_fd)
#define MPC_LINK_DETACH_SIZE MPC_END_OF(link_detach.link_fd)
#define MPC_BY_ID_SIZE MPC_END_OF(open_flags)
#define MPC_INFO_SIZE MPC_END_OF(info.info)
#define MPC_LOAD_SIZE MPC_END_OF(prog_flags)

static inline int mpc_bpf(int command, union bpf_attr* attr, unsigned size) {
  long result = syscall(SYS_bpf, command, attr, size);

  return result < 0 ? -errno : (int)result;
}

/*
 * The thread's effective user. Real and saved stay root, so that it may come back; with an effective user other than
 * root there is no effective capability (capabilities(7)).
 */
static inline int mpc_become(uint32_t uid) {
  return syscall(SYS_setresuid, -1, uid, -1) < 0 ? -errno : 0;
}

/* The size of attr that is used is cleared, the rest is not passed. */
static inline void mpc_clear(union bpf_attr* attr, unsigned size) {
  memset(attr, 0, size);
}

/* Program types, in the order in which a sequence's declarations number them. */
static inline uint32_t mpc_program_type(unsigned type) {
  static const uint32_t types[] = {BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SOCKET_FILTER};

  return types[type];
}

/* What a program returns: next, pass, drop, redirect, and a code that no hook knows. */
static inline int32_t mpc_return_code(unsigned returns) {
  static const int32_t codes[] = {TCX_NEXT, TCX_PASS, TCX_DROP, TCX_REDIRECT, 42};

  return codes[returns];
}

/* Hooks, in the order of model::Hook. */
static inline uint32_t mpc_attach_type(unsigned hook) {
  static const uint32_t types[] = {BPF_TCX_INGRESS, BPF_TCX_EGRESS};

  return types[hook];
}

/* Two instructions: r0 = code; exit. */
static inline void mpc_program_body(struct bpf_insn insns[2], int32_t code) {
  memset(insns, 0, 2 * sizeof(insns[0]));
  insns[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  insns[0].imm = code;
  insns[1].code = BPF_JMP | BPF_EXIT;
}

static inline void mpc_load_attr(union bpf_attr* attr, unsigned type, const struct bpf_insn* insns, unsigned count) {
  static const char license[] = "Dual BSD/GPL";

  mpc_clear(attr, MPC_LOAD_SIZE);
  attr->prog_type = mpc_program_type(type);
  attr->insns = (uint64_t)(uintptr_t)insns;
  attr->insn_cnt = count;
  attr->license = (uint64_t)(uintptr_t)license;
}

/* Loads a program that does nothing but return a code; every call makes a program of its own. */
static inline int mpc_load_program(unsigned type, unsigned returns) {
  struct bpf_insn insns[2];
  union bpf_attr attr;

  mpc_program_body(insns, mpc_return_code(returns));
  mpc_load_attr(&attr, type, insns, 2);
  return mpc_bpf(BPF_PROG_LOAD, &attr, MPC_LOAD_SIZE);
}

static inline int mpc_attach(uint32_t ifindex, uint32_t attach_type, int program_fd) {
  union bpf_attr attr;

  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = ifindex;
  attr.attach_bpf_fd = (uint32_t)program_fd;
  attr.attach_type = attach_type;
  return mpc_bpf(BPF_PROG_ATTACH, &attr, MPC_ATTACH_SIZE);
}

/* Moves a file descriptor to a number, whatever that number was before. */
static inline int mpc_move_fd(int fd, int number) {
  if (fd == number) return number;
  if (dup2(fd, number) < 0) return -errno;
  close(fd);
  return number;
}

/* Moves a file descriptor to the lowest free number from `lowest` up. */
static inline int mpc_move_fd_above(int fd, int lowest) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, lowest);

  if (moved < 0) return -errno;
  close(fd);
  return moved;
}

static inline int mpc_write_file(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t written;

  if (fd < 0) return -errno;
  written = write(fd, text, strlen(text));
  if (written < 0) written = -errno;
  close(fd);
  return written < 0 ? (int)written : 0;
}

/* A message to rtnetlink in the making. */
struct mpc_message {
  struct nlmsghdr header;
  struct ifinfomsg link;
  char rest[512];
};

static inline struct rtattr* mpc_put(struct mpc_message* message, unsigned short type, const void* data,
                                     size_t length) {
  struct rtattr* attribute = (struct rtattr*)((char*)message + NLMSG_ALIGN(message->header.nlmsg_len));

  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(length);
  if (length) memcpy(RTA_DATA(attribute), data, length);
  message->header.nlmsg_len = NLMSG_ALIGN(message->header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
  return attribute;
}

static inline void mpc_end(struct mpc_message* message, struct rtattr* nest) {
  nest->rta_len = (unsigned short)((char*)message + NLMSG_ALIGN(message->header.nlmsg_len) - (char*)nest);
}

static inline int mpc_netlink(struct mpc_message* message) {
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[1024];
  } answer;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  int result;

  if (fd < 0) return -errno;
  message->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  if (send(fd, message, message->header.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
    result = -errno;
  else
    result = answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
  close(fd);
  return result;
}

/* Makes a network device; if `peer` is given, the pair of it and its peer (kinds veth and netkit). */
static inline int mpc_add_device(const char* kind, const char* name, const char* peer) {
  /* VETH_INFO_PEER and IFLA_NETKIT_PEER_INFO are the same number, and carry the same. */
  enum { peer_info = 1 };
  struct mpc_message message;
  struct rtattr *info, *data, *nest;
  struct ifinfomsg peer_link;

  memset(&message, 0, sizeof(message));
  message.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
  message.header.nlmsg_type = RTM_NEWLINK;
  message.header.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
  mpc_put(&message, IFLA_IFNAME, name, strlen(name) + 1);
  info = mpc_put(&message, IFLA_LINKINFO, NULL, 0);
  mpc_put(&message, IFLA_INFO_KIND, kind, strlen(kind));
  if (peer) {
    memset(&peer_link, 0, sizeof(peer_link));
    data = mpc_put(&message, IFLA_INFO_DATA, NULL, 0);
    nest = mpc_put(&message, peer_info, &peer_link, sizeof(peer_link));
    mpc_put(&message, IFLA_IFNAME, peer, strlen(peer) + 1);
    mpc_end(&message, nest);
    mpc_end(&message, data);
  }
  mpc_end(&message, info);
  return mpc_netlink(&message);
}

#ifdef __cplusplus
}
#endif

#endif
