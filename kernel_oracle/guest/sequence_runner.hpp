// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel_oracle/guest/alphabet.hpp"
#include "kernel_oracle/guest/attach_list.hpp"
#include "kernel_oracle/guest/cgroups.hpp"
#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/coming_id.hpp"
#include "kernel_oracle/guest/device_life.hpp"
#include "kernel_oracle/guest/devices.hpp"
#include "kernel_oracle/guest/heartbeat.hpp"
#include "kernel_oracle/guest/info_call.hpp"
#include "kernel_oracle/guest/keepers.hpp"
#include "kernel_oracle/guest/kernel_log.hpp"
#include "kernel_oracle/guest/live_ids.hpp"
#include "kernel_oracle/guest/objects.hpp"
#include "kernel_oracle/guest/pin_release.hpp"
#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/query_call.hpp"
#include "kernel_oracle/guest/references.hpp"
#include "kernel_oracle/guest/run_frames.hpp"
#include "kernel_oracle/guest/syscalls.hpp"
#include "kernel_oracle/guest/traffic.hpp"
#include "kernel_oracle/wire.hpp"
#include "kernel_oracle/wire_operation.hpp"
#include "kernel_oracle/wire_trial.hpp"
#include "model/fields.hpp"
#include "model/touched.hpp"

namespace mprogcheck::guest {

/// Runs sequences, one after the other, in the one world that the guest is, and writes down what it saw. After each,
/// the world is put back to what it was, and looked at to see that it is.
class SequenceRunner {
 public:
  /// `references`: null where they cannot be read; `ids` serve then. `alone`: whatever program or link there is, nobody
  /// else made it.
  SequenceRunner(Devices devices, Keepers& keepers, DeviceLife& life, Cgroups& cgroups, Programs& programs,
                 const Objects& objects, Traffic& traffic, KernelLog* log, References* references, LiveIds& ids,
                 ComingId& coming, const PinRelease& release, bool alone, Heartbeat& heartbeat);

  /// Runs it and writes its run. False if the job cannot be what the host meant: what was written is then of no use.
  /// After the last one for now, references are counted in any case.
  bool run(const wire::JobRecord& job, RunFrames& runs, bool last_for_now);

  /// What trials choose from; without it, no job may have any. It may change between runs.
  void choose_from(const Alphabet* alphabet) { alphabet_ = alphabet; }

  /// Makes those of the devices anew that remember what sequences did. False if that fails.
  bool forget_the_past(std::uint8_t devices);

  [[nodiscard]] Syscalls& calls() { return calls_; }
  [[nodiscard]] Heartbeat& heartbeat() { return heartbeat_; }
  /// Whether references are counted now and then; if they can be at all, they are.
  void count_references(bool wanted) { counting_ = wanted; }
  /// A world in doubt: the last run was a splat or unclean, and no further one can be trusted.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }

 private:
  // sequence_runner.cpp
  bool begin(const wire::JobRecord& job);
  bool read_steps(const wire::JobRecord& job);
  [[nodiscard]] bool can_have_devices(const wire::JobRecord& job) const;
  bool bind_pool(const wire::JobRecord& job);
  void say_where(bool step = false) const;
  bool kernel_complains();
  bool lie_about_the_ending(bool& miscounted);

  // execute.cpp: one operation, as the system calls that it is. A positive errno, or 0.
  int execute(const wire::Step& step);
  int call(const model::Attach& attach);
  int call(const model::Detach& detach);
  int call(const model::CreateLink& link);
  int call(const model::UpdateLink& update);
  int call(const model::DetachLink& detach);
  int call(const model::Close& close);
  int call(const model::Dup& dup);
  int call(const model::Open& open);
  int call(const model::Load& load);
  int call(const model::Query& query);
  int call(const model::Fill& fill);
  int call(const model::SendPacket& packet);
  template <typename Call>
  int attach_or_detach(const Call& call, int command);
  int relative_call(model::role::Relative role, const model::Argument& relative, int command, union bpf_attr& attr,
                    unsigned size, unsigned field);
  int close_slot(unsigned slot);
  void bind(model::Name name, int fd, const Object* object);
  Object* make(model::ObjectKind kind, std::uint8_t slot);
  void learn_link(Object& link);
  void learn_program(Object& program, int fd);
  [[nodiscard]] std::uint32_t number_of(model::Target target) const;
  [[nodiscard]] bool is_at_home(model::Target target) const;
  AttachList* list_of(const model::Site& site);
  AttachList* list_to_change(const model::Site& site);
  std::uint64_t revision_of(const model::Site& site, const model::Revision& revision);
  void look_ahead(model::ObjectKind kind);
  [[nodiscard]] const std::uint32_t& id_of(std::uint32_t slot, model::ObjectKind kind) const;

  // lifetime.cpp
  int call(const model::RemoveDevice& remove);
  int call(const model::MakeDevice& made);
  int call(const model::MoveDevice& move);
  int call(const model::SetQdisc& set);
  int call(const model::Pin& pin);
  int call(const model::Get& get);
  int call(const model::Unpin& unpin);
  int call(const model::NextId& next);
  int call(const model::RemoveCgroup& remove);
  int call(const model::MakeCgroup& made);
  template <typename Change>
  int change_device(model::Device device, Change change);
  [[nodiscard]] model::DeviceClass class_of(unsigned n) const;
  void have_devices();
  void place_lists(unsigned n);
  void forget_old_devices();
  void follow_device(unsigned n);
  void have_cgroups();
  void place_cgroup_lists();
  void follow(model::Target target);
  struct Holders {
    std::uint16_t references = References::unknown;
    std::uint32_t program_id = 0;  ///< what the link holds; 0: it is none
    std::uint16_t program_references = References::unknown;
  };
  Holders holders_of(const Object& object);
  bool was_let_go(const Object& object, const Holders& before, bool with_program);
  bool is_listed(const Object& link);
  bool remove_pins();

  // observe.cpp
  struct Times {
    std::uint64_t begin = 0, end = 0;
  };
  void observe(int error, bool last, Times times);
  void show(AttachList& list, bool thorough, Lie lie);
  bool look_at(AttachList& list, bool thorough = false);
  void translate(AttachList& list);
  void put_answer(Lie lie);
  void put_passage(Lie lie);
  void put_objects(Lie lie, bool counts);
  void put_links(Lie& lie, bool counts);
  void put_programs(Lie& lie, bool counts);
  int open_link(const Object& link);
  wire::LinkRecord see_link(const Object& link);
  std::uint32_t program_of(const Object& link);
  std::uint8_t program_slot(std::uint32_t id) const;
  std::uint8_t link_slot(const std::uint32_t& id);

  // trials.cpp
  [[nodiscard]] bool can_try(const wire::JobRecord& job) const;
  void expect_trials();
  [[nodiscard]] bool has_trials() const { return trials_come_ && trials_.step == step_; }
  bool try_operations();
  bool changes_something(const model::Operation& operation, int error);
  bool any_list_changed(bool thorough);
  bool differs(AttachList& list, bool thorough);

  // reset.cpp
  void reset();
  bool close_handles();
  void learn_revision(AttachList& hook);
  void empty(AttachList& hook);
  void empty_cgroup(AttachList& hook);
  template <typename Try>
  void empty_by(const AttachList& hook, Try is_empty_now);
  void full_check();
  bool is_gone(const Object& object);
  [[nodiscard]] std::uint64_t patience_with_workers() const;
  void unclean(std::string note);

  // at_rest.cpp
  bool check_references(bool lying = false);
  [[nodiscard]] std::string not_at_rest(model::ObjectKind kind) const;
  bool check_ids();
  void mark_named(const model::Operation& operation);
  void mark_named(unsigned slot);
  [[nodiscard]] std::string stranger(model::ObjectKind kind) const;
  std::string turn_over(Programs::Pooled& pooled);

  [[nodiscard]] bool is_open(unsigned slot) const { return (open_[slot / 64] >> (slot % 64) & 1U) != 0; }
  void set_open(unsigned slot) { open_[slot / 64] |= 1ULL << (slot % 64); }
  void set_closed(unsigned slot) { open_[slot / 64] &= ~(1ULL << (slot % 64)); }

  Devices devices_;
  Keepers& keepers_;
  DeviceLife& life_;
  Cgroups& cgroups_;
  Programs& programs_;
  const Objects& objects_;
  Traffic& traffic_;
  KernelLog* log_;
  References* references_;
  LiveIds& ids_;
  ComingId& coming_;
  const PinRelease& release_;
  bool alone_;
  Heartbeat& heartbeat_;
  Syscalls calls_;

  std::array<AttachList, std::size_t{model::Target::places} * model::hooks>
      hooks_;  ///< of each device and cgroup, one after another
  [[nodiscard]] std::span<AttachList> hooks_of(model::Target target) {
    return std::span(hooks_).subspan(std::size_t{target.place()} * model::hooks, model::hooks);
  }
  [[nodiscard]] AttachList& hook_at(const model::Site& site) {
    return hooks_of(site.target)[static_cast<unsigned>(site.hook)];
  }
  [[nodiscard]] bool is_there(const AttachList& list) const;
  std::array<AttachList*, model::list_count> lists_{};  ///< those of the sequence, by its sites
  std::size_t list_count_ = 0;
  [[nodiscard]] std::span<AttachList* const> lists() const { return {lists_.data(), list_count_}; }
  std::array<const Object*, model::Name::slots> names_{};  ///< what a name was last bound to
  std::array<std::uint64_t, (model::Name::slots + 63) / 64> open_{};
  std::array<Programs::Pooled*, model::Name::pool_count> pool_{};  ///< what pN is in this sequence
  /// What a slot of the model's tables stands for at the moment.
  Object*& current(model::ObjectKind kind, std::uint8_t slot) {
    return kind == model::ObjectKind::link ? links_[slot] : mortals_[slot];
  }
  [[nodiscard]] std::span<const Object> made() const { return {made_.data(), made_count_}; }
  std::vector<Object> made_;  ///< links and mortals of this sequence, in the order they were made; never moved
  std::size_t made_count_ = 0;
  std::array<Object*, model::program_count> mortals_{};  ///< by their slot
  std::array<Object*, model::link_count> links_{};
  Object* pending_link_ = nullptr;  ///< made by this step, and its id not learnt yet

  const Alphabet* alphabet_ = nullptr;
  wire::Reader trials_left_{{}};
  bool trials_come_ = false;
  wire::TrialsRecord trials_{};     ///< the next ones
  model::ListSet tried_lists_ = 0;  ///< declared_lists_ when they began

  const wire::JobRecord* job_ = nullptr;
  std::vector<wire::Step> steps_;  ///< of the job; what longer ones had stays behind them
  wire::Foreseen foreseen_;        ///< of the step, or the trial
  wire::Buffer* out_ = nullptr;
  std::uint32_t step_ = 0;
  std::uint8_t spoken_of_ = 0;                                     ///< bit N: dN is declared, or was made
  model::ListSet declared_lists_ = 0;                              ///< of devices that exist and have that hook
  std::array<std::uint32_t, model::Device::count> generations_{};  ///< DeviceLife::generation() when last looked at
  std::array<std::uint32_t, model::Cgroup::count> cgroup_generations_{};  ///< Cgroups::generation(), likewise
  std::uint16_t pinned_ = 0;                                              ///< bit N: bN is there
  std::array<const Object*, model::PinName::count> pins_{};               ///< what it holds
  /// A pin's last reference on a link is dropped by a worker of the kernel, which sleeps through RCU grace periods.
  Patience unpin_patience_{2'000'000'000};
  bool asked_ = false;                    ///< the step was a `query` that was answered
  model::Fate fate_ = model::Fate::none;  ///< of the packet that the step sent
  std::uint8_t next_ = model::no_link;    ///< the slot of what the step found by its id
  InfoCall<struct bpf_link_info> link_info_;
  InfoCall<struct bpf_prog_info> program_info_;
  int info_error_ = 0;  ///< of the object that last did not tell its id
  QueryCall query_;
  RawAnswer answer_;
  std::uint8_t breach_ = 0;  ///< of the answer
  std::uint8_t answer_list_ = model::no_list;
  wire::Ending ending_ = wire::Ending::complete;
  std::string note_;
  bool in_doubt_ = false;
  bool counting_ = true;
  std::uint32_t since_full_check_ = 0;
  std::uint64_t workers_until_ = 0;  ///< of the reset: until then a worker of the kernel may be about to let go
  std::uint32_t unchecked_ = 0;      ///< sequences since references were last counted, or ids looked at
  std::array<struct bpf_insn, mpc_stamping_most> mortal_body_{};
};

}  // namespace mprogcheck::guest
