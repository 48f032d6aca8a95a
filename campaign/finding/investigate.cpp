// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/investigate.hpp"

#include <utility>

#include "campaign/explore/shortest.hpp"
#include "campaign/finding/confirm.hpp"
#include "campaign/fuzz/history.hpp"
#include "properties/shrink/shrink.hpp"

namespace mprogcheck {

namespace {

properties::ShrinkOptions shrink_options(const Finding& finding, const Pool& pool, const InvestigateOptions& options) {
  properties::ShrinkOptions shrinking;
  shrinking.traits = finding.origin.traits;
  shrinking.machines = pool.size();
  shrinking.enough = options.enough;
  if (options.known == nullptr) return shrinking;
  if (options.known->avoids())
    shrinking.forbidden = [known = options.known](const model::Sequence& sequence) { return known->forbids(sequence); };
  shrinking.known = [known = options.known](const model::Sequence& sequence, const properties::Divergence& divergence) {
    return known->that_is(sequence, divergence).has_value();
  };
  return shrinking;
}

/// What is minimal, for nothing can be taken away, may not be shortest.
Result<void> make_shortest(Finding& finding, Depth& depth, Pool& pool, const InvestigateOptions& options) {
  auto shrinking = shrink_options(finding, pool, options);
  auto looked = look_for_shorter(finding, pool, {.enough = options.enough, .forbidden = shrinking.forbidden});
  if (!looked) return tl::unexpected(looked.error());
  finding.shortest = looked->known;
  if (!looked->shorter) return {};
  auto again = properties::shrink(*looked->shorter, *looked->divergence, pool, shrinking);
  if (!again) return tl::unexpected(again.error());
  finding.shortest = again->reproduced;
  if (!again->reproduced) return {};
  finding.shrunk = std::move(again->sequence);
  finding.divergence = std::move(again->divergence);
  finding.minimal = again->minimal;
  depth = again->depth;
  return {};
}

/// A divergence met while another one was shrunk.
Finding finding_of(properties::OtherDivergence other, const Origin& origin) {
  Finding finding;
  finding.found = std::move(other.sequence);
  finding.divergence = std::move(other.divergence);
  finding.origin = origin;
  return finding;
}

}  // namespace

Result<Investigated> investigate(Finding finding, Pool& pool, const InvestigateOptions& given) {
  if (auto saved = save(finding, given.directory); !saved) return tl::unexpected(saved.error());
  // Whatever was found until then is less than the next start will find.
  const Investigated as_it_was{.finding = finding, .others = {}, .cut_short = true};
  const auto is_stopped = [&given] { return given.stopped && given.stopped(); };
  InvestigateOptions options = given;
  options.enough = [&] { return is_stopped() || (given.enough && given.enough()); };

  // Alone: what ran before it in this guest shall have no part in it.
  if (auto renewed = pool.renew(Start::quick); !renewed) return tl::unexpected(renewed.error());
  auto shrunk = properties::shrink(finding.found, finding.divergence, pool, shrink_options(finding, pool, options));
  if (!shrunk) return tl::unexpected(shrunk.error());
  finding.shrunk = shrunk->sequence;
  finding.minimal = shrunk->minimal;
  Depth depth = shrunk->depth;
  if (shrunk->reproduced) {
    finding.divergence = shrunk->divergence;
    finding.read_back = false;
    if (finding.minimal)
      if (auto looked = make_shortest(finding, depth, pool, options); !looked) return tl::unexpected(looked.error());
  } else {
    depth = Depth::fast;  // as it was found
    const auto before = options.before ? options.before() : std::vector<model::Sequence>();
    if (!before.empty()) {
      auto company = find_company(finding, before, pool.at(0), options.enough);
      if (!company) return tl::unexpected(company.error());
      if (*company) {
        finding.shrunk = std::move((*company)->sequences.back());
        (*company)->sequences.pop_back();
        finding.before = std::move((*company)->sequences);
        finding.divergence = std::move((*company)->divergence);
        finding.read_back = false;
      }
    }
  }
  finding.depth = depth;
  if (is_stopped()) return as_it_was;
  const bool hurry = options.enough();
  if (auto confirmed = confirm(finding, depth, pool, {.runs = options.confirmations, .cold = !hurry}); !confirmed)
    return tl::unexpected(confirmed.error());
  if (hurry && is_stopped()) return as_it_was;
  if (auto saved = save(finding, options.directory); !saved) return tl::unexpected(saved.error());

  Investigated result{.finding = std::move(finding), .others = {}};
  for (auto& other : shrunk->others) result.others.push_back(finding_of(std::move(other), result.finding.origin));
  return result;
}

}  // namespace mprogcheck
