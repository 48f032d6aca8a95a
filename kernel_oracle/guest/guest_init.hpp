// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>

namespace mprogcheck::guest {

/// What /init does before anything else: file systems, modules. What fails is said in words.
std::string prepare_guest();
/// In a mount namespace of its own: a BPF file system that nobody else sees. Without it nothing can be pinned.
void mount_pins();

/// What a file holds; empty if it cannot be read.
std::string read_text(const char* path);

/// The line to the host: the virtio port, or where the kernel has none the second serial port. Negative errno.
int open_channel();

/// File descriptors 0 to 2 are /dev/null: open, and no BPF object.
void pin_low_fds();

[[noreturn]] void power_off();

}  // namespace mprogcheck::guest
