// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/campaign_folder.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "campaign/journal.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

constexpr int state_schema = 2;

nlohmann::ordered_json to_json(const std::vector<CountedFinding>& findings) {
  auto all = nlohmann::ordered_json::array();
  for (const CountedFinding& finding : findings)
    all.push_back({{"folder", finding.folder},
                   {"number", finding.number},
                   {"hits", finding.hits},
                   {"fingerprints", finding.fingerprints}});
  return all;
}

nlohmann::ordered_json to_json(const CampaignState& state) {
  const Progress& progress = state.progress;
  return {{"schema", state_schema},
          {"start", state.start},
          {"kernel", state.kernel},
          {"release", state.identity.release},
          {"image", state.identity.image},
          {"seed", state.seed},
          {"shard", state.shard},
          {"hooks", state.hooks},
          {"generator", state.generator},
          {"finished", state.finished},
          {"next", state.next},
          {"sequences", progress.sequences},
          {"operations", progress.operations},
          {"unjudged", progress.unjudged},
          {"seconds", progress.seconds},
          {"canaries", {{"planted", progress.canaries.planted}, {"caught", progress.canaries.caught}}},
          {"findings", to_json(state.findings)},
          {"numbers", state.numbers},
          {"known_hits", state.known_hits},
          {"calls", state.calls},
          {"knows_calls", state.knows_calls}};
}

/// What no state says that was written by us.
bool contradicts_itself(const CampaignState& state) {
  std::set<std::string> folders;
  std::set<std::uint64_t> numbers;
  for (const CountedFinding& finding : state.findings) {
    const fs::path name(finding.folder);
    if (finding.number >= state.numbers || !numbers.insert(finding.number).second ||
        !folders.insert(finding.folder).second || name.empty() || name != name.filename() || finding.folder == "." ||
        finding.folder == "..")
      return true;
  }
  const Progress& progress = state.progress;
  // What was judged behind a batch that was not run does not count while there is a next start.
  return state.start.empty() || progress.canaries.caught > progress.canaries.planted ||
         (!state.finished && state.next != progress.sequences);
}

Result<CampaignState> read_state(const std::string& text) {
  const auto json = unseal(text);
  if (!json) return tl::unexpected(json.error());
  const auto torn = fail(Error::Kind::usage, "of an earlier mprogcheck, or none of its states");
  try {  // the library's only way to say that a key is missing or of another type
    if (json->at("schema").get<int>() != state_schema) return torn;
    CampaignState state;
    json->at("start").get_to(state.start);
    json->at("kernel").get_to(state.kernel);
    json->at("release").get_to(state.identity.release);
    json->at("image").get_to(state.identity.image);
    json->at("seed").get_to(state.seed);
    json->at("shard").get_to(state.shard);
    json->at("hooks").get_to(state.hooks);
    json->at("generator").get_to(state.generator);
    json->at("finished").get_to(state.finished);
    json->at("next").get_to(state.next);
    json->at("sequences").get_to(state.progress.sequences);
    json->at("operations").get_to(state.progress.operations);
    json->at("unjudged").get_to(state.progress.unjudged);
    json->at("seconds").get_to(state.progress.seconds);
    json->at("canaries").at("planted").get_to(state.progress.canaries.planted);
    json->at("canaries").at("caught").get_to(state.progress.canaries.caught);
    for (const auto& one : json->at("findings"))
      state.findings.push_back({.folder = one.at("folder"),
                                .number = one.at("number"),
                                .hits = one.at("hits"),
                                .fingerprints = one.at("fingerprints")});
    json->at("numbers").get_to(state.numbers);
    json->at("known_hits").get_to(state.known_hits);
    state.knows_calls = json->contains("calls") && json->at("knows_calls").get<bool>();
    if (json->contains("calls")) json->at("calls").get_to(state.calls);
    if (contradicts_itself(state)) return fail(Error::Kind::usage, "damaged: it contradicts itself");
    return state;
  } catch (const nlohmann::json::exception&) {
    return torn;
  }
}

/// Those that set_aside() made. Whatever else is there is none of ours.
std::set<unsigned> numbered_folders(const fs::path& earlier) {
  std::set<unsigned> numbers;
  std::error_code error;
  for (fs::directory_iterator entry(earlier, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    unsigned number = 0;
    const auto [rest, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failed == std::errc() && number != 0 && number < ~0U && name == std::to_string(number)) numbers.insert(number);
  }
  return numbers;
}

}  // namespace

bool CampaignState::is_same_campaign(const CampaignState& other) const {
  return kernel == other.kernel && seed == other.seed && shard == other.shard && hooks == other.hooks &&
         generator == other.generator;
}

Result<CampaignFolder> CampaignFolder::open(const fs::path& path) {
  auto lock = FolderLock::take(path);
  if (!lock) return tl::unexpected(lock.error());
  std::error_code error;
  fs::create_directories(path / "findings", error);
  if (error)
    return fail("{}: cannot be made: {}; choose another folder with --out", (path / "findings").string(),
                error.message());
  return CampaignFolder(path, std::move(*lock));
}

fs::path CampaignFolder::state_file(const std::string& kernel) const {
  return path_ / fmt::format("state-{:08x}.json", static_cast<std::uint32_t>(Digest().add(kernel).value()));
}

std::optional<LastCampaign> CampaignFolder::last(const std::string& kernel, const Note& note) const {
  const fs::path file = state_file(kernel);
  std::error_code error;
  if (fs::symlink_status(file, error).type() == fs::file_type::not_found) return std::nullopt;
  const auto begun_anew = [&](std::string_view why) {
    note(fmt::format("{}; the campaign that was not finished here cannot be gone on with: this is a new one", why));
    return std::nullopt;
  };
  const auto text = read_file(file);
  if (!text) return begun_anew(text.error().message);
  auto state = read_state(*text);
  if (!state) return begun_anew(fmt::format("{}: {}", file.string(), state.error().message));
  if (state->kernel != kernel)
    return begun_anew(
        fmt::format("{}: expected the campaign on {}, found that on {}", file.string(), kernel, state->kernel));
  if (state->finished) return std::nullopt;
  auto last = with_findings(std::move(*state), note);
  if (!last) return begun_anew(last.error().message);
  return std::move(*last);
}

Result<void> CampaignFolder::write(const CampaignState& state) const {
  return write_file(state_file(state.kernel), seal(to_json(state)), state.finished);
}

std::vector<fs::path> CampaignFolder::finding_folders() const {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(findings(), error), end; !error && entry != end; entry.increment(error))
    if (entry->is_directory()) folders.push_back(entry->path());
  std::ranges::sort(folders);
  return folders;
}

Result<LastCampaign> CampaignFolder::with_findings(CampaignState state, const Note& note) const {
  LastCampaign last{.state = std::move(state), .findings = {}, .others = {}};
  std::map<std::string, Finding> own;
  for (const fs::path& folder : finding_folders()) {
    auto finding = load_finding(folder);
    const std::string name = folder.filename().string();
    if (finding && finding->origin.start == last.state.start)
      own.emplace(name, std::move(*finding));
    else if (std::ranges::find(last.state.findings, name, &CountedFinding::folder) != last.state.findings.end())
      return finding ? fail(Error::Kind::usage, "{}: expected a finding of this campaign, found that of another one",
                            folder.string())
                     : tl::unexpected(finding.error());
    else if (!finding)
      note(fmt::format("{}: it stays as it is", finding.error().message));
  }
  for (const CountedFinding& counted : last.state.findings) {
    const auto found = own.find(counted.folder);
    const bool is_there = found != own.end();
    if (!is_there || found->second.number != counted.number)
      return fail(Error::Kind::usage, "{}: expected finding {} of {} of this campaign, found {}",
                  (findings() / counted.folder).string(), counted.number + 1, last.state.findings.size(),
                  is_there ? "another one" : "nothing");
    found->second.hits = counted.hits;
    last.findings.push_back(std::move(found->second));
    own.erase(found);
  }
  for (auto& [name, finding] : own) last.others.push_back(std::move(finding));
  std::ranges::stable_sort(last.others, {},
                           [](const Finding& finding) { return std::pair(finding.number, finding.origin.index); });
  for (auto* const list : {&last.findings, &last.others})
    for (Finding& finding : *list) {
      if (shows_its_sequences(finding)) continue;
      if (auto saved = save(finding, findings()); !saved) return tl::unexpected(saved.error());
      note(fmt::format("{}: its sequences were not what was found; they are written again", finding.folder.string()));
    }
  return last;
}

Result<void> CampaignFolder::set_aside(std::string_view verb, const std::string& kernel, const Note& note) const {
  std::vector<fs::path> old;
  for (const fs::path& folder : finding_folders()) {
    const auto finding = load_finding(folder);
    if (!finding || (finding->origin.campaign == kernel && finding->origin.start.starts_with(verb)))
      old.push_back(folder);
  }
  if (old.empty()) return {};
  const fs::path earlier = path_ / "earlier";
  std::error_code error;
  std::set<unsigned> numbers = numbered_folders(earlier);
  const unsigned number = numbers.empty() ? 1 : *numbers.rbegin() + 1;
  const fs::path to = earlier / std::to_string(number);
  fs::create_directories(to, error);
  for (const fs::path& folder : old)
    if (!error) fs::rename(folder, to / folder.filename(), error);
  if (error)
    return fail("{}: cannot be made, or filled with earlier findings: {}; choose another folder with --out",
                to.string(), error.message());
  note(fmt::format("{} {} of earlier starts {} now in {}", old.size(), old.size() == 1 ? "finding" : "findings",
                   old.size() == 1 ? "is" : "are", to.string()));
  for (numbers.insert(number); numbers.size() > most_earlier; numbers.erase(numbers.begin())) {
    const fs::path oldest = earlier / std::to_string(*numbers.begin());
    fs::remove_all(oldest, error);
    note(error ? fmt::format("{}: cannot be removed: {}; the last {} are kept", oldest.string(), error.message(),
                             most_earlier)
               : fmt::format("{} is removed: the last {} are kept", oldest.string(), most_earlier));
  }
  return {};
}

}  // namespace mprogcheck
