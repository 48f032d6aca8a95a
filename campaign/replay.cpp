// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/finding.hpp"
#include "campaign/one_run.hpp"
#include "model/parse.hpp"
#include "model/print.hpp"
#include "model/touched.hpp"
#include "properties/describe.hpp"

namespace mprogcheck {

namespace {

class KeepingSink final : public RunSink {
 public:
  void take(std::size_t /*job*/, Run& run) override { run_ = std::move(run); }
  Run& run() { return run_; }

 private:
  Run run_;
};

}  // namespace

Result<std::vector<NamedSequence>> read_sequences(const std::vector<std::string>& files) {
  std::vector<NamedSequence> all;
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (!text) return tl::unexpected(text.error());
    auto sequences = model::parse_all(*text);
    if (!sequences) return fail(Error::Kind::usage, "{}", sequences.error().to_string(file));
    for (std::size_t i = 0; i < sequences->size(); ++i)
      all.push_back({sequences->size() == 1 ? file : fmt::format("{}#{}", file, i + 1), std::move((*sequences)[i])});
  }
  return all;
}

Result<Replay> replay(const model::Sequence& sequence, Oracle& oracle, const Known& known) {
  const auto run_with = [&](model::Quirks quirks) -> Result<Replay> {
    const Job job{.sequence = sequence, .quirks = quirks, .depth = Depth::deep};
    KeepingSink sink;
    if (auto ran = oracle.run({&job, 1}, sink); !ran) return tl::unexpected(ran.error());
    Replay result{.verdict = Replay::Verdict::held,
                  .judgement = properties::judge(job, sink.run()),
                  .run = std::move(sink.run()),
                  .quirks = quirks};
    if (!result.judgement.malformed.empty()) return malformed_run(result.judgement);
    if (result.judgement.divergence) result.verdict = Replay::Verdict::differs;
    return result;
  };
  auto followed = run_with(known.quirks);
  if (!followed) return followed;
  if (const auto& divergence = followed->judgement.divergence) {
    if (known.that_is(sequence, *divergence)) followed->verdict = Replay::Verdict::known;
    return followed;
  }
  if (known.quirks == model::Quirks{}) return followed;
  auto plain = run_with({});
  if (!plain || !plain->judgement.divergence) return plain;
  plain->verdict = Replay::Verdict::known;
  return plain;
}

std::string step_by_step(const model::Sequence& sequence, const Replay& replay) {
  const auto& divergence = replay.judgement.divergence;
  model::World world(sequence.declarations, replay.quirks);
  std::string text;
  for (std::size_t i = 0; i < sequence.operations.size() && i < replay.run.steps.size(); ++i) {
    const auto& operation = sequence.operations[i];
    const model::ListSet touched = model::touched_lists(world, operation);
    const model::Verdict verdict = world.apply(operation);
    const model::Outcome observed = replay.run.steps[i].outcome;
    const Step& step = replay.run.steps[i];
    const bool differs = divergence && divergence->step == i;
    text += fmt::format("{:4}  {}\n", i + 1, model::print(operation));
    text += fmt::format("      model  {:<9} {}: {}\n", model::to_string(verdict.outcome), model::name_of(verdict.rule),
                        model::text_of(verdict.rule).says);
    text += fmt::format("      kernel {:<9} {}\n", model::to_string(observed), differs ? "DIFFERS" : "as predicted");
    if (step.fate != model::Fate::none)
      text += fmt::format(
          "      {}\n",
          properties::describe(world, step.fate, std::span(replay.run.ran).subspan(step.first_ran, step.ran)));
    for (model::ListIndex list = 0; list < model::list_count; ++list)
      if (model::contains(touched, list))
        text += fmt::format("      {} {}\n", model::print(model::site_of_list(list)),
                            properties::describe(world, world.list(list)));
    if (differs) break;
  }
  if (divergence) text += "\n" + properties::describe(sequence, *divergence, replay.quirks);
  return text;
}

}  // namespace mprogcheck
