// Simulates a failing disk. Preloaded into a server, it makes calls on the files of its store fail.
//
// FAULT_WHILE   a file; calls are counted, and fail, only while it exists
// FAULT_CALL    which calls: read, write, sync or truncate
// FAULT_FROM    the number of the first call that fails, from 1
// FAULT_COUNT   how many calls fail from then on
// FAULT_ERRNO   the errno of failing calls; 0 makes a write store only half of its bytes
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int number(const char *name) {
  const char *value = getenv(name);
  return value ? atoi(value) : 0;
}

static int is_of_the_store(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, "workroom.db") != NULL;
}

// Whether this call fails.
static int fails(const char *call, int fd) {
  static int calls;
  const char *wanted = getenv("FAULT_CALL"), *flag = getenv("FAULT_WHILE");
  int before = errno, failing = 0;
  if (wanted && flag && !strcmp(wanted, call) && is_of_the_store(fd) && !access(flag, F_OK)) {
    int this = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST), from = number("FAULT_FROM");
    failing = this >= from && this - from < number("FAULT_COUNT");
  }
  errno = before;
  return failing;
}

static int failed(void) {
  errno = number("FAULT_ERRNO");
  return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRITE_AT(name, offset_t)                                              \
  ssize_t name(int fd, const void *bytes, size_t count, offset_t at) {        \
    if (fails("write", fd)) {                                                 \
      if (number("FAULT_ERRNO")) return failed();                             \
      count = (count + 1) / 2;                                                \
    }                                                                         \
    return NEXT(name)(fd, bytes, count, at);                                  \
  }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

#define READ_AT(name, offset_t)                                               \
  ssize_t name(int fd, void *bytes, size_t count, offset_t at) {              \
    return fails("read", fd) ? failed() : NEXT(name)(fd, bytes, count, at);   \
  }
READ_AT(pread, off_t)
READ_AT(pread64, off64_t)

int fsync(int fd) { return fails("sync", fd) ? failed() : NEXT(fsync)(fd); }
int fdatasync(int fd) { return fails("sync", fd) ? failed() : NEXT(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fails("truncate", fd) ? failed() : NEXT(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails("truncate", fd) ? failed() : NEXT(ftruncate64)(fd, size); }
