// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "model/world.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck::testing {

/// Calls of every kind that trials are made of: program calls and links with any flags, any relative and any revision,
/// updates, closes, dups, opens and queries, on a device that is there and one that is not.
inline std::vector<model::Operation> many_operations() {
  using model::Argument;
  using model::Name;
  using model::Revision;
  std::vector<model::Operation> operations;
  const std::array programs{Argument{},
                            Argument::of(Name::pool(0)),
                            Argument::of(Name::pool(1)),
                            Argument::of(Name::pool(2)),
                            Argument::of(Name::pool(3)),
                            Argument::of(Name::link(0)),
                            Argument::literal(901)};
  const std::array relatives{Argument{}, Argument::of(Name::pool(1)), Argument::of(Name::link(0)),
                             Argument::literal(1U << 30)};
  const std::array revisions{Revision{}, Revision::now(), Revision::now(-1), Revision::literal(77)};
  const model::Site here{model::Hook::tcx_ingress, model::Target::device(0)};
  for (std::uint32_t bits = 0; bits < 128; ++bits) {
    std::uint32_t flags = 0;
    for (unsigned n = 0; n < 7; ++n)
      if ((bits >> n & 1U) != 0)
        flags |= std::array{model::flag::replace, model::flag::before, model::flag::after,   model::flag::id,
                            model::flag::link,    model::flag::multi,  model::flag::preorder}[n];
    for (const Argument& program : programs)
      for (const Argument& relative : relatives)
        for (const Revision& revision : revisions) {
          operations.emplace_back(model::Attach{here, program, flags, relative, {}, revision});
          operations.emplace_back(model::Detach{here, program, flags, relative, {}, revision});
          operations.emplace_back(model::CreateLink{Name::link(1), here, program, flags, relative, revision});
        }
  }
  const model::Site nowhere{model::Hook::tcx_egress, model::Target::literal(0)};
  operations.emplace_back(model::Attach{nowhere, programs[1], 0, {}, {}, {}});
  for (const std::string_view text :
       {"update l0 p1", "update l0 p0", "update p0 p1", "update l0 p3 expect p2", "close l1", "close l0", "dup x0 l1",
        "dup l0 l0", "query tcx_ingress@d0", "query tcx_egress@d0", "fill tcx_ingress@d0 1",
        "as u attach tcx_ingress@d0 p3", "as u query tcx_ingress@d0", "as u load q0 sched_cls returns next"})
    if (auto operation = model::parse_operation(text)) operations.push_back(*operation);
  return operations;
}

/// A path, and after each of its steps all of the alphabet that changes nothing there.
inline Job job_of(model::Sequence path, std::shared_ptr<const Alphabet> alphabet, model::Traits traits = {}) {
  Job job;
  job.sequence = std::move(path);
  job.traits = traits;
  model::World world = model::world_of(job.sequence, traits);
  for (std::uint32_t step = 0; step < job.sequence.operations.size(); ++step) {
    world.apply(job.sequence.operations[step]);
    Trials trials;
    trials.step = step;
    for (std::uint32_t n = 0; n < alphabet->size(); ++n)
      if (world.predict(alphabet->operations()[n]).edit.kind == model::Edit::Kind::nothing) trials.add(n);
    job.trials.push_back(std::move(trials));
  }
  job.alphabet = std::move(alphabet);
  return job;
}

inline Job job_of(std::string_view path, std::shared_ptr<const Alphabet> alphabet, model::Traits traits = {}) {
  return job_of(*model::parse(path), std::move(alphabet), traits);
}

inline constexpr std::string_view three_programs =
    "mprogcheck 1\nnetdev d0\ncaller u uid 1000\nprog p0..p3 sched_cls returns next\n"
    "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\nlink l0 tcx_ingress@d0 p2\n";

/// What the model says of the operation in the world after a step.
inline model::Verdict verdict_after(const Job& job, std::uint32_t step, std::uint32_t operation) {
  model::World world = world_of(job);
  for (std::uint32_t n = 0; n <= step; ++n) world.apply(job.sequence.operations[n]);
  return world.predict(job.alphabet->operations()[operation]);
}

/// The last operation of the alphabet that is not tried in this block, for it would change something.
inline std::uint32_t operation_that_changes(const Job& job, std::uint32_t block) {
  std::uint32_t found = TriedTrials::none;
  const auto operations = job.alphabet->operations();
  for (std::uint32_t n = 0; n < operations.size(); ++n)
    if (!trial_set::has(job.trials[block].which, n) && std::holds_alternative<model::Attach>(operations[n])) found = n;
  return found;
}

}  // namespace mprogcheck::testing
