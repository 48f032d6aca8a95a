// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernel_oracle/oracle.hpp"
#include "model/case.hpp"

namespace mprogcheck {

/// A line of a file whose expectation somebody does not share.
struct Disagreement {
  std::size_t operation = 0;            ///< of the sequence, from 0
  std::vector<model::Mismatch> model;   ///< what the model says otherwise
  std::vector<model::Mismatch> kernel;  ///< what the kernel does otherwise
};

/// Holds a file's expectations to the specification, without quirks, and to a run in deep depth. Ends with the first
/// step at which model and kernel differ by themselves, for nobody knows what the kernel should do after it.
std::vector<Disagreement> disagreements(const model::Case& told, const Run& run);

/// "file.mpc:7: attach tcx_ingress@d0 p1: outcome: the file expects -EEXIST; model and kernel say ok": one line for
/// each thing that is not as expected. Each ends with a newline.
std::string describe(const std::string& file, const model::Case& told, const std::vector<Disagreement>& all);

/// What the model says of each operation, as lines of the file would: for `replay --write-expectations`.
std::vector<std::string> expectations_of_model(const model::Sequence& sequence);

}  // namespace mprogcheck
