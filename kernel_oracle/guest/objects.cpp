// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How each of the guest's objects is made: with as little as its kind asks for, where nothing of a sequence passes.
#include "kernel_oracle/guest/objects.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>
#include <linux/if_link.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/stat.h>

#include <memory>
#include <utility>

#include "struct_ops.skel.h"

namespace mprogcheck::guest {

namespace {

/// A function that only BPF's own tests call.
constexpr const char* idle_function = "bpf_fentry_test1";
constexpr const char* idle_tracepoint = "bpf_test_finish";
constexpr std::uint8_t ipv4 = 2;      ///< NFPROTO_IPV4
constexpr std::uint8_t local_in = 1;  ///< NF_INET_LOCAL_IN

/// A file descriptor until the end of the block; negative if there is none.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int load(enum bpf_prog_type type, int returns, enum bpf_attach_type attach_type = BPF_CGROUP_INET_INGRESS,
         int btf_id = 0) {
  struct bpf_insn insns[2];
  mpc_program_body(insns, returns);
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = attach_type;
  options.attach_btf_id = static_cast<std::uint32_t>(btf_id);
  return bpf_prog_load(type, nullptr, "Dual BSD/GPL", insns, 2, &options);
}

int make_map() {
  return bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 4, 1, nullptr);
}

/// Of one type: int.
int make_btf() {
  struct {
    struct btf_header header;
    struct btf_type type;
    std::uint32_t encoding;
    char strings[8];
  } btf = {};
  btf.header = {.magic = BTF_MAGIC,
                .version = BTF_VERSION,
                .flags = 0,
                .hdr_len = sizeof btf.header,
                .type_off = 0,
                .type_len = sizeof btf.type + sizeof btf.encoding,
                .str_off = sizeof btf.type + sizeof btf.encoding,
                .str_len = 5};
  btf.type.name_off = 1;
  btf.type.info = BTF_KIND_INT << 24;
  btf.type.size = 4;
  btf.encoding = 32;
  std::memcpy(btf.strings + 1, "int", 3);
  return bpf_btf_load(&btf, offsetof(decltype(btf), strings) + 5, nullptr);
}

int make_xdp_link() {
  const Fd program(load(BPF_PROG_TYPE_XDP, 2, BPF_XDP));
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.flags = XDP_FLAGS_SKB_MODE;
  return bpf_link_create(program.get(), static_cast<int>(if_nametoindex("lo")), BPF_XDP, &options);
}

int make_netns_link() {
  const Fd program(load(BPF_PROG_TYPE_SK_LOOKUP, 1, BPF_SK_LOOKUP));
  const Fd here(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  return bpf_link_create(program.get(), here.get(), BPF_SK_LOOKUP, nullptr);
}

/// In a cgroup that is gone again at once, of a mount that nobody sees.
int make_cgroup_link() {
  constexpr const char* name = "mprogcheck";
  const Fd context(static_cast<int>(::syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC)));
  if (context.get() < 0) return -errno;
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0) return -errno;
  const Fd root(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (root.get() < 0) return -errno;
  if (::mkdirat(root.get(), name, 0755) < 0 && errno != EEXIST) return -errno;
  int link = -1;
  {
    const Fd cgroup(::openat(root.get(), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const Fd program(load(BPF_PROG_TYPE_CGROUP_SKB, 1, BPF_CGROUP_INET_INGRESS));
    link = bpf_link_create(program.get(), cgroup.get(), BPF_CGROUP_INET_INGRESS, nullptr);
    if (link >= 0) bpf_link_detach(link);
  }
  ::unlinkat(root.get(), name, AT_REMOVEDIR);
  return link;
}

int make_netkit_link(const Devices& devices) {
  if (devices.kind != "netkit" || devices.keeper == 0) return -ENODEV;
  const Fd program(load(BPF_PROG_TYPE_SCHED_CLS, TCX_NEXT, BPF_NETKIT_PRIMARY));
  return bpf_link_create(program.get(), static_cast<int>(devices.keeper), BPF_NETKIT_PRIMARY, nullptr);
}

int make_netfilter_link() {
  const Fd program(load(BPF_PROG_TYPE_NETFILTER, 1, BPF_NETFILTER));
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.netfilter.pf = ipv4;
  options.netfilter.hooknum = local_in;
  options.netfilter.priority = -128;
  return bpf_link_create(program.get(), 0, BPF_NETFILTER, &options);
}

int make_sockmap_link() {
  const Fd program(load(BPF_PROG_TYPE_SK_SKB, 1, BPF_SK_SKB_VERDICT));
  const Fd map(bpf_map_create(BPF_MAP_TYPE_SOCKMAP, nullptr, 4, 4, 1, nullptr));
  return bpf_link_create(program.get(), map.get(), BPF_SK_SKB_VERDICT, nullptr);
}

int make_iter_link() {
  const Fd program(load_iterator());
  if (program.get() < 0) return program.get();
  return bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr);
}

int make_raw_tp_link() {
  const Fd program(load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0));
  return bpf_raw_tracepoint_open(idle_tracepoint, program.get());
}

int make_tracing_link() {
  const int target = libbpf_find_vmlinux_btf_id(idle_function, BPF_TRACE_FENTRY);
  if (target < 0) return target;
  const Fd program(load(BPF_PROG_TYPE_TRACING, 0, BPF_TRACE_FENTRY, target));
  return bpf_link_create(program.get(), 0, BPF_TRACE_FENTRY, nullptr);
}

/// Of an event that counts nothing.
int make_perf_event_link() {
  struct perf_event_attr event = {};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_SW_DUMMY;
  event.disabled = 1;
  const Fd opened(static_cast<int>(::syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
  const Fd program(load(BPF_PROG_TYPE_PERF_EVENT, 0));
  return bpf_link_create(program.get(), opened.get(), BPF_PERF_EVENT, nullptr);
}

int make_kprobe_multi_link() {
  const Fd program(load(BPF_PROG_TYPE_KPROBE, 0, BPF_TRACE_KPROBE_MULTI));
  const char* function = idle_function;
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.kprobe_multi.syms = &function;
  options.kprobe_multi.cnt = 1;
  return bpf_link_create(program.get(), 0, BPF_TRACE_KPROBE_MULTI, &options);
}

/// Registered, and a link of it: where links that can be detached are, it is unregistered again. The map is kept, or
/// the kernel would let it and its programs go at some time after the first sequence.
int make_struct_ops_link() {
  const std::unique_ptr<struct_ops_bpf, void (*)(struct_ops_bpf*)> skeleton(struct_ops_bpf__open(),
                                                                            struct_ops_bpf__destroy);
  if (!skeleton || bpf_map__set_map_flags(skeleton->maps.idle, BPF_F_LINK) < 0 ||
      struct_ops_bpf__load(skeleton.get()) < 0)
    return -errno;
  Fd map(::dup(bpf_map__fd(skeleton->maps.idle)));
  if (map.get() < 0) return -errno;
  bpf_link* const link = bpf_map__attach_struct_ops(skeleton->maps.idle);
  if (link == nullptr) return -errno;
  // The link's own file goes with the skeleton's.
  const int fd = ::dup(bpf_link__fd(link));
  bpf_link__destroy(link);
  if (fd >= 0) out_of_the_way(map.release());
  return fd;
}

int make_object(std::string_view name, const Devices& devices) {
  if (name == "map") return make_map();
  if (name == "btf") return make_btf();
  if (name == "socket") return ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (name == "xdp_link") return make_xdp_link();
  if (name == "netns_link") return make_netns_link();
  if (name == "cgroup_link") return make_cgroup_link();
  if (name == "netkit_link") return make_netkit_link(devices);
  if (name == "netfilter_link") return make_netfilter_link();
  if (name == "sockmap_link") return make_sockmap_link();
  if (name == "iter_link") return make_iter_link();
  if (name == "raw_tp_link") return make_raw_tp_link();
  if (name == "tracing_link") return make_tracing_link();
  if (name == "perf_event_link") return make_perf_event_link();
  if (name == "kprobe_multi_link") return make_kprobe_multi_link();
  if (name == "struct_ops_link") return make_struct_ops_link();
  if (name == "sk_skb_prog") return load(BPF_PROG_TYPE_SK_SKB, 1, BPF_SK_SKB_VERDICT);
  if (name == "raw_tp_prog") return load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
  if (name == "kprobe_prog") return load(BPF_PROG_TYPE_KPROBE, 0);
  return -EINVAL;
}

/// 0 if the kernel does not tell.
std::uint32_t id_of(int fd, model::ObjectKind kind) {
  struct bpf_link_info link = {};
  struct bpf_prog_info program = {};
  if (kind == model::ObjectKind::link) {
    std::uint32_t length = offsetof(struct bpf_link_info, prog_id);
    return bpf_obj_get_info_by_fd(fd, &link, &length) < 0 ? 0 : link.id;
  }
  std::uint32_t length = sizeof program;
  return bpf_obj_get_info_by_fd(fd, &program, &length) < 0 ? 0 : program.id;
}

}  // namespace

int load_iterator() {
  const int target = libbpf_find_vmlinux_btf_id("task", BPF_TRACE_ITER);
  if (target < 0) return target;
  return load(BPF_PROG_TYPE_TRACING, 0, BPF_TRACE_ITER, target);
}

void Objects::make(const Devices& devices) {
  libbpf_set_print(nullptr);
  for (unsigned n = 0; n < made_.size(); ++n) {
    const model::GuestObject& wanted = model::guest_objects[n];
    Fd made(make_object(wanted.name, devices));
    if (made.get() < 0) continue;
    std::uint32_t id = 0;
    if (wanted.kind != model::ObjectKind::other && (id = id_of(made.get(), wanted.kind)) == 0) continue;
    if (wanted.detaches && bpf_link_detach(made.get()) < 0) continue;
    const int fd = out_of_the_way(made.release());
    if (fd < 0 || ::dup2(fd, fd_of_slot(model::Name::object(n).slot)) < 0) continue;
    made_[n] = {{.id = id, .kind = wanted.kind, .slot = 0xff}, fd};
  }
}

std::string Objects::features() const {
  std::string words;
  for (unsigned n = 0; n < made_.size(); ++n)
    if (has(n)) words += " " + std::string(model::guest_objects[n].name);
  return words;
}

}  // namespace mprogcheck::guest
