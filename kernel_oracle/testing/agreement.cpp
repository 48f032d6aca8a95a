// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/testing/agreement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "base/file.hpp"
#include "kernel_oracle/testing/object_sequences.hpp"
#include "model/follow.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck::testing {
namespace {

/// Devices, qdiscs and pins.
}  // namespace

bool kills(const Job& job) {
  model::World world = world_of(job);
  return std::ranges::any_of(job.sequence.operations, [&world](const model::Operation& operation) {
    // The one kills, the other leaves what is effective in disorder: known, and avoided.
    const model::Rule rule = world.apply(operation).rule;
    return rule == model::Rule::relative_no_program || rule == model::Rule::cgroup_update_beside_preorder;
  });
}

std::string difference(const Job& job, const Run& run) {
  if (run.ending != Run::Ending::complete) return "ending: " + run.note;
  const auto& operations = job.sequence.operations;
  if (run.steps.size() != operations.size()) return "number of steps";
  model::World world = world_of(job);
  for (std::size_t n = 0; n < operations.size(); ++n) {
    const std::string at = fmt::format("step {} `{}`: ", n, model::print(operations[n]));
    const Step& step = run.steps[n];
    const bool last = n + 1 == operations.size();
    const auto verdict = world.predict(operations[n]);
    model::ListSet wanted = observed_lists(job.depth, last, world, operations[n], verdict.edit);
    if (const auto* packet = std::get_if<model::SendPacket>(&operations[n]);
        packet != nullptr && world.has_way(packet->site)) {
      const auto passage = model::passage(world, packet->site);
      if (step.fate != model::fate_of(passage.rule))
        return at + fmt::format("expected the packet {}, observed it {}", model::name_of(model::fate_of(passage.rule)),
                                model::name_of(step.fate));
      if (!std::ranges::equal(passage.ran(), std::span(run.ran).subspan(step.first_ran, step.ran)))
        return at + "the packet met other programs";
    }
    if (const auto* next = std::get_if<model::NextId>(&operations[n]); next != nullptr && verdict.outcome.ok())
      if (step.next != world.next_id(next->kind, next->id)) return at + "another object has the next id";
    if (const auto* query = std::get_if<model::Query>(&operations[n]);
        query != nullptr && model::answers(verdict.rule)) {
      if (step.answer < 0) return at + "no answer";
      const auto& observed = run.lists[static_cast<std::size_t>(step.answer)];
      const auto expected = model::answer_to(world, *query, *world.list_at(query->site), world.traits());
      if (observed.revision != expected.revision || observed.count != expected.count ||
          observed.mode != expected.mode || (observed.breach != 0) != expected.beyond_attr ||
          !std::ranges::equal(expected.entries(), std::span(run.entries).subspan(observed.first, observed.length)))
        return at + "another answer";
    }
    world.commit(verdict.edit);
    if (verdict.outcome != step.outcome)
      return at + fmt::format("expected {}, observed {}", to_string(verdict.outcome), to_string(step.outcome));
    for (std::uint32_t i = 0; i < step.lists; ++i) {
      const ListView& view = run.lists[step.first_list + i];
      if (!model::contains(wanted, view.list)) return at + fmt::format("list {} was not asked for", view.list);
      wanted = static_cast<model::ListSet>(wanted & ~(1U << view.list));
      const model::OrderedList list = world.shown(view.list);
      if (!view.outcome.ok() || view.revision != list.revision || view.count != list.count || view.length != list.count)
        return at + fmt::format("list {}: expected revision {}, {} entries; observed {}, {}", view.list, list.revision,
                                list.count, view.revision, view.count);
      for (std::uint32_t e = 0; e < view.length; ++e)
        if (run.entries[view.first + e] != list.slots[e]) return at + fmt::format("list {}: entry {}", view.list, e);
    }
    if (wanted != 0) return at + "a list is missing";
    if (job.depth == Depth::fast && !last) continue;
    for (std::uint32_t i = 0; i < step.links; ++i) {
      const LinkView& view = run.links[step.first_link + i];
      const auto& link = world.link(view.link);
      if (view.alive != link.alive || (link.alive && (view.program != link.program || view.list != link.list)))
        return at + fmt::format("link {}", view.link);
      if (link.alive && view.references != unknown_references && view.references != link.references)
        return at +
               fmt::format("link {}: expected {} references, observed {}", view.link, link.references, view.references);
    }
    for (std::uint32_t i = 0; i < step.programs; ++i) {
      const ProgramView& view = run.programs[step.first_program + i];
      const auto& program = world.program(view.program);
      if (view.alive != program.alive) return at + fmt::format("program {}", view.program);
      if (program.alive && view.references != unknown_references && view.references != program.references)
        return at + fmt::format("program {}: expected {} references, observed {}", view.program, program.references,
                                view.references);
    }
  }
  return "";
}

namespace {

std::vector<Job> jobs_of(std::string_view text, Depth depth, model::Traits traits,
                         std::string_view file = "object_sequences.hpp") {
  const auto parsed = model::parse_all(text);
  std::vector<Job> jobs;
  if (!parsed) {
    ADD_FAILURE() << parsed.error().to_string(file);
    return jobs;
  }
  for (const auto& sequence : *parsed) {
    Job job;
    job.sequence = sequence;
    job.traits = traits;
    job.depth = depth;
    jobs.push_back(job);
  }
  return jobs;
}

/// A file of cases/.
std::vector<Job> jobs_of_cases(const std::string& name, Depth depth, model::Traits traits) {
  const auto text = read_file(MPROGCHECK_CASES "/" + name);
  EXPECT_TRUE(text) << name;
  return jobs_of(text.value_or(""), depth, traits, name);
}

void append(std::vector<Job>& jobs, std::vector<Job> more) {
  std::ranges::move(more, std::back_inserter(jobs));
}

}  // namespace

std::vector<Job> hand_made(Depth depth, model::Traits traits) {
  auto jobs = jobs_of_cases("tcx/calls.mpc", depth, traits);
  append(jobs, jobs_of_cases("tcx/objects.mpc", depth, traits));
  append(jobs, jobs_of(deadly_objects, depth, traits));
  return jobs;
}

std::vector<Job> hand_made_lifetimes(Depth depth, model::Traits traits) {
  auto jobs = jobs_of_cases("tcx/lifetimes.mpc", depth, traits);
  append(jobs, jobs_of(pinned_objects, depth, traits));
  return jobs;
}

}  // namespace mprogcheck::testing
