// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/feature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "model/guest_object.hpp"

namespace mprogcheck {

namespace {

constexpr std::array of_the_kernel{
    Feature{feature_policy, "hooks of netkit devices, and their policy", "it has no netkit",
            "CONFIG_NETKIT, and Linux 6.7"},
    Feature{feature_cgroup, "hooks of cgroups", "no cgroup2 hierarchy could be had, or nothing attached there",
            "CONFIG_CGROUP_BPF"},
    Feature{feature_veth, "netkit's hooks at a device that is no netkit", "it has no veth devices",
            "CONFIG_VETH, or its module beside the image"},
    Feature{feature_refcnt, "reference counts", "this kernel has no BPF iterators, or no BTF",
            "CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF"},
    Feature{feature_run, "packets, which programs they meet and what becomes of them",
            "no packet could be sent through its devices", "CONFIG_NETKIT or CONFIG_VETH, and CONFIG_PACKET"},
    Feature{feature_device, "devices that are removed, made and moved",
            "it has devices that cannot go, or no second network namespace",
            "CONFIG_NETKIT or CONFIG_VETH, and CONFIG_NET_NS"},
    Feature{feature_qdisc, "qdiscs that keep empty hooks", "it has no ingress qdisc",
            "CONFIG_NET_SCH_INGRESS, or its module sch_ingress beside the image"},
    Feature{feature_pin, "pinned programs and links", "no BPF file system could be mounted or written to",
            "a BPF file system at /sys/fs/bpf"},
    Feature{feature_next_id, "links created beside themselves by the id they are about to get",
            "nobody knows which id comes next: others make links too, or there are no BPF iterators",
            "CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF, and a kernel in a VM"},
};

/// By the number of the object.
constexpr std::array<std::string_view, model::guest_objects.size()> cures_of_objects{
    "CONFIG_BPF_SYSCALL",                                                 // map
    "CONFIG_BPF_SYSCALL",                                                 // btf
    "CONFIG_UNIX",                                                        // socket
    "Linux 5.9, and a loopback device",                                   // xdp_link
    "CONFIG_INET and CONFIG_NET_NS",                                      // netns_link
    "CONFIG_CGROUP_BPF",                                                  // cgroup_link
    "CONFIG_NETKIT",                                                      // netkit_link
    "CONFIG_NETFILTER_BPF_LINK",                                          // netfilter_link
    "CONFIG_BPF_STREAM_PARSER, and Linux 6.10",                           // sockmap_link
    "CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF",                        // iter_link
    "CONFIG_BPF_EVENTS",                                                  // raw_tp_link
    "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and CONFIG_DEBUG_INFO_BTF",  // tracing_link
    "CONFIG_BPF_EVENTS and CONFIG_PERF_EVENTS",                           // perf_event_link
    "CONFIG_BPF_EVENTS and CONFIG_FPROBE",                                // kprobe_multi_link
    "CONFIG_INET",                                                        // sk_skb_prog
    "CONFIG_BPF_EVENTS",                                                  // raw_tp_prog
    "CONFIG_BPF_EVENTS",                                                  // kprobe_prog
    "CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF, and Linux 6.4",            // struct_ops_link
};

constexpr auto all_features = [] {
  std::array<Feature, of_the_kernel.size() + model::guest_objects.size()> all{};
  auto end = std::copy(of_the_kernel.begin(), of_the_kernel.end(), all.begin());
  for (std::size_t n = 0; n < model::guest_objects.size(); ++n)
    *end++ = {model::guest_objects[n].name, "calls that are given such an object", "this kernel makes none",
              cures_of_objects[n]};
  return all;
}();

}  // namespace

std::span<const Feature> features() {
  return all_features;
}

const Feature* feature_named(std::string_view name) {
  const auto found = std::ranges::find(all_features, name, &Feature::name);
  return found == all_features.end() ? nullptr : &*found;
}

std::vector<const Feature*> lacking_features(const OracleIdentity& identity) {
  std::vector<const Feature*> lacking;
  for (const Feature& feature : all_features)
    if (!identity.has(feature.name)) lacking.push_back(&feature);
  return lacking;
}

std::string text_of(const Feature& feature) {
  return fmt::format("{} are not checked: {}; it takes {}", feature.unchecked, feature.why, feature.cure);
}

}  // namespace mprogcheck
