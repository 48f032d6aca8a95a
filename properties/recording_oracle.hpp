// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <utility>

#include "model/touched.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck::properties {

/// For the tests of this room, which know no oracle but the interface: records what the model does, plainly, and lets a
/// test tamper with it.
class RecordingOracle final : public Oracle {
 public:
  using Tamper = std::function<void(const Job&, Run&)>;
  explicit RecordingOracle(Tamper tamper = {}) : tamper_(std::move(tamper)) {}

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    ++calls;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      ++runs;
      Run run = record(jobs[i]);
      if (tamper_) tamper_(jobs[i], run);
      sink.take(i, run);
    }
    return {};
  }

  static Run record(const Job& job) {
    Run run;
    model::World world = world_of(job);
    std::array<bool, model::link_count> links{};
    std::array<bool, model::program_count> programs{};
    for (unsigned n = 0; n < model::mortal_program_begin; ++n)
      programs[n] = world.program(static_cast<model::ProgramIndex>(n)).alive;
    std::uint8_t shown = 0;
    for (std::size_t i = 0; i < job.sequence.operations.size(); ++i) {
      const model::Operation& operation = job.sequence.operations[i];
      const bool everything = job.depth == Depth::deep || i + 1 == job.sequence.operations.size();
      const auto lists = model::visible_lists(world, operation, world.predict(operation).edit, everything);
      const model::Verdict verdict = world.predict(operation);
      Step step;
      step.outcome = verdict.outcome;
      if (model::answers(verdict.rule)) {
        const auto& query = std::get<model::Query>(operation);
        const auto list = *world.list_at(query.site);
        const model::Answer answer = model::answer_to(query, world.list(list), world.quirks());
        step.answer = static_cast<std::int32_t>(run.lists.size());
        run.lists.push_back({list, verdict.outcome, answer.revision, answer.count,
                             static_cast<std::uint32_t>(run.entries.size()), answer.length, breach_of(answer)});
        run.entries.insert(run.entries.end(), answer.entries().begin(), answer.entries().end());
      }
      step.first_ran = static_cast<std::uint32_t>(run.ran.size());
      if (const auto* packet = std::get_if<model::SendPacket>(&operation); packet != nullptr && verdict.outcome.ok()) {
        const model::Passage passage = model::passage(world, *world.way_at(packet->site));
        run.ran.insert(run.ran.end(), passage.ran().begin(), passage.ran().end());
        step.ran = passage.count;
        step.fate = model::fate_of(passage.rule);
      }
      if (verdict.edit.kind == model::Edit::Kind::create_link) links[world.next_link()] = true;
      if (verdict.edit.kind == model::Edit::Kind::load) programs[world.next_mortal()] = true;
      world.commit(verdict.edit);
      step.lists = static_cast<std::uint32_t>(std::popcount(lists));
      if (verdict.edit.kind == model::Edit::Kind::nothing && lists == shown && lists != 0 && step.answer < 0) {
        step.first_list = run.steps.back().first_list;  // the views of the step before, as the wire repeats them
      } else {
        step.first_list = static_cast<std::uint32_t>(run.lists.size());
        for (model::ListIndex list = 0; list < model::list_count; ++list)
          if (model::contains(lists, list)) show(run, world, list);
      }
      shown = lists;
      if (everything) show_objects(run, step, world, links, programs);
      run.steps.push_back(step);
    }
    return run;
  }

  std::size_t calls = 0, runs = 0;

 private:
  static void show(Run& run, const model::World& world, model::ListIndex index) {
    const model::OrderedList& list = world.list(index);
    const std::uint32_t length = list.count;
    run.lists.push_back({index, {}, list.revision, list.count, static_cast<std::uint32_t>(run.entries.size()), length});
    run.entries.insert(run.entries.end(), list.slots.begin(), list.slots.begin() + length);
  }
  template <typename Links, typename Programs>
  static void show_objects(Run& run, Step& step, const model::World& world, const Links& links,
                           const Programs& programs) {
    step.first_link = static_cast<std::uint32_t>(run.links.size());
    step.first_program = static_cast<std::uint32_t>(run.programs.size());
    for (unsigned n = 0; n < links.size(); ++n) {
      if (!links[n]) continue;
      const model::Link& link = world.link(static_cast<model::LinkIndex>(n));
      run.links.push_back({static_cast<model::LinkIndex>(n), link.alive, link.program, link.list, link.references});
      ++step.links;
    }
    for (unsigned n = 0; n < programs.size(); ++n) {
      if (!programs[n]) continue;
      const model::Program& program = world.program(static_cast<model::ProgramIndex>(n));
      run.programs.push_back({static_cast<model::ProgramIndex>(n), program.alive, program.references});
      ++step.programs;
    }
  }

  OracleIdentity identity_{"recording", {}, "none", {}};
  Tamper tamper_;
};

}  // namespace mprogcheck::properties
