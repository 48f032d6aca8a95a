// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/run_decoder.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck {

namespace {

static_assert(static_cast<int>(Run::Ending::unclean) == static_cast<int>(wire::Ending::unclean));
static_assert(static_cast<int>(Run::Ending::splat) == static_cast<int>(wire::Ending::splat));
static_assert(static_cast<int>(Breach::beyond_attr) == wire::Breach::beyond_attr);
static_assert(static_cast<int>(Breach::inside_attr) == wire::Breach::inside_attr);
static_assert(static_cast<int>(Breach::array) == wire::Breach::array);
static_assert(static_cast<int>(Breach::flags_not_zero) == wire::Breach::flags_not_zero);
static_assert(foreign_link == wire::foreign_link);

/// Where a list's last honest view stands in Run::lists, or -1.
using Shown = std::array<std::int32_t, model::list_count>;

class PartReader {
 public:
  PartReader(wire::Reader& reader, Run& run, Shown& shown, const Due* due)
      : reader_(reader), run_(run), shown_(shown), due_(due) {}

  bool read(const wire::RunHead& head) {
    // A step is four bytes at least: so many can never be announced that their table is larger than the payload.
    if (head.steps > reader_.left() / 4) return false;
    if (due_ != nullptr && head.steps > due_->steps - std::min(due_->steps, run_.steps.size())) return false;
    // Grown as it is needed: a run in many parts must not be moved once for each.
    if (run_.steps.capacity() < run_.steps.size() + head.steps)
      run_.steps.reserve(std::max<std::size_t>(run_.steps.size() + head.steps, 2 * run_.steps.capacity()));
    for (std::uint32_t n = 0; n < head.steps; ++n)
      if (!read_step()) return false;
    if (head.more) return !reader_.failed();
    run_.ending = static_cast<Run::Ending>(head.ending);
    run_.at = head.at;
    run_.miscounted = head.miscounted;
    run_.unchecked = head.unchecked;
    run_.counted = head.counted;
    run_.note = printable_line(reader_.text());
    return !reader_.failed();
  }

 private:
  bool read_step() {
    wire::StepHead head;
    if (!wire::get_step_head(reader_, head)) return false;
    Step& step = run_.steps.emplace_back();
    step.outcome.error = head.error;
    if ((head.sees & wire::StepHead::has_times) != 0) {
      step.begin = reader_.u64();
      step.end = reader_.u64();
    }
    step.first_list = static_cast<std::uint32_t>(run_.lists.size());
    for (unsigned list = 0; list < model::list_count; ++list)
      if ((head.lists >> list & 1U) != 0 && !read_list(static_cast<model::ListIndex>(list))) return false;
    step.lists = static_cast<std::uint32_t>(run_.lists.size()) - step.first_list;
    if ((head.sees & wire::StepHead::has_answer) != 0) {
      const model::ListIndex list = reader_.u8();
      const std::uint8_t breach = reader_.u8();
      if ((list >= model::list_count && list != model::no_list) || breach > wire::Breach::all) return false;
      step.answer = static_cast<std::int32_t>(run_.lists.size());
      if (!read_view(list)) return false;
      run_.lists.back().breach = breach;
    }
    step.first_ran = static_cast<std::uint32_t>(run_.ran.size());
    if ((head.sees & wire::StepHead::has_passage) != 0) {
      wire::PassageRecord passage;
      if (!wire::get_passage(reader_, passage)) return false;
      step.fate = passage.fate;
      step.ran = static_cast<std::uint32_t>(passage.programs.size());
      run_.ran.insert(run_.ran.end(), passage.programs.begin(), passage.programs.end());
    }
    if ((head.sees & wire::StepHead::has_next) != 0) {
      step.next = reader_.u8();
      if (step.next >= std::max(model::link_count, model::program_count) && step.next != foreign_object) return false;
    }
    step.first_link = static_cast<std::uint32_t>(run_.links.size());
    step.first_program = static_cast<std::uint32_t>(run_.programs.size());
    if ((head.sees & wire::StepHead::has_objects) != 0 && !read_objects()) return false;
    step.links = static_cast<std::uint32_t>(run_.links.size()) - step.first_link;
    step.programs = static_cast<std::uint32_t>(run_.programs.size()) - step.first_program;
    if ((head.sees & wire::StepHead::has_trials) != 0 && !read_tried()) return false;
    return !reader_.failed();
  }

  bool read_tried() {
    wire::TriedRecord tried;
    if (!wire::get_tried(reader_, tried) || !is_due(tried)) return false;
    run_.trials.push_back({.step = static_cast<std::uint32_t>(run_.steps.size() - 1),
                           .first = static_cast<std::uint32_t>(run_.trial_errnos.size()),
                           .length = static_cast<std::uint32_t>(tried.errnos.size()),
                           .changed = tried.changed,
                           .changed_elsewhere = tried.changed_elsewhere});
    run_.trial_errnos.insert(run_.trial_errnos.end(), tried.errnos.begin(), tried.errnos.end());
    return true;
  }

  [[nodiscard]] bool is_due(const wire::TriedRecord& tried) const {
    if (due_ == nullptr) return true;
    const auto step = static_cast<std::uint32_t>(run_.steps.size() - 1);
    const auto asked = std::ranges::lower_bound(due_->trials, step, {}, &Trials::step);
    return asked != due_->trials.end() && asked->step == step && tried.errnos.size() <= trial_set::count(asked->which);
  }

  bool read_list(model::ListIndex list) {
    const auto tag = reader_.u8();
    if (tag == static_cast<std::uint8_t>(wire::ListTag::unchanged)) {
      if (shown_[list] < 0) return false;
      run_.lists.push_back(ListView(run_.lists[static_cast<std::size_t>(shown_[list])]));
      return !reader_.failed();
    }
    if (tag != static_cast<std::uint8_t>(wire::ListTag::seen)) return false;
    shown_[list] = static_cast<std::int32_t>(run_.lists.size());
    return read_view(list);
  }

  bool read_view(model::ListIndex list) {
    wire::ViewHead head;
    std::span<const std::uint8_t> entries;
    if (!wire::get_view(reader_, head, entries)) return false;
    run_.lists.push_back({.list = list,
                          .outcome = {head.error},
                          .revision = head.revision,
                          .count = head.count,
                          .mode = static_cast<model::Mode>(head.mode),
                          .first = static_cast<std::uint32_t>(run_.entries.size()),
                          .length = head.length});
    for (std::size_t i = 0; i < entries.size(); i += 2) {
      const model::Entry entry{entries[i], entries[i + 1]};
      if (entry.program >= model::program_count && entry.program != model::no_program) return false;
      if (entry.link >= model::link_count && entry.link != model::no_link && entry.link != foreign_link) return false;
      run_.entries.push_back(entry);
    }
    return true;
  }

  bool read_objects() {
    const unsigned links = reader_.u8();
    if (links > model::link_count) return false;
    for (unsigned left = links; left != 0; --left) {
      wire::LinkRecord link;
      if (!wire::get_link(reader_, link)) return false;
      run_.links.push_back({link.link, link.alive, link.program, link.list, link.references, {link.error}});
    }
    const unsigned programs = reader_.u8();
    if (programs > model::program_count) return false;
    for (unsigned left = programs; left != 0; --left) {
      wire::ProgramRecord program;
      if (!wire::get_program(reader_, program)) return false;
      run_.programs.push_back({program.program, program.alive, program.references});
    }
    return true;
  }

  wire::Reader& reader_;
  Run& run_;
  Shown& shown_;
  const Due* due_;
};

}  // namespace

bool RunDecoder::read(wire::Reader& reader, Run& run, const Due* due) {
  wire::RunHead head;
  if (!wire::get_run_head(reader, head) || (due != nullptr && head.number != due->number)) return false;
  // A part that tells nothing is none: there would be no end to them.
  if (head.more && head.steps == 0) return false;
  if (!expecting_) {
    if (head.first != 0) return false;
    run.clear();
    shown_.fill(-1);
  } else if (head.number != number_ || head.first != run.steps.size()) {
    return false;
  }
  number_ = head.number;
  expecting_ = head.more;
  return PartReader(reader, run, shown_, due).read(head);
}

bool decode_run(wire::Reader& reader, std::uint32_t& number, Run& run) {
  RunDecoder decoder;
  if (!decoder.read(reader, run) || !decoder.whole()) return false;
  number = decoder.number();
  return true;
}

}  // namespace mprogcheck
