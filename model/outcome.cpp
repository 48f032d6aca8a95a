// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/outcome.hpp"

namespace mprogcheck::model {
namespace {

struct Named {
  Outcome outcome;
  const char* name;
};
constexpr Named named[] = {
    {success, "ok"},       {eperm, "-EPERM"},           {enoent, "-ENOENT"}, {enxio, "-ENXIO"},   {e2big, "-E2BIG"},
    {ebadf, "-EBADF"},     {eagain, "-EAGAIN"},         {enomem, "-ENOMEM"}, {eacces, "-EACCES"}, {ebusy, "-EBUSY"},
    {eexist, "-EEXIST"},   {enodev, "-ENODEV"},         {einval, "-EINVAL"}, {enospc, "-ENOSPC"}, {erange, "-ERANGE"},
    {enolink, "-ENOLINK"}, {eopnotsupp, "-EOPNOTSUPP"}, {estale, "-ESTALE"}, {emfile, "-EMFILE"},
};

}  // namespace

std::string to_string(Outcome outcome) {
  for (const Named& known : named)
    if (known.outcome == outcome) return known.name;
  return "-errno " + std::to_string(outcome.error);
}

std::optional<Outcome> outcome_named(std::string_view name) {
  for (const Named& known : named)
    if (known.name == name) return known.outcome;
  return std::nullopt;
}

}  // namespace mprogcheck::model
