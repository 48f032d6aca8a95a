#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Each check of ci/tree.py is seen to pass on a good tree and to fail on one that breaks its rule."""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TREE = Path(__file__).with_name("tree.py")
SPDX = "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n"


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("base/fd.hpp", SPDX)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_check(self, *arguments):
        return subprocess.run([sys.executable, TREE, *arguments, "--root", self.root], capture_output=True, text=True, check=False)

    def holds(self, check):
        run = self.run_check(check)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def fails(self, check, where, what):
        run = self.run_check(check)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertEqual(len(run.stdout.splitlines()), 1, run.stdout)
        self.assertTrue(run.stdout.startswith(where + ": "), run.stdout)
        self.assertIn(what, run.stdout)

    def includes(self, name, *headers):
        self.write(name, SPDX + "".join(f"#include {header}\n" for header in headers))

    # names

    def test_a_family_is_named_in_its_own_folders_only(self):
        rows = SPDX + "    {Family::tcx, \"tcx\"},\n    {Family::netkit, \"netkit\"},\n"
        self.write("model/hooks/hook.hpp", rows)
        self.write("model/hooks/netkit.cpp", SPDX + "const Rules netkit_rules;\n")
        self.write("model/world_test.cpp", SPDX + "Hook::tcx_egress;\n")
        self.write("model/world.cpp", SPDX + "/// kernel/bpf/tcx.c\n/* netkit\n tcx */ int a;  // tcx\nattr.tcx.flags = 1;\n")
        self.holds("names")
        self.write("model/decide.cpp", SPDX + "int a;\nif (hook == Hook::netkit_peer) return;\n")
        self.fails("names", "model/decide.cpp:3", "netkit_peer is the name of a family")
        self.write("ci/named_hooks", "model/decide.cpp  its reason\n")
        self.holds("names")
        self.write("ci/named_hooks", "model/decide.cpp\n")
        self.assertEqual(self.run_check("names").returncode, 1)
        self.write("ci/named_hooks", "model/decide.cpp  its reason\nmodel/world.cpp  none\n")
        self.fails("names", "ci/named_hooks:2", "not needed any more")

    def test_names_that_cannot_be_looked_for_are_told(self):
        self.write("model/hooks/hook.hpp", SPDX)
        self.fails("names", "model/hooks/hook.hpp:1", "no row of a family")

    # includes

    def test_every_arrow_of_the_graph_is_allowed(self):
        self.includes("base/fd.cpp", '"base/fd.hpp"', "<fcntl.h>")
        self.includes("model/world.cpp", '"model/world.hpp"', "<array>", "<tl/expected.hpp>")
        self.includes("model/world_test.cpp", '"model/world.hpp"', "<gtest/gtest.h>", "<rapidcheck/gtest.h>")
        self.includes("vm/machine.cpp", '"base/fd.hpp"', "<archive.h>", "<nlohmann/json.hpp>")
        self.includes("properties/judge/judge.cpp", '"oracle/oracle.hpp"', '"model/world.hpp"', '"base/result.hpp"')
        self.includes("kernel_oracle/vm_oracle.cpp", '"vm/machine.hpp"', '"model/world.hpp"', '"base/fd.hpp"', "<linux/bpf.h>")
        self.includes("kernel_oracle/agent/observe.cpp", '"observe.skel.h"')
        self.includes("campaign/campaign.cpp", '"properties/judge/judge.hpp"', '"kernel_oracle/vm_oracle.hpp"')
        self.includes("cli/main.cpp", '"campaign/campaign.hpp"')
        self.holds("includes")

    def test_no_arrow_points_back(self):
        order = ["cli", "campaign", "properties", "kernel_oracle", "vm", "model", "base"]
        for at, upper in enumerate(order):
            for lower in order[at + 1:]:
                with self.subTest(f"{lower} includes {upper}"):
                    self.includes(f"{lower}/back.hpp", "<string>", f'"{upper}/x.hpp"')
                    self.fails("includes", f"{lower}/back.hpp:3", f"{lower} may not include")
                    (self.root / f"{lower}/back.hpp").unlink()

    def test_properties_know_no_kernel(self):
        self.includes("properties/judge/judge.cpp", '"kernel_oracle/wire.hpp"')
        self.fails("includes", "properties/judge/judge.cpp:2", "it may include properties, base, model, oracle")

    def test_the_model_includes_no_base(self):
        self.includes("model/world.cpp", '"base/result.hpp"')
        self.fails("includes", "model/world.cpp:2", "model may not include")

    def test_the_model_includes_no_system_header(self):
        for header in ("<linux/bpf.h>", "<errno.h>", "<fmt/format.h>", "<gtest/gtest.h>"):
            with self.subTest(header):
                self.includes("model/world.cpp", header)
                self.fails("includes", "model/world.cpp:2", "the model is pure")

    def test_the_vm_knows_no_bpf(self):
        self.includes("vm/machine.cpp", "<linux/bpf.h>")
        self.fails("includes", "vm/machine.cpp:2", "vm knows no BPF")

    def test_a_header_is_named_from_the_root(self):
        self.includes("base/fd.cpp", '"fd.hpp"')
        self.fails("includes", "base/fd.cpp:2", "from the root")

    def test_a_test_header_is_for_tests(self):
        self.includes("model/arbitrary.hpp", "<rapidcheck/gtest.h>")
        self.includes("model/language/parse_test.cpp", '"model/arbitrary.hpp"')
        self.holds("includes")
        self.includes("model/language/parse.cpp", '"model/arbitrary.hpp"')
        self.fails("includes", "model/language/parse.cpp:2", "is for tests")

    def test_what_is_not_ours_is_in_angle_brackets(self):
        self.includes("cli/verb.hpp", '"nlohmann/json.hpp"')
        self.fails("includes", "cli/verb.hpp:2", "what is not ours")

    def test_code_stands_in_a_room(self):
        self.includes("attic/x.cpp")
        self.fails("includes", "attic/x.cpp:1", "is in no room")

    # license

    def test_sources_and_scripts_carry_the_license(self):
        self.write("ci/run", "#!/usr/bin/env bash\n# " + SPDX[3:])
        self.write("README.md", "not a source\n")
        self.holds("license")
        self.write("ci/run", "#!/usr/bin/env bash\n")
        self.fails("license", "ci/run:1", "SPDX")

    def test_another_license_is_not_ours(self):
        self.write("base/fd.hpp", "// SPDX-License-Identifier: GPL-2.0-only\n")
        self.fails("license", "base/fd.hpp:1", "SPDX")

    # size

    def test_a_long_file_needs_a_reason(self):
        self.write("base/long.cpp", SPDX + "\n" * 449)
        self.holds("size")
        self.write("base/long.cpp", SPDX + "\n" * 450)
        self.fails("size", "base/long.cpp:450", "451 lines")
        self.write("ci/long_files", "base/long.cpp one table\n")
        self.holds("size")

    def test_an_exception_without_a_reason_is_none(self):
        self.write("ci/long_files", "base/fd.hpp\n")
        self.fails("size", "ci/long_files:1", "no reason")

    def test_a_reason_without_a_long_file_is_stale(self):
        self.write("ci/long_files", "# comment\nbase/fd.hpp one table\n")
        self.fails("size", "ci/long_files:2", "not needed")
        self.write("ci/long_files", "base/gone.hpp one table\n")
        self.fails("size", "ci/long_files:1", "not there")

    # places

    def test_no_place_of_one_machine(self):
        self.write("docs/ok.md", "see https://docs.kernel.org/bpf, network/home/x, $HOME/work and .." + "/shared_ptr\n")
        self.holds("places")
        for text in ("/ho" + "me/joe/x", "/wo" + "rk/main", "/ro" + "ot/.cache", "../" + "shared/x", "deb." + "debian.org",
                     "pypi." + "org", "ghcr." + "io/x"):
            with self.subTest(text):
                self.write("docs/bad.md", f"\nget it from {text}\n")
                self.fails("places", "docs/bad.md:2", text.split("/")[0])

    # format

    def test_format_is_checked_and_fixed(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("base/a.cpp", SPDX + "int  f( );\n\n\nint g(  );\n")
        self.fails("format", "base/a.cpp:2", "not formatted")
        self.assertEqual(self.run_check("format", "--fix").returncode, 0)
        self.holds("format")

    # and on all of them

    def test_a_tree_of_nothing_is_no_success(self):
        (self.root / "base/fd.hpp").unlink()
        for check in ("includes", "license", "size", "places", "format"):
            self.assertEqual(self.run_check(check).returncode, 1)

    def test_without_git_all_but_what_a_build_leaves_is_ours(self):
        self.write("build/generated.cpp", "")
        self.holds("license")
        self.write("base/new.cpp", "")
        self.fails("license", "base/new.cpp:1", "SPDX")

    def test_git_says_what_is_ours(self):
        self.write("base/untracked.cpp", "")
        if not shutil.which("git"):
            self.skipTest("no git")
        git = ["git", "-C", str(self.root)]
        subprocess.run(git + ["init", "-q"], check=True)
        subprocess.run(git + ["add", "base/fd.hpp"], check=True)
        self.holds("license")
        subprocess.run(git + ["add", "base/untracked.cpp"], check=True)
        self.fails("license", "base/untracked.cpp:1", "SPDX")


if __name__ == "__main__":
    unittest.main()
