// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/kernel/kernel_spec.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "kernel_oracle/here_oracle.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"
#include "vm/kernel.hpp"

namespace mprogcheck {

Result<KernelSpec> parse_kernel_spec(std::string_view text) {
  constexpr std::string_view model = "model", model_fault = "model:", twin = "twin:";
  if (text.empty())
    return fail(Error::Kind::usage, "--kernel: expected debian:SUITE, a path, here or model, found nothing");
  if (text == "here") return KernelSpec{KernelSpec::Kind::here, std::string(text), {}};
  if (text == model) return KernelSpec{KernelSpec::Kind::model, std::string(text), {}};
  if (text.starts_with(model_fault)) {
    std::string fault(text.substr(model_fault.size()));
    if (planted_fault(fault) == nullptr)
      return fail(Error::Kind::usage, "--kernel: no planted fault is called \"{}\"; mprogcheck faults lists them",
                  fault);
    return KernelSpec{KernelSpec::Kind::model, std::string(text), std::move(fault)};
  }
  if (text.starts_with(twin))
    return fail(Error::Kind::usage, "--kernel: twin: is not built yet; use debian:SUITE, a path, here or model");
  return KernelSpec{KernelSpec::Kind::image, std::string(text), {}};
}

namespace {

Result<std::unique_ptr<Oracle>> start_image(const KernelSpec& spec, const OracleOptions& options) {
  auto image = vm::find_kernel(spec.text);
  if (!image) return tl::unexpected(image.error());
  VmOracleConfig config{.kernel = std::move(*image)};
  config.directory = options.directory;
  config.accelerator = options.accelerator;
  config.curfew = options.curfew;
  auto oracle = VmOracle::start(config);
  if (!oracle) return tl::unexpected(oracle.error());
  if (options.note)
    options.note(fmt::format("kernel: {} ({}), booted in {:.1f} s; {}", (*oracle)->identity().release, spec.text,
                             (*oracle)->boot_seconds(), (*oracle)->accelerator_line()));
  return oracle;
}

Result<std::unique_ptr<Oracle>> start_here(const OracleOptions& options) {
  constexpr std::string_view what =
      "here: loads about a hundred BPF programs into the running kernel and attaches them to devices in a network "
      "namespace of its own; a bug in the kernel can take this machine down";
  if (options.note) options.note(what);
  if (!options.agreed_to_here)
    return fail(Error::Kind::usage, "--kernel here: say --yes if that is what you want; otherwise use debian:SUITE");
  if (::geteuid() != 0)
    return fail(Error::Kind::usage, "--kernel here: expected to be root; use sudo, or debian:SUITE");
  auto oracle = HereOracle::start({.curfew = options.curfew});
  if (!oracle) return tl::unexpected(oracle.error());
  return oracle;
}

Result<std::unique_ptr<Oracle>> start_any(const KernelSpec& spec, const OracleOptions& options) {
  switch (spec.kind) {
    case KernelSpec::Kind::image:
      return start_image(spec, options);
    case KernelSpec::Kind::here:
      return start_here(options);
    case KernelSpec::Kind::model:
      break;
  }
  if (!spec.fault.empty()) return make_faulty_oracle(spec.fault);
  return std::make_unique<ModelOracle>();
}

}  // namespace

Result<std::unique_ptr<Oracle>> start_oracle(const KernelSpec& spec, const OracleOptions& options) {
  auto oracle = start_any(spec, options);
  if (!oracle) return oracle;
  if (auto met = meets((*oracle)->identity(), options.needs); !met) return tl::unexpected(met.error());
  return oracle;
}

OracleFactory oracle_factory(KernelSpec spec, std::function<Result<OracleOptions>(unsigned worker)> options_for) {
  // Worker 0 is asked for first, and its oracle lives as long as the pool that asks.
  return [spec = std::move(spec), options_for = std::move(options_for),
          first = static_cast<const VmOracle*>(nullptr)](unsigned worker) mutable -> Result<std::unique_ptr<Oracle>> {
    const auto options = options_for(worker);
    if (!options) return tl::unexpected(options.error());
    if (worker != 0 && first != nullptr) {
      auto sibling = first->sibling(options->directory);
      if (!sibling) return tl::unexpected(sibling.error());
      return std::unique_ptr<Oracle>(std::move(*sibling));
    }
    auto oracle = start_oracle(spec, *options);
    if (oracle && worker == 0) first = dynamic_cast<const VmOracle*>(oracle->get());
    return oracle;
  };
}

unsigned default_jobs(const KernelSpec& spec) {
  if (spec.kind == KernelSpec::Kind::here) return 1;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (::sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<unsigned>(std::clamp(CPU_COUNT(&cores), 1, 64));
}

}  // namespace mprogcheck
