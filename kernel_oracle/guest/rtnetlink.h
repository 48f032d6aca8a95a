/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Network devices that come, go away and move, and their qdiscs, over an rtnetlink socket that the caller keeps:
 * the network namespace it was made in is the one that is asked. As bpf_world.h: plain C, 0 or a negative errno.
 */
#ifndef MPROGCHECK_RTNETLINK_H
#define MPROGCHECK_RTNETLINK_H

#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "kernel_oracle/guest/bpf_world.h"

#ifdef __cplusplus
extern "C" {
#endif

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

static inline int mpc_open_netlink(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

  return fd < 0 ? -errno : fd;
}

/* Sends one request, which ends with what `header` says is its length, and waits for the answer. */
static inline int mpc_ask(int netlink, struct nlmsghdr* header) {
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[1024];
  } answer;

  header->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
  if (send(netlink, header, header->nlmsg_len, 0) < 0 || recv(netlink, &answer, sizeof(answer), 0) < 0) return -errno;
  return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}

static inline void mpc_begin_link(struct mpc_message* message, uint16_t type, uint16_t flags, uint32_t ifindex) {
  memset(message, 0, sizeof(*message));
  message->header.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
  message->header.nlmsg_type = type;
  message->header.nlmsg_flags = flags;
  message->link.ifi_index = (int)ifindex;
}

static inline int mpc_remove_device(int netlink, uint32_t ifindex) {
  struct mpc_message message;

  mpc_begin_link(&message, RTM_DELLINK, 0, ifindex);
  return mpc_ask(netlink, &message.header);
}

/* What each end of a netkit pair does with what it sends while nothing is attached: enum netkit_action. */
struct mpc_policies {
  uint32_t device, peer;
};

/*
 * Makes a network device; if `peer` is given, the pair of it and its peer (kinds veth and netkit). Interface indices
 * are the kernel's choice where they are 0. `policies` is NULL for every kind but netkit, and may be for that.
 */
static inline int mpc_make_device(int netlink, const char* kind, const char* name, uint32_t ifindex, const char* peer,
                                  uint32_t peer_ifindex, const struct mpc_policies* policies) {
  /* VETH_INFO_PEER and IFLA_NETKIT_PEER_INFO are the same number, and carry the same. */
  enum { peer_info = 1 };
  struct mpc_message message;
  struct rtattr *info, *data, *nest;
  struct ifinfomsg peer_link;

  mpc_begin_link(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifindex);
  mpc_put(&message, IFLA_IFNAME, name, strlen(name) + 1);
  info = mpc_put(&message, IFLA_LINKINFO, NULL, 0);
  mpc_put(&message, IFLA_INFO_KIND, kind, strlen(kind));
  if (peer) {
    memset(&peer_link, 0, sizeof(peer_link));
    peer_link.ifi_index = (int)peer_ifindex;
    data = mpc_put(&message, IFLA_INFO_DATA, NULL, 0);
    nest = mpc_put(&message, peer_info, &peer_link, sizeof(peer_link));
    mpc_put(&message, IFLA_IFNAME, peer, strlen(peer) + 1);
    mpc_end(&message, nest);
    if (policies) {
      mpc_put(&message, IFLA_NETKIT_POLICY, &policies->device, sizeof(policies->device));
      mpc_put(&message, IFLA_NETKIT_PEER_POLICY, &policies->peer, sizeof(policies->peer));
    }
    mpc_end(&message, data);
  }
  mpc_end(&message, info);
  return mpc_ask(netlink, &message.header);
}

/* To the network namespace that the fd is of; by the same interface index, if it is free there. */
static inline int mpc_move_device(int netlink, uint32_t ifindex, int namespace_fd) {
  struct mpc_message message;

  mpc_begin_link(&message, RTM_NEWLINK, 0, ifindex);
  mpc_put(&message, IFLA_NET_NS_FD, &namespace_fd, sizeof(namespace_fd));
  return mpc_ask(netlink, &message.header);
}

static inline int mpc_set_up(int netlink, uint32_t ifindex) {
  struct mpc_message message;

  mpc_begin_link(&message, RTM_NEWLINK, 0, ifindex);
  message.link.ifi_flags = IFF_UP;
  message.link.ifi_change = IFF_UP;
  return mpc_ask(netlink, &message.header);
}

/* The qdisc at the device's ingress: "ingress" or "clsact", in the place of another if there is one; NULL deletes it.
 */
static inline int mpc_set_qdisc(int netlink, uint32_t ifindex, const char* kind) {
  struct {
    struct nlmsghdr header;
    struct tcmsg tc;
    char rest[64];
  } message;
  struct rtattr* attribute;

  memset(&message, 0, sizeof(message));
  message.header.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg));
  message.header.nlmsg_type = kind ? RTM_NEWQDISC : RTM_DELQDISC;
  message.header.nlmsg_flags = kind ? NLM_F_CREATE | NLM_F_REPLACE : 0;
  message.tc.tcm_ifindex = (int)ifindex;
  message.tc.tcm_parent = TC_H_INGRESS;
  if (kind) {
    attribute = (struct rtattr*)((char*)&message + NLMSG_ALIGN(message.header.nlmsg_len));
    attribute->rta_type = TCA_KIND;
    attribute->rta_len = (unsigned short)RTA_LENGTH(strlen(kind) + 1);
    memcpy(RTA_DATA(attribute), kind, strlen(kind) + 1);
    message.header.nlmsg_len = NLMSG_ALIGN(message.header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
  }
  return mpc_ask(netlink, &message.header);
}

#ifdef __cplusplus
}
#endif

#endif
