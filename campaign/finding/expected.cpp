// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/expected.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {

namespace {

model::Observed observed_in(const model::Sites& sites, const Run& run, const Step& step,
                            const model::Operation& operation) {
  model::Observed observed{.outcome = step.outcome};
  for (std::uint32_t i = step.first_list; i < step.first_list + step.lists; ++i) {
    const ListView& view = run.lists[i];
    if (!view.outcome.ok()) continue;
    const auto entries = std::span(run.entries).subspan(view.first, view.length);
    observed.lists.push_back(
        {.site = sites[view.list], .entries = {entries.begin(), entries.end()}, .revision = view.revision});
  }
  if (std::holds_alternative<model::SendPacket>(operation)) {
    const auto ran = std::span(run.ran).subspan(step.first_ran, step.ran);
    observed.ran.emplace(ran.begin(), ran.end());
    observed.packet = step.fate;
  }
  if (const auto* next = std::get_if<model::NextId>(&operation); next != nullptr && step.outcome.ok())
    observed.object = model::Found{next->kind, step.next};
  return observed;
}

}  // namespace

std::vector<Disagreement> disagreements(const model::Case& told, const Run& run) {
  std::vector<Disagreement> all;
  model::World world = model::world_of(told.sequence);
  for (std::size_t n = 0; n < told.sequence.operations.size(); ++n) {
    const model::Operation& operation = told.sequence.operations[n];
    const model::World before = world;
    const model::Verdict verdict = world.apply(operation);
    const bool ran = n < run.steps.size();
    if (const auto& expectation = told.expectations[n]) {
      Disagreement found{.operation = n,
                         .model = mismatches(*expectation, world, observed_of_model(before, operation, verdict, world)),
                         .kernel = {}};
      if (ran) found.kernel = mismatches(*expectation, world, observed_in(world.sites(), run, run.steps[n], operation));
      if (!found.model.empty() || !found.kernel.empty()) all.push_back(std::move(found));
    }
    if (ran && run.steps[n].outcome != verdict.outcome) break;
  }
  return all;
}

std::string describe(const std::string& file, const model::Case& told, const std::vector<Disagreement>& all) {
  std::string text;
  for (const Disagreement& one : all) {
    const std::string where = fmt::format("{}:{}: {}", file, told.lines[one.operation],
                                          model::print(told.sequence.operations[one.operation]));
    const auto in = [](const std::vector<model::Mismatch>& mismatches, const model::Mismatch& wanted) {
      return std::ranges::find(mismatches, wanted) != mismatches.end();
    };
    for (const model::Mismatch& by : one.model)
      text += fmt::format("{}: {}: the file expects {}; {} {}\n", where, by.what, by.expected,
                          in(one.kernel, by) ? "model and kernel say" : "the model says", by.found);
    for (const model::Mismatch& by : one.kernel)
      if (!in(one.model, by))
        text += fmt::format("{}: {}: the file expects {}; the kernel says {}\n", where, by.what, by.expected, by.found);
  }
  return text;
}

std::string lacks_of_interface(const model::Case& told, model::Traits traits) {
  const bool asks = told.expects() && std::ranges::any_of(told.sequence.operations, [](const auto& operation) {
                      const auto site = model::site_of(operation);
                      return site && site->target.is_cgroup();
                    });
  std::string names;
  for (unsigned n = 0; asks && n < model::extension_count; ++n)
    if (const auto part = static_cast<model::Extension>(n); traits.lacks(part))
      names.append(names.empty() ? "" : ", ").append(model::name_of(part));
  return names;
}

void leave_to_the_model(std::vector<Disagreement>& all) {
  for (Disagreement& one : all) one.kernel.clear();
  std::erase_if(all, [](const Disagreement& one) { return one.model.empty(); });
}

bool is_unexpected(const std::vector<Disagreement>& all, bool kernel_is_as_predicted) {
  return std::ranges::any_of(all, [&](const Disagreement& one) {
    return !one.model.empty() || (kernel_is_as_predicted && !one.kernel.empty());
  });
}

namespace {

std::vector<std::string> expectations_of_model(const model::Sequence& sequence) {
  std::vector<std::string> all;
  model::World world = model::world_of(sequence);
  for (const model::Operation& operation : sequence.operations) {
    const model::World before = world;
    const model::Verdict verdict = world.apply(operation);
    all.push_back(model::print(expectation_of_model(before, operation, verdict, world), operation));
  }
  return all;
}

}  // namespace

Result<std::size_t> write_expectations(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return tl::unexpected(text.error());
  const auto cases = model::parse_cases(*text);
  if (!cases) return fail(Error::Kind::usage, "{}", cases.error().to_string(file));
  std::size_t operations = 0;
  std::vector<std::vector<std::string>> all;
  for (const model::Case& told : *cases) {
    all.push_back(expectations_of_model(told.sequence));
    operations += all.back().size();
  }
  if (auto written = write_output(file, model::with_expectations(*text, *cases, all)); !written)
    return tl::unexpected(written.error());
  return operations;
}

}  // namespace mprogcheck
