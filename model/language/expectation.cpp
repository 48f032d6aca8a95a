// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/expectation.hpp"

#include <algorithm>

#include "model/language/print.hpp"
#include "model/touched.hpp"

namespace mprogcheck::model {

namespace {

/// Fillers whose numbers follow each other are written as a range: f0..f61.
bool goes_on(Name name, Name next) {
  return name.letter() == 'f' && next.letter() == 'f' && next.slot == name.slot + 1;
}

std::string print_entry(const NamedEntry& entry) {
  return entry.link ? print(*entry.link) + "(" + print(entry.program) + ")" : print(entry.program);
}

std::string print_entries(std::span<const NamedEntry> entries) {
  std::string text;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    text += " " + print_entry(entries[i]);
    const std::size_t first = i;
    while (i + 1 < entries.size() && !entries[i].link && !entries[i + 1].link &&
           goes_on(entries[i].program, entries[i + 1].program))
      ++i;
    if (i != first) text += ".." + print(entries[i].program);
  }
  return entries.empty() ? " empty" : text;
}

std::string print_names(std::span<const Name> names) {
  std::vector<NamedEntry> entries;
  for (const Name name : names) entries.push_back({std::nullopt, name});
  return names.empty() ? " nothing" : print_entries(entries);
}

/// The entry as the model has it; one that a name denotes nothing for is in no list.
Entry entry_of(const World& world, const NamedEntry& named) {
  Entry entry;
  entry.program = world.denoted_by_id(Argument::of(named.program), ObjectKind::program).value_or(no_program);
  if (named.link) entry.link = world.denoted_by_id(Argument::of(*named.link), ObjectKind::link).value_or(no_link);
  return entry;
}

std::optional<NamedEntry> named(const World& world, const Entry& entry) {
  const auto program = name_of_object(world, ObjectKind::program, entry.program);
  const auto link = entry.link == no_link ? std::optional<Name>() : name_of_object(world, ObjectKind::link, entry.link);
  if (!program || (entry.link != no_link && !link)) return std::nullopt;
  return NamedEntry{link, *program};
}

const Observed::List* list_of_site(const Observed& observed, const Site& site) {
  const auto found = std::ranges::find(observed.lists, site, &Observed::List::site);
  return found == observed.lists.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Name> name_of_object(const World& world, ObjectKind kind, std::uint8_t object) {
  for (unsigned slot = 0; slot < Name::slots; ++slot) {
    const Name name{static_cast<std::uint8_t>(slot)};
    const Handle& handle = world.handle(name);
    if (handle.last == object && handle.last_kind == kind) return name;
  }
  return std::nullopt;
}

std::string print_entries(const World& world, std::span<const Entry> entries) {
  std::string text;
  std::vector<NamedEntry> run;
  const auto flush = [&] {
    if (!run.empty()) text += print_entries(run);
    run.clear();
  };
  for (const Entry& entry : entries) {
    if (const auto known = named(world, entry)) {
      run.push_back(*known);
      continue;
    }
    flush();
    const auto program = name_of_object(world, ObjectKind::program, entry.program);
    const std::string shown = program ? print(*program) : "#" + std::to_string(entry.program);
    text += entry.link == no_link ? " " + shown : " #" + std::to_string(entry.link) + "(" + shown + ")";
  }
  flush();
  return text.empty() ? "empty" : text.substr(1);
}

std::string print(const Expectation& expectation, const Operation& operation) {
  std::string text = "=> " + to_string(expectation.outcome);
  if (expectation.rule) text += " by " + std::string(name_of(*expectation.rule));
  const auto own = site_of(operation);
  for (const ExpectedList& list : expectation.lists) {
    const bool alone = list.site == own && expectation.lists.size() == 1;
    if (!alone || list.entries) text += alone ? " list" : " list " + print(list.site);
    if (list.entries) text += print_entries(*list.entries);
    if (list.revision) text += " revision " + std::to_string(*list.revision);
  }
  if (expectation.ran) text += " ran" + print_names(*expectation.ran);
  if (expectation.packet) text += " packet " + std::string(name_of(*expectation.packet));
  if (expectation.object) text += " object " + print(*expectation.object);
  return text;
}

Observed observed_of_model(const World& /*before*/, const Operation& operation, const Verdict& verdict,
                           const World& after) {
  Observed observed{.outcome = verdict.outcome, .rule = verdict.rule};
  for (ListIndex list = 0; list < after.sites().size(); ++list) {
    const OrderedList shown = after.shown(list);
    const auto entries = shown.entries();
    observed.lists.push_back(
        {.site = after.sites()[list], .entries = {entries.begin(), entries.end()}, .revision = shown.revision});
  }
  if (const auto* packet = std::get_if<SendPacket>(&operation)) {
    observed.packet = fate_of(verdict.rule);
    observed.ran.emplace();
    if (after.list_at(packet->site)) {
      const Passage way = passage(after, packet->site);
      observed.ran->assign(way.ran().begin(), way.ran().end());
    }
  }
  if (const auto* next = std::get_if<NextId>(&operation); next != nullptr && verdict.outcome.ok())
    observed.object = Found{next->kind, after.next_id(next->kind, next->id).value_or(0xff)};
  return observed;
}

std::vector<Mismatch> mismatches(const Expectation& expectation, const World& after, const Observed& observed) {
  std::vector<Mismatch> all;
  if (expectation.outcome != observed.outcome)
    all.push_back({"outcome", to_string(expectation.outcome), to_string(observed.outcome)});
  if (expectation.rule && observed.rule && *expectation.rule != *observed.rule)
    all.push_back({"rule", std::string(name_of(*expectation.rule)), std::string(name_of(*observed.rule))});
  for (const ExpectedList& expected : expectation.lists) {
    const auto* const found = list_of_site(observed, expected.site);
    if (found == nullptr) continue;
    if (expected.entries) {
      std::vector<Entry> entries;
      for (const NamedEntry& entry : *expected.entries) entries.push_back(entry_of(after, entry));
      if (!std::ranges::equal(entries, found->entries))
        all.push_back(
            {print(expected.site), print_entries(*expected.entries).substr(1), print_entries(after, found->entries)});
    }
    if (expected.revision && *expected.revision != found->revision)
      all.push_back(
          {"revision of " + print(expected.site), std::to_string(*expected.revision), std::to_string(found->revision)});
  }
  if (expectation.ran && observed.ran) {
    std::vector<Entry> expected, found;
    for (const Name name : *expectation.ran) expected.push_back(entry_of(after, {std::nullopt, name}));
    for (const ProgramIndex program : *observed.ran) found.push_back({program, no_link});
    const auto said = print_names(*expectation.ran).substr(1);
    if (!std::ranges::equal(expected, found))
      all.push_back({"ran", said, found.empty() ? "nothing" : print_entries(after, found)});
  }
  if (expectation.packet && observed.packet != *expectation.packet)
    all.push_back({"packet", std::string(name_of(*expectation.packet)), std::string(name_of(observed.packet))});
  if (expectation.object && observed.object) {
    const Found found = *observed.object;
    const auto name = name_of_object(after, found.kind, found.index);
    if (after.denoted_by_id(Argument::of(*expectation.object), found.kind) != found.index)
      all.push_back({"object", print(*expectation.object), name ? print(*name) : "#" + std::to_string(found.index)});
  }
  return all;
}

Expectation expectation_of_model(const World& before, const Operation& operation, const Verdict& verdict,
                                 const World& after) {
  Expectation all{.outcome = verdict.outcome, .rule = verdict.rule};
  if (!verdict.outcome.ok()) return all;
  if (const auto* packet = std::get_if<SendPacket>(&operation)) {
    all.packet = fate_of(verdict.rule);
    if (!after.list_at(packet->site)) return all;
    std::vector<Name> names;
    const Passage way = passage(after, packet->site);
    for (const ProgramIndex program : way.ran()) {
      const auto name = name_of_object(after, ObjectKind::program, program);
      if (!name) return all;
      names.push_back(*name);
    }
    all.ran = std::move(names);
    return all;
  }
  if (const auto* next = std::get_if<NextId>(&operation)) {
    if (const auto object = before.next_id(next->kind, next->id))
      all.object = name_of_object(before, next->kind, *object);
    return all;
  }
  const ListSet touched = static_cast<ListSet>(touched_lists(before, operation) & existing_lists(after));
  for (ListIndex list = 0; list < after.sites().size(); ++list) {
    const auto* query = std::get_if<Query>(&operation);
    const bool asks_for_list = query != nullptr && (query->query_flags & Query::effective) == 0;
    const bool shown = asks_for_list || !(after.list(list) == before.list(list));
    if (!contains(touched, list) || !shown) continue;
    ExpectedList expected{.site = after.sites()[list]};
    std::vector<NamedEntry> entries;
    const OrderedList told = after.shown(list);
    const auto there = told.entries();
    for (const Entry& entry : there)
      if (const auto known = named(after, entry)) entries.push_back(*known);
    if (entries.size() == there.size()) expected.entries = std::move(entries);
    expected.revision = told.revision;
    all.lists.push_back(std::move(expected));
  }
  return all;
}

}  // namespace mprogcheck::model
