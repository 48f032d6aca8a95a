// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The agent: /init of the guest, or with `--fd N` a child of the command on the kernel that is running.
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "kernel_oracle/guest/accident.hpp"
#include "kernel_oracle/guest/alphabet.hpp"
#include "kernel_oracle/guest/bench.hpp"
#include "kernel_oracle/guest/channel.hpp"
#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/devices.hpp"
#include "kernel_oracle/guest/guest_init.hpp"
#include "kernel_oracle/guest/heartbeat.hpp"
#include "kernel_oracle/guest/hooks/guest_hook.hpp"
#include "kernel_oracle/guest/kernel_log.hpp"
#include "kernel_oracle/guest/objects.hpp"
#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {
namespace {

constexpr std::uint32_t agent_version = 4;
/// Runs are sent when so many bytes have come together: an exchange costs 0.1 ms, and 64 KiB cost 0.6.
constexpr std::size_t coalesced = 32U << 10;

/// The world and the line, and what is said over it.
class Agent {
 public:
  /// `command_line`: of the kernel that is ours; of another, empty.
  Agent(int channel, std::string complaints, bool alone, std::string_view command_line = {})
      : channel_(channel),
        complaints_(std::move(complaints)),
        alone_(alone),
        accidents_(has_word(command_line, accident_switch)),
        no_log_(has_word(command_line, no_log_switch)),
        no_counts_(has_word(command_line, no_counts_switch)) {}

  void serve() {
    if (!hello()) return;
    wire::Frame frame;
    while (channel_.read(frame)) {
      switch (frame.type) {
        case wire::FrameType::jobs:
          if (!run(frame.payload)) return;
          break;
        case wire::FrameType::alphabet:
          if (!learn(frame.payload)) return;
          break;
        case wire::FrameType::bench_request:
          if (!bench(frame.payload)) return;
          break;
        case wire::FrameType::bye:
          return;
        default:
          give_up("a frame that only an agent sends");
          return;
      }
    }
    if (channel_.fault() != wire::Fault::incomplete) give_up(wire::text_of(channel_.fault()));
  }

  /// Says why, and that nothing follows. Always false.
  bool give_up(std::string_view why) {
    out_.clear();
    const auto frame = wire::begin_frame(out_, wire::FrameType::error);
    out_.text(why);
    wire::end_frame(out_, frame);
    channel_.send(out_);
    return false;
  }

 private:
  bool hello() {
    std::string features;
    // Without tcx there is no world: all that is checked beside it came later.
    if (can_be_asked(model::Family::tcx, if_nametoindex("lo"))) {
      build_world();
      for (const model::FamilyRow& row : model::family_rows)
        if (guest_family(row.family).on(devices_.kind) && can_be_asked(row.family, devices_.ifindex[0]))
          features += (features.empty() ? "" : " ") + std::string(row.feature);
      if (cgroups_.works())
        features += " " + std::string(row_of(model::Family::cgroup).feature) + cgroups_.extensions();
      if (counts_references_) features += " refcnt";
      if (traffic_.works()) features += " run";
      if (life_.can_move()) features += " device";
      if (has_veth_) features += " veth";
      if (has_qdisc_) features += " qdisc";
      if (release_.can_pin()) features += " pin";
      if (coming_.works()) features += " next_id";
      features += objects_.features();
    }
    utsname system{};
    uname(&system);
    const auto frame = wire::begin_frame(out_, wire::FrameType::hello);
    wire::put_hello(out_, {.agent = agent_version,
                           .devices = static_cast<std::uint8_t>(devices_.count),
                           .clock = now(),
                           .release = system.release,
                           .features = features,
                           .complaints = complaints_});
    wire::end_frame(out_, frame);
    return channel_.send(out_);
  }

  void build_world() {
    devices_ = make_devices();
    const auto complain = [this](const char* what, int error) {
      if (error < 0) complaints_ += std::string(what) + ": " + std::strerror(-error) + "; ";
    };
    if (const std::string why = traffic_.open(devices_); !why.empty()) complaints_ += "no packets: " + why + "; ";
    programs_.stamp_for(&traffic_);
    counts_references_ = !no_counts_ && references_.load();
    complain("cannot keep the static keys", keepers_.open(devices_.keeper));
    if (const std::string why = cgroups_.open(); !why.empty()) complaints_ += "no cgroups: " + why + "; ";
    objects_.make(devices_);
    if (alone_) coming_.open();
    release_.probe();
    counts_references_ = counts_references_ && references_.keep_what_is_there();
    if (!ids_.keep_what_is_there()) complaints_ += "the ids of programs and links cannot be read; ";
    complain("cannot load the fillers", programs_.load_fillers());
    const bool log = !no_log_ && log_.open();
    if (!log) complaints_ += "the kernel's log (/dev/kmsg) or taint cannot be read: splats would go unseen; ";
    if (life_.open(devices_)) {
      has_qdisc_ = life_.has_qdisc();
      has_veth_ = life_.has_veth();
    }
    runner_ = std::make_unique<SequenceRunner>(devices_, keepers_, life_, cgroups_, programs_, objects_, traffic_,
                                               log ? &log_ : nullptr, counts_references_ ? &references_ : nullptr, ids_,
                                               coming_, release_, alone_, heartbeat_);
    runner_->choose_from(&alphabet_);
  }

  bool learn(std::span<const std::uint8_t> payload) {
    wire::Reader reader(payload);
    wire::AlphabetPart part;
    return (wire::get_alphabet_part(reader, part) && alphabet_.take(part)) ||
           give_up("a part of an alphabet that makes no sense");
  }

  bool run(std::span<const std::uint8_t> payload) {
    wire::Reader reader(payload);
    wire::JobsHeader header;
    if (runner_ == nullptr || !wire::get_jobs_header(reader, header))
      return give_up("a jobs frame that makes no sense");
    for (std::uint32_t n = 0; n < header.jobs; ++n) {
      const bool last = n + 1 == header.jobs;
      wire::JobRecord job;
      const bool good = wire::get_job(reader, job);
      if (good && job.accident != Accident::none && !accidents_) {
        runs_.clear();
        return give_up("a job with an accident, and it was not started for accidents");
      }
      if (!good || !runner_->run(job, runs_, last)) {
        runs_.clear();
        return give_up("a job that makes no sense");
      }
      if (!last && !header.one_by_one && !runner_->in_doubt() && runs_.size() < coalesced) continue;
      if (!runs_.flush()) return false;
      if (runner_->in_doubt()) return wait_for_the_end();
    }
    return true;
  }

  /// No run after one that left the kernel in doubt. The host reads what there is and throws the guest away.
  bool wait_for_the_end() {
    wire::Frame frame;
    while (channel_.read(frame))
      if (frame.type == wire::FrameType::bye) break;
    return false;
  }

  bool bench(std::span<const std::uint8_t> payload) {
    wire::Reader reader(payload);
    wire::JobsHeader header;
    std::vector<wire::JobRecord> jobs;
    if (runner_ == nullptr || !wire::get_jobs_header(reader, header)) return give_up("a bench that makes no sense");
    for (std::uint32_t n = 0; n < header.jobs; ++n) {
      jobs.emplace_back();
      if (!wire::get_job(reader, jobs.back()) || jobs.back().accident != Accident::none)
        return give_up("a job that makes no sense");
    }
    wire::Bench result;
    if (!measure(*runner_, jobs, result)) return give_up("a job of the bench that makes no sense");
    const auto frame = wire::begin_frame(out_, wire::FrameType::bench_answer);
    wire::put_bench(out_, result);
    wire::end_frame(out_, frame);
    return channel_.send(out_);
  }

  Channel channel_;
  Heartbeat heartbeat_{channel_};
  RunFrames runs_{&channel_};
  std::string complaints_;
  Devices devices_;
  Keepers keepers_;
  DeviceLife life_;
  Cgroups cgroups_;
  bool has_qdisc_ = false, has_veth_ = false;
  Programs programs_;
  Objects objects_;
  ComingId coming_;
  PinRelease release_;
  Traffic traffic_;
  References references_;
  LiveIds ids_;
  bool counts_references_ = false;
  bool alone_;      ///< nobody else on this kernel makes programs and links
  bool accidents_;  ///< this kernel is there for them
  bool no_log_;
  bool no_counts_;
  KernelLog log_;
  Alphabet alphabet_;
  std::unique_ptr<SequenceRunner> runner_;
  wire::Buffer out_;
};

}  // namespace
}  // namespace mprogcheck::guest

int main(int argc, char** argv) {
  using namespace mprogcheck::guest;
  const rlimit files{forbidden_fds, forbidden_fds};
  setrlimit(RLIMIT_NOFILE, &files);
  if (argc == 3 && std::string_view(argv[1]) == "--fd") {
    // Here: the devices that are made must be seen by nobody else.
    const int channel = out_of_the_way(std::atoi(argv[2]));
    pin_low_fds();
    if (channel < 0) return 2;
    if (unshare(CLONE_NEWNS) == 0) mount_pins();
    if (unshare(CLONE_NEWNET) < 0) {
      // Nothing is made in a namespace that is not ours.
      Agent(channel, "", false).give_up(std::string("cannot make a network namespace: ") + std::strerror(errno));
      return 1;
    }
    Agent(channel, "", false).serve();
    return 0;
  }
  if (getpid() != 1) return 2;
  std::string complaints = prepare_guest();
  pin_low_fds();
  const int channel = open_channel();
  const std::string command_line = read_text("/proc/cmdline");
  if (channel >= 0) Agent(out_of_the_way(channel), std::move(complaints), true, command_line).serve();
  power_off();
}
