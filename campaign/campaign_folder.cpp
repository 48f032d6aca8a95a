// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/campaign_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/ownership.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

constexpr int state_schema = 1;

nlohmann::ordered_json to_json(const CampaignState& state) {
  const Progress& progress = state.progress;
  return {{"schema", state_schema},
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
          {"findings", state.findings},
          {"known_hits", state.known_hits}};
}

std::optional<CampaignState> read_state(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {  // the library's only way to say that a key is missing or of another type
    if (json.at("schema").get<int>() != state_schema) return std::nullopt;
    CampaignState state;
    json.at("kernel").get_to(state.kernel);
    json.at("release").get_to(state.identity.release);
    json.at("image").get_to(state.identity.image);
    json.at("seed").get_to(state.seed);
    json.at("shard").get_to(state.shard);
    json.at("hooks").get_to(state.hooks);
    json.at("generator").get_to(state.generator);
    json.at("finished").get_to(state.finished);
    json.at("next").get_to(state.next);
    json.at("sequences").get_to(state.progress.sequences);
    json.at("operations").get_to(state.progress.operations);
    json.at("unjudged").get_to(state.progress.unjudged);
    json.at("seconds").get_to(state.progress.seconds);
    json.at("canaries").at("planted").get_to(state.progress.canaries.planted);
    json.at("canaries").at("caught").get_to(state.progress.canaries.caught);
    json.at("findings").get_to(state.findings);
    json.at("known_hits").get_to(state.known_hits);
    return state;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace

bool CampaignState::is_same_campaign(const CampaignState& other) const {
  return kernel == other.kernel && seed == other.seed && shard == other.shard && hooks == other.hooks &&
         generator == other.generator;
}

Result<CampaignFolder> CampaignFolder::open(const fs::path& path) {
  if (auto ours =
          make_folder(path, Error::Kind::usage, "choose another folder with --out, or one that is not there yet");
      !ours)
    return tl::unexpected(ours.error());
  std::error_code error;
  fs::create_directories(path / "findings", error);
  if (error)
    return fail("{}: cannot be made: {}; choose another folder with --out", (path / "findings").string(),
                error.message());
  const fs::path file = path / "lock";
  Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock)
    return fail("{}: cannot be opened: {}; choose another folder with --out", file.string(), std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return fail(Error::Kind::usage, "{}: another campaign is at work in this folder; choose another one with --out",
                  path.string());
    return fail("{}: cannot be locked: {}; choose another folder with --out", file.string(), std::strerror(errno));
  }
  return CampaignFolder(path, std::move(lock));
}

fs::path CampaignFolder::state_file(const std::string& kernel) const {
  return path_ / fmt::format("state-{:08x}.json", static_cast<std::uint32_t>(Digest().add(kernel).value()));
}

std::optional<CampaignState> CampaignFolder::state(const std::string& kernel,
                                                   const std::function<void(std::string_view)>& note) const {
  const fs::path file = state_file(kernel);
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  const auto text = read_file(file);
  auto state = text ? read_state(*text) : std::nullopt;
  if (!state) note(fmt::format("{}: torn, or of an earlier mprogcheck: this is a new campaign", file.string()));
  if (state && state->kernel != kernel) return std::nullopt;
  return state;
}

Result<void> CampaignFolder::write(const CampaignState& state) const {
  return write_file(state_file(state.kernel),
                    to_json(state).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", false);
}

std::vector<Finding> CampaignFolder::findings_of(const CampaignState& state,
                                                 const std::function<void(std::string_view)>& note) const {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(findings(), error), end; !error && entry != end; entry.increment(error))
    if (entry->is_directory()) folders.push_back(entry->path());
  std::ranges::sort(folders);
  std::vector<Finding> all;
  for (const fs::path& folder : folders) {
    auto finding = load_finding(folder);
    if (!finding)
      note(finding.error().message);
    else if (finding->seed == state.seed && finding->shard == state.shard && finding->campaign == state.kernel)
      all.push_back(std::move(*finding));
  }
  // Those that have not had their turn have no number yet.
  std::ranges::stable_sort(all, {}, [](const Finding& finding) { return std::pair(finding.number, finding.index); });
  return all;
}

}  // namespace mprogcheck
