// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay/replay_json.hpp"

#include <nlohmann/json.hpp>
#include <span>

#include "model/language/expectation.hpp"
#include "model/language/print.hpp"
#include "model/touched.hpp"

namespace mprogcheck {

using json = nlohmann::ordered_json;

json steps_to_json(const model::Sequence& sequence, const Replay& replay) {
  const Run& run = replay.followed ? replay.followed->run : replay.run;
  model::World world = model::world_of(sequence, replay.followed ? replay.followed->traits : replay.traits);
  json steps = json::array();
  for (std::size_t n = 0; n < sequence.operations.size() && n < run.steps.size(); ++n) {
    const model::Operation& operation = sequence.operations[n];
    const model::ListSet touched = model::touched_lists(world, operation);
    const model::Verdict verdict = world.apply(operation);
    const Step& step = run.steps[n];
    json one = {{"operation", model::print(operation)},
                {"model", {{"outcome", model::to_string(verdict.outcome)}, {"rule", model::name_of(verdict.rule)}}},
                {"kernel", {{"outcome", model::to_string(step.outcome)}}}};
    json lists = json::array();
    for (std::uint32_t i = step.first_list; i < step.first_list + step.lists; ++i) {
      const ListView& view = run.lists[i];
      if (!model::contains(touched, view.list) || !view.outcome.ok()) continue;
      lists.push_back(
          {{"site", model::print(world.sites()[view.list])},
           {"revision", view.revision},
           {"count", view.count},
           {"entries", model::print_entries(world, std::span(run.entries).subspan(view.first, view.length))}});
    }
    if (!lists.empty()) one["lists"] = std::move(lists);
    if (step.fate != model::Fate::none) {
      std::vector<model::Entry> ran;
      for (std::uint32_t i = step.first_ran; i < step.first_ran + step.ran; ++i)
        ran.push_back({run.ran[i], model::no_link});
      one["ran"] = ran.empty() ? "nothing" : model::print_entries(world, ran);
      one["packet"] = model::name_of(step.fate);
    }
    if (const auto* next = std::get_if<model::NextId>(&operation); next != nullptr && step.next != no_object) {
      const auto name = model::name_of_object(world, next->kind, step.next);
      one["object"] = name ? model::print(*name) : "unknown";
    }
    steps.push_back(std::move(one));
  }
  return steps;
}

json to_json(const model::Case& told, const std::vector<Disagreement>& all) {
  const auto mismatches = [](const std::vector<model::Mismatch>& some) {
    json list = json::array();
    for (const model::Mismatch& one : some)
      list.push_back({{"what", one.what}, {"expected", one.expected}, {"found", one.found}});
    return list;
  };
  json result = json::array();
  for (const Disagreement& one : all)
    result.push_back({{"line", told.lines[one.operation]},
                      {"operation", model::print(told.sequence.operations[one.operation])},
                      {"model", mismatches(one.model)},
                      {"kernel", mismatches(one.kernel)}});
  return result;
}

}  // namespace mprogcheck
