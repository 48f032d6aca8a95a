// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/language/print.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::properties {
namespace {

using model::Entry;
using model::LinkIndex;
using model::ListIndex;
using model::Name;
using model::ProgramIndex;
using model::World;

/// Finds the name by which a reader knows an object: one that denotes it after the step, else one that did before.
class Names {
 public:
  Names(const World& before, const World& after) : worlds_{&after, &before} {}

  [[nodiscard]] std::string of_program(ProgramIndex program) const {
    if (program == model::no_program) return "unknown program";
    if (program < model::filler_program_begin) return model::print(Name::pool(program));
    if (program < model::mortal_program_begin) return model::print(Name::filler(program - model::filler_program_begin));
    if (const auto name = find(model::ObjectKind::program, program)) return model::print(*name);
    if (program >= model::program_count)
      return "the program of " + model::print(Name::object(program - model::program_count));
    return fmt::format("mortal program #{}", program - model::mortal_program_begin);
  }
  [[nodiscard]] std::string of_link(LinkIndex link) const {
    if (link == model::no_link) return "no link";
    if (link == foreign_link) return "unknown link";
    if (const auto name = find(model::ObjectKind::link, link)) return model::print(*name);
    return fmt::format("link #{}", link);
  }
  [[nodiscard]] std::string of_entry(const Entry& entry) const {
    const std::string program = of_program(entry.program);
    return entry.link == model::no_link ? program : fmt::format("{}({})", of_link(entry.link), program);
  }
  [[nodiscard]] std::string of_list(ListIndex list) const {
    if (list == model::no_list) return "detached";
    const model::Sites& sites = worlds_[0]->sites();
    return list < sites.size() ? model::print(sites[list]) : fmt::format("unknown list #{}", list);
  }

 private:
  [[nodiscard]] std::optional<Name> find(model::ObjectKind kind, std::uint8_t object) const {
    for (const World* world : worlds_)
      for (unsigned slot = 0; slot < Name::slots; ++slot) {
        const Name name{static_cast<std::uint8_t>(slot)};
        const model::Handle& handle = world->handle(name);
        if (handle.last == object && handle.last_kind == kind) return name;
      }
    return std::nullopt;
  }
  std::array<const World*, 2> worlds_;
};

/// A table of three columns beside its labels: what it was, what the model says, what was seen. Rows that differ are
/// marked.
class Table {
 public:
  explicit Table(bool with_before) : with_before_(with_before) {}

  void row(std::string label, std::string before, std::string expected, std::string observed) {
    const bool differs = expected != observed;
    rows_.push_back({std::move(label), std::move(before), std::move(expected), std::move(observed), differs});
  }

  [[nodiscard]] std::string print() const {
    Row head{"", with_before_ ? "before" : "", "expected", "observed", false};
    std::array<std::size_t, 3> width{head.label.size(), head.before.size(), head.expected.size()};
    for (const Row& row : rows_) {
      width[0] = std::max(width[0], row.label.size());
      width[1] = std::max(width[1], row.before.size());
      width[2] = std::max(width[2], row.expected.size());
    }
    std::string text;
    const auto line = [&](const Row& row) {
      std::string one = fmt::format("{} {:<{}}  ", row.differs ? ">" : " ", row.label, width[0]);
      if (with_before_) one += fmt::format("{:<{}}  ", row.before, width[1]);
      one += fmt::format("{:<{}}  {}", row.expected, width[2], row.observed);
      one.erase(one.find_last_not_of(' ') + 1);
      text += "  " + one + "\n";
    };
    line(head);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::size_t skip = alike_from(i);
      if (skip > most_alike) {
        text += fmt::format("      … {} more, as expected\n", skip);
        i += skip - 1;
      } else {
        line(rows_[i]);
      }
    }
    return text;
  }

 private:
  struct Row {
    std::string label, before, expected, observed;
    bool differs;
  };
  static constexpr std::size_t most_alike = 6;

  /// How many rows from here on are neither different nor next to one that is. The first two say what the table is
  /// about.
  [[nodiscard]] std::size_t alike_from(std::size_t begin) const {
    std::size_t end = begin;
    const auto dull = [&](std::size_t i) {
      return i > 1 && !rows_[i].differs && !rows_[i - 1].differs && (i + 1 == rows_.size() || !rows_[i + 1].differs);
    };
    while (end < rows_.size() && dull(end)) ++end;
    return end - begin;
  }

  bool with_before_;
  std::vector<Row> rows_;
};

std::string nth_entry(const Names& names, std::span<const Entry> entries, std::size_t i) {
  return i < entries.size() ? names.of_entry(entries[i]) : "-";
}

std::string table_of(const ListDifference& difference, const Names& names) {
  std::string text = fmt::format("\n{}{}:\n", names.of_list(difference.observed.list),
                                 difference.touched ? "" : ", which the operation does not touch");
  if (!difference.observed.outcome.ok())
    return text + fmt::format("    the query failed with {}\n", model::to_string(difference.observed.outcome));
  Table table(true);
  const auto& [touched, before, expected, observed, entries] = difference;
  table.row("revision", std::to_string(before.revision), std::to_string(expected.revision),
            std::to_string(observed.revision));
  table.row("count", std::to_string(before.count), std::to_string(expected.count), std::to_string(observed.count));
  const std::size_t length = std::max({before.entries().size(), expected.entries().size(), entries.size()});
  for (std::size_t i = 0; i < length; ++i)
    table.row(fmt::format("[{}]", i), nth_entry(names, before.entries(), i), nth_entry(names, expected.entries(), i),
              nth_entry(names, entries, i));
  return text + table.print();
}

std::string breach_text(std::uint8_t breach) {
  constexpr std::array<std::string_view, 4> parts{"beyond the attr", "inside the attr", "in or around an array",
                                                  "attach flags"};
  std::string text;
  for (unsigned bit = 0; bit < parts.size(); ++bit)
    if ((breach >> bit & 1U) != 0) text.append(text.empty() ? "" : ", ").append(parts[bit]);
  return text.empty() ? "nothing" : text;
}

std::string table_of(const AnswerDifference& answer, const Names& names) {
  Table table(false);
  table.row("revision", "", std::to_string(answer.revision), std::to_string(answer.observed.revision));
  table.row("count", "", std::to_string(answer.count), std::to_string(answer.observed.count));
  for (std::size_t i = 0; i < std::max(answer.expected.size(), answer.entries.size()); ++i)
    table.row(fmt::format("[{}]", i), "", nth_entry(names, answer.expected, i), nth_entry(names, answer.entries, i));
  table.row("written wrongly", "", breach_text(answer.breach), breach_text(answer.observed.breach));
  return "\nthe answer of the query:\n" + table.print();
}

bool is_a_filler(ProgramIndex program) {
  return program >= model::filler_program_begin && program < model::mortal_program_begin;
}

std::string ended_by(const World& world, ProgramIndex program) {
  // What an oracle saw may be a program that the model has no slot for.
  const auto returns = program < model::program_count ? world.program(program).returns : model::Returns::next;
  return returns == model::Returns::next ? "" : fmt::format(" ({})", model::name_of(returns));
}

std::string table_of(const NextIdDifference& next, const Names& names) {
  const auto of = [&](std::uint8_t object) -> std::string {
    if (object == foreign_object) return "one that should be gone";
    return next.kind == model::ObjectKind::link ? names.of_link(object) : names.of_program(object);
  };
  Table table(false);
  table.row("object", "", of(next.expected), of(next.observed));
  return "\nwhat has the next id:\n" + table.print();
}

std::string table_of(const PassageDifference& passage, const World& world, const Names& names) {
  Table table(false);
  table.row("packet", "", std::string(model::name_of(model::fate_of(passage.expected.rule))),
            std::string(model::name_of(passage.fate)));
  const auto nth = [&](std::span<const ProgramIndex> ran, std::size_t i) {
    return i < ran.size() ? names.of_program(ran[i]) + ended_by(world, ran[i]) : "-";
  };
  const auto expected = passage.expected.ran();
  for (std::size_t i = 0; i < std::max(expected.size(), passage.ran.size()); ++i)
    table.row(fmt::format("[{}]", i), "", nth(expected, i), nth(passage.ran, i));
  return "\nwhat the packet met:\n" + table.print();
}

std::string references(std::uint16_t count) {
  return count == unknown_references ? "?" : std::to_string(count);
}

std::string table_of(const Divergence& divergence, const Names& names) {
  Table table(false);
  for (const auto& [expected, observed] : divergence.links) {
    const std::string label = names.of_link(observed.link);
    table.row(label, "", expected.alive ? "alive" : "gone", observed.alive ? "alive" : "gone");
    if (!expected.alive || !observed.alive) continue;
    if (!observed.outcome.ok()) {
      table.row(label + " info", "", model::to_string(model::success), model::to_string(observed.outcome));
      continue;
    }
    table.row(label + " program", "", names.of_program(expected.program), names.of_program(observed.program));
    table.row(label + " attached to", "", names.of_list(expected.list), names.of_list(observed.list));
    if (observed.references != unknown_references)
      table.row(label + " references", "", references(expected.references), references(observed.references));
  }
  for (const auto& [expected, observed] : divergence.programs) {
    const std::string label = names.of_program(observed.program);
    table.row(label, "", expected.alive ? "alive" : "gone", observed.alive ? "alive" : "gone");
    if (expected.alive && observed.alive)
      table.row(label + " references", "", references(expected.references), references(observed.references));
  }
  return table.print();
}

std::string_view how_it_ended(Run::Ending ending) {
  switch (ending) {
    case Run::Ending::complete:
      return "";
    case Run::Ending::unclean:
      return "the world could not be emptied after the sequence: ";
    case Run::Ending::splat:
      return "the kernel log shows: ";
    case Run::Ending::hung:
      return "the guest hung: ";
    case Run::Ending::lost:
      return "the guest was lost: ";
  }
  return "";
}

std::string others(const Divergence& divergence) {
  std::string text;
  for (unsigned i = 0; i < property_count; ++i) {
    const auto property = static_cast<Property>(i);
    if (property == divergence.primary || !divergence.broken.contains(property)) continue;
    text += fmt::format("also      {}: {}\n", name_of(property), text_of(property).says);
  }
  return text;
}

}  // namespace

std::string describe(const World& world, const model::OrderedList& list) {
  const auto is_filler = [](const Entry& entry) { return entry.link == model::no_link && is_a_filler(entry.program); };
  const Names names(world, world);
  const auto entries = list.entries();
  std::string text = fmt::format("revision {}:", list.revision);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    text += (i == 0 ? " " : ", ") + names.of_entry(entries[i]);
    // Fillers in a row are written as a range.
    const std::size_t first = i;
    while (i + 1 < entries.size() && is_filler(entries[i]) && is_filler(entries[i + 1]) &&
           entries[i + 1].program == entries[i].program + 1)
      ++i;
    if (i != first) text += ".." + names.of_entry(entries[i]);
  }
  return list.empty() ? text + " empty" : text;
}

std::string describe(const World& world, model::Fate fate, std::span<const ProgramIndex> ran) {
  const Names names(world, world);
  std::string text = ran.empty() ? "ran nothing" : "ran";
  for (std::size_t i = 0; i < ran.size(); ++i) {
    text += " " + names.of_program(ran[i]);
    const std::size_t first = i;
    while (i + 1 < ran.size() && is_a_filler(ran[i]) && ran[i + 1] == ran[i] + 1 && is_a_filler(ran[i + 1])) ++i;
    if (i != first) text += ".." + names.of_program(ran[i]);
  }
  if (!ran.empty()) text += ended_by(world, ran.back());
  return text + (fate == model::Fate::none ? "; no packet was sent" : fmt::format("; packet {}", model::name_of(fate)));
}

std::string describe_objects(const World& before, const World& after, const Divergence& divergence) {
  if (divergence.links.empty() && divergence.programs.empty()) return {};
  return table_of(divergence, Names(before, after));
}

std::string summary(const Divergence& divergence) {
  std::string text = fmt::format("{}: {}", name_of(divergence.primary), model::print(divergence.operation));
  if (divergence.ending != Run::Ending::complete && divergence.lists.empty() &&
      divergence.observed == divergence.verdict.outcome)
    return text + fmt::format(": {}{}", how_it_ended(divergence.ending), divergence.note);
  if (divergence.observed != divergence.verdict.outcome)
    return text + fmt::format(": expected {}, observed {}", model::to_string(divergence.verdict.outcome),
                              model::to_string(divergence.observed));
  if (divergence.passage) {
    const auto expected = model::fate_of(divergence.passage->expected.rule);
    if (expected != divergence.passage->fate)
      return text + fmt::format(": expected the packet {}, observed it {}", model::name_of(expected),
                                model::name_of(divergence.passage->fate));
    return text + fmt::format(": packet {} as expected, but it met other programs", model::name_of(expected));
  }
  if (divergence.next) return text + ": another object has the next id";
  return text + fmt::format(": {} as expected, but not what it left behind", model::to_string(divergence.observed));
}

std::string describe(const model::Sequence& sequence, const Divergence& divergence, model::Traits traits) {
  World before = world_of(sequence, traits);
  std::vector<std::array<std::string, 2>> steps;
  std::size_t width = 0;
  const std::size_t count = std::min(divergence.step, sequence.operations.size());
  for (std::size_t i = 0; i < count; ++i) {
    const model::Operation& operation = sequence.operations[i];
    steps.push_back({model::print(operation), model::to_string(before.apply(operation).outcome)});
    width = std::max(width, steps.back()[0].size());
  }
  width = std::clamp<std::size_t>(width, model::print(divergence.operation).size(), 90);
  World after = before;
  after.commit(divergence.verdict.edit);
  const Names names(before, after);

  std::string text = fmt::format("broken    {}: {}\n", name_of(divergence.primary), text_of(divergence.primary).says);
  text += others(divergence);
  if (divergence.ending != Run::Ending::complete)
    text += fmt::format("ended     {}{}\n", how_it_ended(divergence.ending), divergence.note);

  text += fmt::format("\nstep {} of {}:\n", divergence.step + 1, sequence.operations.size());
  std::string declarations = model::print(model::Sequence{sequence.declarations, {}});
  for (std::size_t begin = declarations.find('\n') + 1; begin < declarations.size();) {
    const std::size_t end = std::min(declarations.find('\n', begin), declarations.size());
    if (end > begin) text += fmt::format("        {}\n", std::string_view(declarations).substr(begin, end - begin));
    begin = end + 1;
  }
  for (std::size_t i = 0; i < steps.size(); ++i)
    text += fmt::format("  {:>4}  {:<{}}  {}\n", i + 1, steps[i][0], width, steps[i][1]);
  text += fmt::format("> {:>4}  {:<{}}  {}\n", divergence.step + 1, model::print(divergence.operation), width,
                      model::to_string(divergence.observed));

  text += fmt::format("\nexpected  {}\n", model::to_string(divergence.verdict.outcome));
  text += fmt::format("observed  {}\n", model::to_string(divergence.observed));
  text += fmt::format("rule      {}: {}\n", model::name_of(divergence.verdict.rule),
                      model::text_of(divergence.verdict.rule).says);
  for (const ListDifference& list : divergence.lists) text += table_of(list, names);
  if (divergence.answer) text += table_of(*divergence.answer, names);
  if (divergence.passage) text += table_of(*divergence.passage, before, names);
  if (divergence.next) text += table_of(*divergence.next, names);
  if (!divergence.links.empty() || !divergence.programs.empty()) text += "\nobjects:\n" + table_of(divergence, names);
  return text;
}

}  // namespace mprogcheck::properties
