// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/quirk.hpp"
#include "model/touched.hpp"
#include "oracle/oracle.hpp"
#include "oracle/trial_needs.hpp"

namespace mprogcheck {

/// How an oracle that is wrong on purpose is wrong. Every hook does nothing unless overridden; `world` is the oracle's
/// own and need not be one that the specification can reach. Where a hook leaves a link without its entry, the oracle
/// takes it for detached.
class Misbehaviour {
 public:
  virtual ~Misbehaviour() = default;
  /// A new sequence starts from an empty world.
  virtual void begin() {}
  /// What the operation shall do instead of what the specification says.
  virtual model::Verdict decide(const model::World& /*world*/, const model::Operation& /*operation*/,
                                const model::Verdict& honest) {
    return honest;
  }
  /// After the step was taken. `before` is the world as it was, `honest` what the specification said in it.
  virtual void applied(model::World& /*world*/, const model::World& /*before*/, const model::Operation& /*operation*/,
                       const model::Verdict& /*honest*/) {}
  /// What a query of the list answers, before it is recorded.
  virtual void show(const model::World& /*world*/, ListView& /*view*/, std::vector<model::Entry>& /*entries*/) {}
  /// The answer of the operation `query`: its outcome and what it wrote.
  virtual void answer(const model::World& /*world*/, const model::Query& /*query*/, ListView& /*view*/,
                      std::vector<model::Entry>& /*entries*/) {}
  /// The way of the packet that a `run` sends through the list: its outcome, the programs that ran, and its fate.
  virtual void ran(const model::World& /*world*/, const model::Site& /*site*/,
                   std::vector<model::ProgramIndex>& /*programs*/, model::Fate& /*fate*/) {}
  /// What a `next_id` finds, by its slot; nothing: -ENOENT.
  virtual void next(const model::World& /*world*/, const model::NextId& /*call*/,
                    std::optional<std::uint8_t>& /*found*/) {}
  /// Whether the step just taken ends the run, and how; `note` is Run::note.
  virtual Run::Ending ending(std::string& /*note*/) { return Run::Ending::complete; }
};

/// The model in the kernel's place: a test double of the whole way. Its runs are what the VM oracle's would be,
/// reference counts included. Honest, unless it is given a Misbehaviour or a Job asks for a lie.
class ModelOracle final : public Oracle {
 public:
  explicit ModelOracle(model::Traits traits = {});
  /// `source` is what identity() calls it.
  ModelOracle(std::string source, std::unique_ptr<Misbehaviour> misbehaviour, model::Traits traits = {});

  /// From now on it cannot tell how often anything is held, as a kernel without BPF iterators cannot.
  void stop_counting();

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override;

 private:
  OracleIdentity identity_;
  TrialNeeds trial_needs_;
  std::unique_ptr<Misbehaviour> misbehaviour_;
  model::Traits traits_;
  bool counts_ = true;
};

}  // namespace mprogcheck
