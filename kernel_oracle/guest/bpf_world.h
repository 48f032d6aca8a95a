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
#include <linux/if_packet.h>
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
  static const uint32_t types[] = {BPF_PROG_TYPE_SCHED_CLS,  BPF_PROG_TYPE_XDP,           BPF_PROG_TYPE_SOCKET_FILTER,
                                   BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_PROG_TYPE_CGROUP_SYSCTL};

  return types[type];
}

/*
 * What a program of the type returns: next, pass, drop, redirect, and a code that no hook knows. A cgroup's says 1 for
 * next and 0 for drop.
 */
static inline int32_t mpc_return_code(unsigned type, unsigned returns) {
  static const int32_t codes[] = {TCX_NEXT, TCX_PASS, TCX_DROP, TCX_REDIRECT, 42};

  if (mpc_program_type(type) == BPF_PROG_TYPE_CGROUP_SKB || mpc_program_type(type) == BPF_PROG_TYPE_CGROUP_DEVICE ||
      mpc_program_type(type) == BPF_PROG_TYPE_CGROUP_SYSCTL)
    return returns == 0;
  return codes[returns];
}

static inline struct bpf_insn mpc_insn(uint8_t code, unsigned to, unsigned from, int16_t offset, int32_t value) {
  struct bpf_insn insn;

  insn.code = code;
  insn.dst_reg = to & 15U;
  insn.src_reg = from & 15U;
  insn.off = offset;
  insn.imm = value;
  return insn;
}

/* Two instructions: r0 = code; exit. */
static inline void mpc_program_body(struct bpf_insn insns[2], int32_t code) {
  insns[0] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, code);
  insns[1] = mpc_insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/*
 * Packets of ours carry an EtherType of their own (one that IEEE 802 leaves to local experiments) and a nonce, so that
 * whatever else is sent in the guest is taken for nobody's. Bytes of a frame: addresses, EtherType at 12, nonce at 14,
 * kind at 18.
 */
enum { mpc_ethertype = 0x88b5, mpc_at_ethertype = 12, mpc_at_nonce = 14, mpc_at_kind = 18, mpc_frame_size = 60 };
enum { mpc_most_stamps = 128, mpc_most_sightings = 8 };

/* The one element of an array map that programs and sockets write to, mapped into the guest's own memory. */
struct mpc_traffic {
  uint32_t nonce;        /* as it stands in the frame */
  uint32_t nonce_loaded; /* as BPF_LD | BPF_ABS loads it */
  uint32_t ran;          /* stamps so far */
  uint32_t arrived;      /* sightings before the hook, and behind it, so far */
  uint32_t seen;
  uint32_t stamps[mpc_most_stamps];
  uint32_t arrivals[mpc_most_sightings]; /* a sighting: ifindex, and the kind of packet in the upper 8 bits */
  uint32_t sightings[mpc_most_sightings];
};

static inline int mpc_make_traffic_map(void) {
  union bpf_attr attr;

  mpc_clear(&attr, MPC_END_OF(map_flags));
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = sizeof(uint32_t);
  attr.value_size = sizeof(struct mpc_traffic);
  attr.max_entries = 1;
  attr.map_flags = BPF_F_MMAPABLE;
  return mpc_bpf(BPF_MAP_CREATE, &attr, MPC_END_OF(map_flags));
}

/* What a program writes down when it meets a packet of ours, and where it redirects to. */
struct mpc_stamp {
  int map; /* file descriptor of the traffic map; negative: nothing is written */
  uint32_t identity;
  uint32_t sink; /* ifindex */
};

enum { mpc_stamping_most = 28 };

/* A program of type sched_cls: a packet of ours gets the stamp, any packet gets the code. Returns its length. */
static inline unsigned mpc_stamping_body(struct bpf_insn insns[mpc_stamping_most], int32_t code,
                                         const struct mpc_stamp* stamp) {
  const uint8_t load = BPF_LDX | BPF_MEM | BPF_W, store = BPF_STX | BPF_MEM | BPF_W;
  const int16_t ran = offsetof(struct mpc_traffic, ran);
  uint16_t ethertype;
  const uint8_t bytes[2] = {mpc_ethertype >> 8, mpc_ethertype & 255};
  unsigned n = 0, tests[3], i;

  memcpy(&ethertype, bytes, sizeof(ethertype));
  if (stamp->map >= 0) {
    insns[n++] = mpc_insn(load, 2, 1, offsetof(struct __sk_buff, data), 0);
    insns[n++] = mpc_insn(load, 3, 1, offsetof(struct __sk_buff, data_end), 0);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, mpc_at_kind);
    tests[0] = n;
    insns[n++] = mpc_insn(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0, 0);
    insns[n++] = mpc_insn(BPF_LDX | BPF_MEM | BPF_H, 4, 2, mpc_at_ethertype, 0);
    tests[1] = n;
    insns[n++] = mpc_insn(BPF_JMP | BPF_JNE | BPF_K, 4, 0, 0, ethertype);
    insns[n++] = mpc_insn(load, 4, 2, mpc_at_nonce, 0);
    insns[n++] = mpc_insn(BPF_LD | BPF_IMM | BPF_DW, 5, BPF_PSEUDO_MAP_VALUE, 0, stamp->map);
    insns[n++] = mpc_insn(0, 0, 0, 0, 0);
    insns[n++] = mpc_insn(load, 3, 5, offsetof(struct mpc_traffic, nonce), 0);
    tests[2] = n;
    insns[n++] = mpc_insn(BPF_JMP | BPF_JNE | BPF_X, 4, 3, 0, 0);
    insns[n++] = mpc_insn(load, 2, 5, ran, 0);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, 1);
    insns[n++] = mpc_insn(store, 5, 3, ran, 0);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, mpc_most_stamps - 1);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_LSH | BPF_K, 2, 0, 0, 2);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_ADD | BPF_X, 5, 2, 0, 0);
    insns[n++] =
        mpc_insn(BPF_ST | BPF_MEM | BPF_W, 5, 0, offsetof(struct mpc_traffic, stamps), (int32_t)stamp->identity);
    for (i = 0; i < 3; ++i) insns[tests[i]].off = (int16_t)(n - tests[i] - 1);
  }
  if (code == TCX_REDIRECT) {
    /* The helper says where to, and returns the code. */
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, (int32_t)stamp->sink);
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 0);
    insns[n++] = mpc_insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect);
  } else {
    insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, code);
  }
  insns[n++] = mpc_insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  return n;
}

/* One frame of ours over a packet socket, to whom it may concern at the device. */
static inline int mpc_send(int socket, uint32_t ifindex, uint8_t kind, uint32_t nonce) {
  static const uint8_t ethertype[2] = {mpc_ethertype >> 8, mpc_ethertype & 255};
  uint8_t frame[mpc_frame_size];
  struct sockaddr_ll to;

  memset(frame, 0, sizeof(frame));
  memset(frame, 0xff, 6);
  frame[6] = 2; /* an address of nobody's */
  memcpy(frame + mpc_at_ethertype, ethertype, sizeof(ethertype));
  memcpy(frame + mpc_at_nonce, &nonce, sizeof(nonce));
  frame[mpc_at_kind] = kind;
  memset(&to, 0, sizeof(to));
  to.sll_family = AF_PACKET;
  memcpy(&to.sll_protocol, ethertype, sizeof(ethertype));
  to.sll_ifindex = (int)ifindex;
  to.sll_halen = 6;
  return sendto(socket, frame, sizeof(frame), 0, (const struct sockaddr*)&to, sizeof(to)) < 0 ? -errno : 0;
}

enum { mpc_watching_most = 28 };

/*
 * A socket filter that writes down a packet of ours and keeps none: `before` the hook, or behind it. A frame that is
 * too short ends at the load that it is too short for. Returns its length.
 */
static inline unsigned mpc_watching_body(struct bpf_insn insns[mpc_watching_most], int map, int before) {
  const int16_t count = before ? offsetof(struct mpc_traffic, arrived) : offsetof(struct mpc_traffic, seen);
  const int16_t first = before ? offsetof(struct mpc_traffic, arrivals) : offsetof(struct mpc_traffic, sightings);
  const uint8_t load = BPF_LDX | BPF_MEM | BPF_W, store = BPF_STX | BPF_MEM | BPF_W;
  const uint8_t mov = BPF_ALU64 | BPF_MOV | BPF_X;
  unsigned n = 0, tests[2], i;

  insns[n++] = mpc_insn(mov, 6, 1, 0, 0);
  insns[n++] = mpc_insn(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, mpc_at_ethertype);
  tests[0] = n;
  insns[n++] = mpc_insn(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, mpc_ethertype);
  insns[n++] = mpc_insn(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, mpc_at_kind);
  insns[n++] = mpc_insn(mov, 7, 0, 0, 0);
  insns[n++] = mpc_insn(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, mpc_at_nonce);
  insns[n++] = mpc_insn(BPF_LD | BPF_IMM | BPF_DW, 5, BPF_PSEUDO_MAP_VALUE, 0, map);
  insns[n++] = mpc_insn(0, 0, 0, 0, 0);
  insns[n++] = mpc_insn(load, 3, 5, offsetof(struct mpc_traffic, nonce_loaded), 0);
  tests[1] = n;
  insns[n++] = mpc_insn(BPF_JMP32 | BPF_JNE | BPF_X, 0, 3, 0, 0);
  insns[n++] = mpc_insn(load, 4, 6, offsetof(struct __sk_buff, ifindex), 0);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_LSH | BPF_K, 7, 0, 0, 24);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_OR | BPF_X, 4, 7, 0, 0);
  insns[n++] = mpc_insn(load, 2, 5, count, 0);
  insns[n++] = mpc_insn(mov, 3, 2, 0, 0);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, 1);
  insns[n++] = mpc_insn(store, 5, 3, count, 0);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, mpc_most_sightings - 1);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_LSH | BPF_K, 2, 0, 0, 2);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_ADD | BPF_X, 5, 2, 0, 0);
  insns[n++] = mpc_insn(store, 5, 4, first, 0);
  for (i = 0; i < 2; ++i) insns[tests[i]].off = (int16_t)(n - tests[i] - 1);
  insns[n++] = mpc_insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
  insns[n++] = mpc_insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  return n;
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

  mpc_program_body(insns, mpc_return_code(type, returns));
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

/* Names in a BPF file system. */
#define MPC_OBJ_SIZE MPC_END_OF(file_flags)

static inline int mpc_pin(const char* path, int fd) {
  union bpf_attr attr;

  mpc_clear(&attr, MPC_OBJ_SIZE);
  attr.pathname = (uint64_t)(uintptr_t)path;
  attr.bpf_fd = (uint32_t)fd;
  return mpc_bpf(BPF_OBJ_PIN, &attr, MPC_OBJ_SIZE);
}

static inline int mpc_get(const char* path) {
  union bpf_attr attr;

  mpc_clear(&attr, MPC_OBJ_SIZE);
  attr.pathname = (uint64_t)(uintptr_t)path;
  return mpc_bpf(BPF_OBJ_GET, &attr, MPC_OBJ_SIZE);
}

static inline int mpc_unlink(const char* path) {
  return unlink(path) < 0 ? -errno : 0;
}

#ifdef __cplusplus
}
#endif

#endif
