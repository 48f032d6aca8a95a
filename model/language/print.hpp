// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <string>

#include "model/sequence.hpp"

namespace mprogcheck::model {

/// The text of a sequence in the sequence language (docs/language.md), headed by `mprogcheck 1`. It is canonical: what
/// denotes the same is printed the same, and parse() gives back what was printed, for every valid sequence. Total: an
/// invalid sequence prints as something that the parser refuses.
std::string print(const Sequence& sequence);
/// Several sequences, as a corpus file holds them: an empty line between two.
std::string print_all(std::span<const Sequence> sequences);
/// One operation: a line without its end.
std::string print(const Operation& operation);
std::string print(const Site& site);
std::string print(Name name);
/// As an argument that is read as a file descriptor: `p1`, `fd 901`.
std::string print(const Argument& argument);
/// `now`, `now-1`, or the number.
std::string print(const Revision& revision);

}  // namespace mprogcheck::model
