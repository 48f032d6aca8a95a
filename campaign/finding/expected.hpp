// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/language/case.hpp"
#include "oracle/oracle.hpp"

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

/// What a file expects of cgroups' hooks is what a kernel says that has all of the interface: the names of what this
/// one lacks, with commas; empty where the file expects nothing of the kind. What such a kernel says was predicted, and
/// is judged like any other's.
std::string lacks_of_interface(const model::Case& told, model::Traits traits);
/// Keeps those in which file and model disagree.
void leave_to_the_model(std::vector<Disagreement>& all);

/// Whether a disagreement is one that nobody knows of: the model does not share the expectation, or a kernel that is as
/// the model says does not. What only a kernel with a known divergence does otherwise is known.
bool is_unexpected(const std::vector<Disagreement>& all, bool kernel_is_as_predicted);

/// Writes behind every operation of the file what the model says of it (`replay --write-expectations`); comments stay.
/// How many operations that were; an Error is of kind usage.
Result<std::size_t> write_expectations(const std::string& file);

}  // namespace mprogcheck
