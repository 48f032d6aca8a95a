// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/testing/agreement.hpp"

#include <gtest/gtest.h>

#include "kernel_oracle/testing/object_sequences.hpp"
#include "model/follow.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck::testing {
namespace {

constexpr std::string_view sequences = R"(mprogcheck 1
netdev d0
prog p0..p3 sched_cls returns next
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 p1 before fd(p0) revision now
attach tcx_ingress@d0 p2 replace p1
link l0 tcx_ingress@d0 p3 after id(p0)
update l0 p1 expect p3
detach tcx_ingress@d0 after fd(p0)
detach tcx_ingress@d0 p0 revision now-1
query tcx_ingress@d0
close l0
detach tcx_ingress@d0 p1

mprogcheck 1
netdev d0, d1
prog p0, p1 sched_cls returns pass
prog p2 xdp returns next
fill tcx_egress@d1 63
attach tcx_egress@d1 p0
attach tcx_egress@d1 p0 replace f3
link l0 tcx_egress@d1 p1
detach tcx_egress@d1 before
link l0 tcx_egress@d1 p1 before revision now
attach tcx_egress@d1 p2
link l0 tcx_ingress@d0 p1
close l0
attach tcx_egress@d0 p0 before fd 901
link l9 tcx_egress@d0 p0 flags 0x100000|before
attach tcx_egress@d0 p0 before id 0
attach tcx_egress@d3 p0

mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
caller u uid 1000
caller w uid 65534
as u attach tcx_ingress@d0 p0
as w link l0 tcx_ingress@d0 p1 before fd(p0) revision now
as u query tcx_ingress@d0
as u open h0 prog id(p0)
as u open h0 link id 0
as w load q0
as w update l0 p0
as u detach tcx_ingress@d0 p1
as u detach tcx_ingress@d0 flags 0x40
query tcx_ingress@d0
as w detach_link l0
as w dup h0 l0
as u close h0
as u detach tcx_ingress@d0
as u fill tcx_ingress@d0 2
query tcx_ingress@d0 count 1
query tcx_ingress@d0 count 4294967295
query tcx_ingress@d0 without prog_ids
query tcx_ingress@d0 without link_ids|prog_flags|link_flags
query tcx_ingress@d0 size 8 query_flags 2
query tcx_ingress@d0 size 28
query tcx_ingress@d0 size 48
query tcx_ingress@d0 size 4096
query tcx_ingress@d0 size 72 garbage
as u query tcx_ingress@d0 size 2048 garbage

mprogcheck 1
netdev d0, d2
load q0 sched_cls
attach tcx_ingress@d2 q0
close q0
open h0 prog id(q0)
detach tcx_ingress@d2 h0
close h0
open h1 prog id(q0)
load q0 sched_cls
link l3 tcx_ingress@d2 q0
dup h2 l3
close l3
update h2 q0
close q0
close h2

mprogcheck 1
netdev d0
prog p0 sched_cls returns next
attach tcx_ingress@d0 p0
attach tcx_egress@d0 p0
close p0

mprogcheck 1
netdev d0, d1
prog p0, p1 sched_cls returns next
prog p2 sched_cls returns pass
prog p3 sched_cls returns drop
prog p4 sched_cls returns redirect
prog p5 sched_cls returns unknown
run tcx_ingress@d0
attach tcx_ingress@d0 p0
link l0 tcx_ingress@d0 p1 before
run tcx_ingress@d0
attach tcx_ingress@d0 p2
run tcx_ingress@d0
attach tcx_ingress@d0 p3 replace p2
run tcx_ingress@d0
update l0 p4
run tcx_ingress@d0
update l0 p5
run tcx_ingress@d0
run tcx_egress@d0
link l1 tcx_egress@d0 p3
attach tcx_egress@d0 p0 before
run tcx_egress@d0
update l1 p4
run tcx_egress@d0
update l1 p5
run tcx_egress@d0
load q0 returns pass
attach tcx_egress@d0 q0 before
close q0
run tcx_egress@d0
run tcx_egress@d1
fill tcx_ingress@d1 63
run tcx_ingress@d1
run tcx_ingress@d2
run tcx_egress@0
)";

/// Devices, qdiscs and pins.
constexpr std::string_view lifetimes = R"(mprogcheck 1
netdev d0
prog p0 sched_cls returns next
caller u uid 1000
as u remove d0
as u make d0
as u make d1
as u move d0 away
as u move d3 home
as u qdisc d0 clsact
as u qdisc d0 none
as u remove d2
pin b0 p0
as u pin b0 p0
as u pin b1 p0
as u pin b1 fd 900
as u get h0 b0
as u get h0 b1
as u unpin b0
as u unpin b1
attach tcx_ingress@d0 p0
as u run tcx_ingress@d0
as u run tcx_egress@d0
as u run tcx_egress@d1

mprogcheck 1
netdev d0, d1
prog p0 sched_cls returns drop
attach tcx_ingress@d0 p0
link l0 tcx_egress@d0 p0
run tcx_ingress@d0
move d0 away
run tcx_ingress@d0
run tcx_egress@d0
move d0 home
run tcx_ingress@d0
run tcx_egress@d0
detach_link l0
run tcx_egress@d0
remove d0
run tcx_ingress@d0
make d0
run tcx_ingress@d0
run tcx_egress@d0
attach tcx_egress@d0 p0
run tcx_egress@d0
qdisc d0 clsact
run tcx_ingress@d0
run tcx_egress@d0
make d2
run tcx_ingress@d2

mprogcheck 1
netdev d0, d1
prog p0..p3 sched_cls returns next
load q0
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 q0
close q0
link l0 tcx_ingress@d0 p1
link l1 tcx_egress@d0 p1
attach tcx_ingress@d1 p0
remove d0
attach tcx_ingress@d0 p0
update l0 p2
detach_link l0
open h0 link id(l1)
open h1 prog id(q0)
remove d0
move d0 away
qdisc d0 clsact
make d1
make d0
attach tcx_ingress@d0 p0
query tcx_ingress@d0
close l0
make d3
attach tcx_ingress@d3 p0
remove d2
make d2
remove d3

mprogcheck 1
netdev d0
prog p0..p3 sched_cls returns next
qdisc d0 none
qdisc d0 clsact
qdisc d0 clsact
query tcx_ingress@d0
detach tcx_ingress@d0
detach tcx_ingress@d0 revision 7
attach tcx_ingress@d0 p0
detach tcx_ingress@d0 p0
query tcx_ingress@d0
detach tcx_ingress@d0
detach tcx_ingress@d0 flags replace
link l0 tcx_egress@d0 p0
close l0
query tcx_egress@d0
attach tcx_ingress@d0 p0 revision now
qdisc d0 ingress
query tcx_egress@d0
query tcx_ingress@d0
qdisc d0 clsact
qdisc d0 none
query tcx_ingress@d0
detach tcx_ingress@d0
query tcx_ingress@d0
attach tcx_egress@d0 p0
qdisc d0 ingress
attach tcx_ingress@d0 p1
attach tcx_ingress@d0 p2
detach tcx_ingress@d0
detach tcx_ingress@d0
qdisc d0 none
query tcx_ingress@d0

mprogcheck 1
netdev d0, d1
prog p0..p3 sched_cls returns next
attach tcx_ingress@d0 p0
link l0 tcx_ingress@d0 p1
link l1 tcx_egress@d0 p1
move d0 away
move d0 away
attach tcx_ingress@d0 p2
query tcx_ingress@d0
remove d0
make d0
update l0 p2
detach_link l0
close l1
move d0 home
move d0 home
query tcx_ingress@d0
attach tcx_ingress@d0 p1
qdisc d0 clsact
attach tcx_egress@d0 p1
detach tcx_egress@d0
move d0 away
link l2 tcx_ingress@d1 p0
move d0 home
query tcx_egress@d0
move d0 away

mprogcheck 1
netdev d0
prog p0..p3 sched_cls returns next
load q0
pin b0 q0
pin b0 p0
pin b0 q1
pin b1 fd 0
pin b1 fd 900
close q0
get h0 b0
get h1 b1
attach tcx_ingress@d0 h0
close h0
unpin b0
unpin b0
link l0 tcx_ingress@d0 p1
pin b0 l0
pin b1 l0
close l0
open h2 link id(l0)
close h2
unpin b1
get h0 b0
detach_link h0
close h0
link l1 tcx_ingress@d0 p2
pin b2 l1
close l1
unpin b0
unpin b2
load q3
pin b5 q3
close q3
unpin b5
open h3 prog id(q3)
pin b6 p0
next_id prog id 0
next_id prog id(p1)
next_id link id 0
next_id prog id(h3)

# At the end the link's last holder is its pin: what stands behind it can be detached when it has gone.
mprogcheck 1
netdev d0
prog p0, p1 sched_cls returns next
attach tcx_ingress@d0 p1
link l0 tcx_ingress@d0 p0 before
pin b0 l0
close l0
)";

}  // namespace

bool kills(const Job& job) {
  model::World world = world_of(job);
  return std::ranges::any_of(job.sequence.operations, [&world](const model::Operation& operation) {
    return world.apply(operation).rule == model::Rule::relative_no_program;
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
      const auto expected = model::answer_to(*query, world.list(*world.list_at(query->site)), world.quirks());
      if (observed.revision != expected.revision || observed.count != expected.count ||
          (observed.breach != 0) != expected.beyond_attr ||
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
      const auto& list = world.list(view.list);
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

std::vector<Job> jobs_of(std::string_view text, Depth depth, model::Quirks quirks) {
  const auto parsed = model::parse_all(text);
  std::vector<Job> jobs;
  if (!parsed) {
    ADD_FAILURE() << parsed.error().to_string("agreement.cpp");
    return jobs;
  }
  for (const auto& sequence : *parsed) {
    Job job;
    job.sequence = sequence;
    job.quirks = quirks;
    job.depth = depth;
    jobs.push_back(job);
  }
  return jobs;
}

}  // namespace

std::vector<Job> hand_made(Depth depth, model::Quirks quirks) {
  auto jobs = jobs_of(sequences, depth, quirks);
  for (Job& job : jobs_of(objects, depth, quirks)) jobs.push_back(std::move(job));
  return jobs;
}

std::vector<Job> hand_made_lifetimes(Depth depth, model::Quirks quirks) {
  auto jobs = jobs_of(lifetimes, depth, quirks);
  for (Job& job : jobs_of(pinned_objects, depth, quirks)) jobs.push_back(std::move(job));
  return jobs;
}

}  // namespace mprogcheck::testing
