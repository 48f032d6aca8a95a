/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For tests: an /init that is no agent. It runs /agent as the command does on its own machine, as a child with one end
 * of a socket pair, and relays between that and the line to the host.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>

static int relay(int from, int to) {
  static char bytes[65536];
  ssize_t got = read(from, bytes, sizeof(bytes));
  ssize_t put = 0;

  while (got > 0 && put < got) {
    ssize_t n = write(to, bytes + put, (size_t)(got - put));

    if (n <= 0) return 0;
    put += n;
  }
  return got > 0;
}

int main(void) {
  int ends[2], line = -1, tries;

  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  for (tries = 0; line < 0 && tries < 3000; ++tries) {
    line = open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
    if (line < 0) usleep(1000); /* the port is announced by the host when it is ready */
  }
  if (line >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0) {
    struct pollfd polls[2];

    if (fork() == 0) {
      dup2(ends[1], 3);
      close_range(4, ~0U, 0);
      execl("/agent", "/agent", "--fd", "3", (char*)NULL);
      _exit(127);
    }
    close(ends[1]);
    polls[0].fd = line;
    polls[1].fd = ends[0];
    polls[0].events = polls[1].events = POLLIN;
    for (;;) {
      if (poll(polls, 2, -1) < 0) continue;
      if (polls[1].revents && !relay(ends[0], line)) break;
      if (polls[0].revents && !relay(line, ends[0])) break;
    }
  }
  reboot(RB_POWER_OFF);
  return 0;
}
