// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The guest of the VM tests. On the kernel's command line: test=echo (the default), serial (echo on the second serial
 * port, though there may be a virtio port), silent, exit (which makes the kernel panic), panic (by sysrq). Told
 * "panic\n", an echoing guest does so later. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static char command_line[4096];

static int mode(const char* name) {
  char word[64];

  snprintf(word, sizeof word, "test=%s", name);
  return strstr(command_line, word) != NULL;
}

static void load_modules(void) {
  char name[256], path[300];
  FILE* list = fopen("/modules/load", "r");

  while (list && fgets(name, sizeof name, list)) {
    name[strcspn(name, "\n")] = 0;
    snprintf(path, sizeof path, "/modules/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0) printf("cannot load %s: %m\n", path);
    if (fd >= 0) close(fd);
  }
  if (list) fclose(list);
}

static int open_raw(const char* path) {
  struct termios raw;
  int fd = open(path, O_RDWR | O_NOCTTY);

  if (fd >= 0 && tcgetattr(fd, &raw) == 0) {
    cfmakeraw(&raw);
    tcsetattr(fd, TCSANOW, &raw);
  }
  return fd;
}

/* The port appears some time after its driver: QEMU announces it in a message that a work queue handles. Its node is
 * there a moment before it can be opened (ENXIO until add_port() has put it on its list), and nothing announces that
 * moment, hence the retries. Only a kernel that has the driver has the class, and is worth waiting for. */
static int open_virtio_port(void) {
  const struct timespec pause = {.tv_nsec = 5000000};
  int fd, tries = 2000;

  while ((fd = open("/dev/vport0p1", O_RDWR)) < 0 && access("/sys/class/virtio-ports", F_OK) == 0 && tries-- > 0)
    nanosleep(&pause, NULL);
  return fd;
}

static void panic_by_sysrq(void) {
  int fd = open("/proc/sysrq-trigger", O_WRONLY);

  (void)!write(fd, "c", 1);
}

int main(void) {
  static char buffer[65536];
  ssize_t got;
  int fd;

  mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  mount("sysfs", "/sys", "sysfs", 0, NULL);
  fd = open("/proc/cmdline", O_RDONLY);
  if (fd >= 0) {
    (void)!read(fd, command_line, sizeof command_line - 1);
    close(fd);
  }
  fd = open("/dev/console", O_RDWR);
  dup2(fd, 1);
  printf("the test guest says hello on its console\n");
  fflush(stdout);
  if (mode("exit")) return 7;
  if (mode("panic")) panic_by_sysrq();
  if (mode("silent"))
    for (;;) pause();
  load_modules();
  fd = mode("serial") ? -1 : open_virtio_port();
  if (fd < 0) fd = open_raw("/dev/ttyS1");
  (void)!write(fd, "hello\n", 6);
  while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    if (got == 6 && memcmp(buffer, "panic\n", 6) == 0) panic_by_sysrq();
    (void)!write(fd, buffer, got);
  }
  for (;;) pause();
}
