// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/passage.hpp"
#include "model/sequence.hpp"
#include "model/world.hpp"
#include "oracle/accident.hpp"
#include "oracle/lie.hpp"
#include "oracle/trial.hpp"

namespace mprogcheck {

/// How much is looked at. fast: the touched hook after each step, everything after the last. deep: everything after
/// each.
enum class Depth : std::uint8_t { fast, deep };

/// One sequence to run from an empty world, and how.
struct Job {
  model::Sequence sequence;
  model::Traits traits;  ///< the known wrong behaviours that the model follows in this run
  Depth depth = Depth::fast;
  Lie lie = Lie::none;
  std::uint32_t lie_at = 0;  ///< the step it applies to, if it is not about the end
  Accident accident = Accident::none;
  std::uint32_t accident_at = 0;               ///< the step before which it happens
  std::shared_ptr<const Alphabet> alphabet{};  ///< of the trials; null without any
  std::vector<Trials> trials{};                ///< ascending by step, at most one per step
};

/// The sites whose lists are looked at: of what the sequence names, and of what is tried.
inline model::Sites sites_of(const Job& job) {
  model::Spoken spoken = job.alphabet == nullptr ? model::Spoken() : job.alphabet->spoken();
  for (const model::Operation& operation : job.sequence.operations) spoken.add(operation);
  return model::sites_of(job.sequence.declarations, spoken);
}
/// The world that the job begins in.
inline model::World world_of(const Job& job) {
  return model::World(job.sequence.declarations, job.traits, sites_of(job));
}

/// How the kernel wrote something else to the buffers of a query than it promised.
enum class Breach : std::uint8_t {
  beyond_attr = 1,     ///< before the attr, or behind the size that the kernel was told
  inside_attr = 2,     ///< to a field of the attr that is no answer
  array = 4,           ///< too few slots of an array, too many, or around it
  flags_not_zero = 8,  ///< attach flags, which are zero where they are not a cgroup's
};

/// What BPF_PROG_QUERY answered for one list. Entries are in the model's terms: the oracle maps ids to table slots. A
/// program or link that the oracle has never heard of is model::no_program, or foreign_link.
struct ListView {
  model::ListIndex list = model::no_list;
  model::Outcome outcome;  ///< of the query itself
  std::uint64_t revision = 0;
  std::uint32_t count = 0;               ///< what the kernel says; `length` entries follow
  model::Mode mode = model::Mode::none;  ///< attach_flags
  std::uint32_t first = 0;               ///< index into Run::entries
  std::uint32_t length = 0;
  std::uint8_t breach = 0;  ///< of an answer to a `query` operation: bits of Breach
};
inline constexpr model::LinkIndex foreign_link = 0xfe;
inline constexpr std::uint16_t unknown_references = 0xffff;
/// Of what has the next id: nothing was found; the sequence made it, but it should be gone.
inline constexpr std::uint8_t no_object = 0xff, foreign_object = 0xfe;

/// What is known of a link: alive by its id, and if so what BPF_OBJ_GET_INFO_BY_FD says.
struct LinkView {
  model::LinkIndex link = model::no_link;
  bool alive = false;
  model::ProgramIndex program = model::no_program;
  model::ListIndex list = model::no_list;  ///< no_list: detached
  std::uint16_t references = unknown_references;
  model::Outcome outcome{};  ///< of the question itself; program and list are unknown if it failed
};

/// What is known of a program: alive by its id. Mortals that the sequence loaded; with reference counts, every declared
/// one.
struct ProgramView {
  model::ProgramIndex program = model::no_program;
  bool alive = false;
  std::uint16_t references = unknown_references;
};

/// A step as it was seen. Ranges are into the vectors of the Run. In fast depth only the last step sees links and
/// programs, and a step that touches no hook sees no list.
struct Step {
  std::uint16_t caller = 0;
  std::uint64_t begin = 0;  ///< guest's monotonic clock, nanoseconds; 0 where not taken
  std::uint64_t end = 0;
  model::Outcome outcome;
  std::uint32_t first_list = 0, lists = 0;
  std::uint32_t first_link = 0, links = 0;
  std::uint32_t first_program = 0, programs = 0;
  std::int32_t answer = -1;              ///< a `query` operation's own answer: index into Run::lists
  model::Fate fate = model::Fate::none;  ///< of the packet that a `run` sent
  std::uint32_t first_ran = 0, ran = 0;  ///< the programs that said they met it, in order
  std::uint8_t next = no_object;         ///< what a `next_id` that succeeds found: its slot, or foreign_object
};

struct Run {
  enum class Ending : std::uint8_t {
    complete,  ///< every step ran, and the world was found empty again
    unclean,   ///< every step ran, but the world could not be emptied: `note` says what was left
    splat,     ///< the kernel log shows a defect: `note` is its first line
    hung,      ///< no answer within the deadline
    lost,      ///< the guest or its agent is gone
  };
  std::vector<Step> steps;
  std::vector<ListView> lists;
  std::vector<model::Entry> entries;
  std::vector<LinkView> links;
  std::vector<ProgramView> programs;
  /// What Step::ran counts: model::no_program is one that the oracle has never heard of.
  std::vector<model::ProgramIndex> ran;
  /// One for each Trials whose step was taken. After one that changed something the run ends: `steps` are then fewer
  /// than there are operations, though the ending may be complete.
  std::vector<TriedTrials> trials;
  std::vector<std::uint8_t> trial_errnos;
  Ending ending = Ending::complete;
  std::uint32_t at = 0;  ///< the step during which it ended, where that is known
  std::string note;
  bool miscounted = false;  ///< unclean: what was left is a reference too many, or too few
  /// unclean: what was left may as well be of one of so many runs before this one. Reference counts are not read after
  /// every run.
  std::uint32_t unchecked = 0;
  /// References can be counted (feature_refcnt): in deep depth, every step must show those of every object.
  bool counts = false;
  bool counted = false;  ///< at rest after this run, every reference was counted

  void clear();
};

/// Where runs go, in order, as they arrive. `run` may be taken from; it is reused for the next one.
class RunSink {
 public:
  virtual ~RunSink() = default;
  virtual void take(std::size_t job, Run& run) = 0;
};

/// What the oracle is, for reports.
struct OracleIdentity {
  std::string source;       ///< as the user named it: debian:trixie, a path, here, model:FAULT
  std::string release;      ///< uname -r, or empty
  std::string accelerator;  ///< kvm, tcg, or none
  std::vector<std::string> features;
  std::string image{};  ///< digest of the image file that was booted: 16 hexadecimal digits; empty where there is none

  [[nodiscard]] bool has(std::string_view feature) const;
};
/// The feature of an oracle that tells how many references are held on programs and links.
inline constexpr std::string_view feature_refcnt = "refcnt";
/// The feature of an oracle that can send a packet through a hook and watch what becomes of it.
inline constexpr std::string_view feature_run = "run";

/// The features of an oracle whose devices can be removed, made and moved; that has qdiscs that keep hooks; that has a
/// BPF file system.
inline constexpr std::string_view feature_device = "device";
inline constexpr std::string_view feature_qdisc = "qdisc";
inline constexpr std::string_view feature_pin = "pin";
/// The feature of an oracle that knows which id comes next: nobody else makes programs or links.
inline constexpr std::string_view feature_next_id = "next_id";
/// The feature of an oracle that can have a device made as one end of a veth pair.
inline constexpr std::string_view feature_veth = "veth";
/// The feature of an oracle whose usual devices have a policy.
inline constexpr std::string_view feature_policy = "netkit";
inline constexpr std::string_view feature_cgroup = "cgroup";
/// Beside these: the feature of each family of hooks (model/hooks/hook.hpp), and the name of each of
/// model::guest_objects that the kernel can make. feature.hpp has what a lack means.

/// How a guest that nothing has run in is come by.
enum class Start : std::uint8_t {
  quick,  ///< whatever is fastest: restored from a snapshot
  cold,   ///< booted, where that can be done
};

/// What answers: a kernel in a VM, the kernel here, or the model itself.
class Oracle {
 public:
  virtual ~Oracle() = default;
  [[nodiscard]] virtual const OracleIdentity& identity() const = 0;
  /// Runs the jobs in order and hands each Run to the sink. An Error is infrastructure only; a guest that dies is an
  /// ending of the job it died in, and the jobs after that one are run all the same.
  virtual Result<void> run(std::span<const Job> jobs, RunSink& sink) = 0;
  /// Goes on in a guest that nothing has run in. An oracle without a guest has nothing to renew.
  virtual Result<void> renew(Start /*how*/) { return {}; }
  /// Whether a guest may be let die: renew() gives another. Not so if the kernel is the one that everything runs on.
  [[nodiscard]] virtual bool is_disposable() const { return true; }
  /// How many guests it has had: while the number stays, so does the guest.
  [[nodiscard]] virtual std::uint64_t guests() const { return 1; }
  /// The last lines that the kernel logged, for a finding. Empty where there is no console.
  [[nodiscard]] virtual std::string console_tail(std::size_t /*lines*/) const { return {}; }
  /// Memory in bytes, for bench: of the guest, or 0.
  [[nodiscard]] virtual std::uint64_t guest_bytes() const { return 0; }
};

}  // namespace mprogcheck
