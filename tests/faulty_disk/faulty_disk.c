/* A disk that fails when told to, between a whole process and the kernel: preload it.
 *
 * Counted are the calls that change files under FAULTY_UNDER: open for writing, write, pwrite,
 * writev, fsync, fdatasync, ftruncate, fallocate, rename, link, unlink, mkdir; SQLite's among them.
 *
 *   FAULTY_UNDER   the folder, absolute
 *   FAULTY_COUNT   a file of 8 bytes: how many were made, little-endian, kept up to date
 *   FAULTY_CALL    the number of the call that fails, from 0
 *   FAULTY_ERRNO   with what: a number
 *   FAULTY_HOW     not    failed and not done
 *                  done   failed but done; a write is done by half
 *                  short  a write is done by half, and says so; other calls are done
 *                  slow   the call takes 2 s
 *                  kill   the process is killed before it
 *                  swallow  from then on fsync and fdatasync do nothing and say "done"
 *   FAULTY_STICKY  1: all calls from then on fail so
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 4096
#define REAL(name) ((__typeof__(&name))real(#name))

static const char *under;
static size_t under_len;
static long fails_at = -1;
static int fails_with = EIO, sticky;
static const char *how = "not";
static _Atomic uint64_t own_count, *count = &own_count;
static _Atomic unsigned char ours[FDS];

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void set_up(void) {
    const char *text;
    under = getenv("FAULTY_UNDER");
    if (!under) return;
    under_len = strlen(under);
    if ((text = getenv("FAULTY_CALL"))) fails_at = atol(text);
    if ((text = getenv("FAULTY_ERRNO"))) fails_with = atoi(text);
    if ((text = getenv("FAULTY_HOW"))) how = text;
    sticky = getenv("FAULTY_STICKY") != NULL;
    if ((text = getenv("FAULTY_COUNT"))) {
        int fd = REAL(open)(text, O_RDWR | O_CLOEXEC);
        void *at = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd < 0 || at == MAP_FAILED) abort();
        count = at;
        REAL(close)(fd);
    }
}

static int inside(int dir, const char *path) {
    char whole[PATH_MAX], link[64];
    if (!under || !path) return 0;
    if (path[0] != '/') {
        ssize_t n;
        if (dir == AT_FDCWD) {
            if (!getcwd(whole, sizeof whole)) return 0;
            n = strlen(whole);
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
            n = readlink(link, whole, sizeof whole - 1);
            if (n < 0) return 0;
        }
        snprintf(whole + n, sizeof whole - n, "/%s", path);
        path = whole;
    }
    return strncmp(path, under, under_len) == 0 && (path[under_len] == '/' || !path[under_len]);
}

static int known(int fd) { return fd >= 0 && fd < FDS && ours[fd]; }

enum verdict { DO, FAIL, FAIL_DONE, SHORT };

/* Count a call, and say what is to become of it. */
static enum verdict judge(int counts) {
    if (!counts) return DO;
    long number = (long)atomic_fetch_add(count, 1);
    if (fails_at < 0 || number < fails_at || (number > fails_at && !sticky)) return DO;
    if (!strcmp(how, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(how, "slow")) {
        struct timespec two = {2, 0};
        nanosleep(&two, NULL);
        return DO;
    }
    if (!strcmp(how, "short")) return SHORT;
    return !strcmp(how, "done") ? FAIL_DONE : FAIL;
}

static int failed(void) {
    errno = fails_with;
    return -1;
}

/* For calls that are all or nothing. */
#define WHOLE(counts, call)                        \
    do {                                           \
        enum verdict verdict = judge(counts);      \
        if (verdict == FAIL) return failed();      \
        if (verdict == FAIL_DONE) {                \
            (void)!(call);                         \
            return failed();                       \
        }                                          \
        return (call);                             \
    } while (0)

static int opened(int dir, const char *path, int flags, int fd_dir_call, mode_t mode) {
    int mine = inside(dir, path), writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    enum verdict verdict = judge(mine && writes);
    if (verdict == FAIL) return failed();
    int fd = fd_dir_call ? REAL(openat)(dir, path, flags, mode) : REAL(open)(path, flags, mode);
    if (verdict == FAIL_DONE) {
        if (fd >= 0) REAL(close)(fd);
        return failed();
    }
    if (fd >= 0 && fd < FDS) ours[fd] = mine;
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                 \
    int name(const char *path, int flags, ...) {   \
        va_list rest;                              \
        va_start(rest, flags);                     \
        mode_t mode = mode_of(flags, rest);        \
        va_end(rest);                              \
        return opened(AT_FDCWD, path, flags, 0, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                               \
    int name(int dir, const char *path, int flags, ...) { \
        va_list rest;                              \
        va_start(rest, flags);                     \
        mode_t mode = mode_of(flags, rest);        \
        va_end(rest);                              \
        return opened(dir, path, flags, 1, mode);  \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
    if (known(fd)) ours[fd] = 0;
    return REAL(close)(fd);
}

#define WRITE(fd, size, call_all, call_half)       \
    do {                                           \
        enum verdict verdict = judge(known(fd));   \
        if (verdict == FAIL) return failed();      \
        if (verdict == DO || size < 2) return (call_all); \
        ssize_t half = (call_half);                \
        return verdict == SHORT ? half : failed(); \
    } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    WRITE(fd, size, REAL(write)(fd, data, size), REAL(write)(fd, data, size / 2));
}

#define PWRITE(name)                               \
    ssize_t name(int fd, const void *data, size_t size, off_t at) { \
        WRITE(fd, size, REAL(pwrite64)(fd, data, size, at), REAL(pwrite64)(fd, data, size / 2, at)); \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t writev(int fd, const struct iovec *pieces, int many) {
    WRITE(fd, many > 0 ? pieces[0].iov_len : 0, REAL(writev)(fd, pieces, many),
          REAL(write)(fd, pieces[0].iov_base, pieces[0].iov_len / 2));
}

static int swallowed(int fd) {
    return known(fd) && !strcmp(how, "swallow");
}

int fsync(int fd) {
    if (swallowed(fd)) return 0;
    WHOLE(known(fd), REAL(fsync)(fd));
}
int fdatasync(int fd) {
    if (swallowed(fd)) return 0;
    WHOLE(known(fd), REAL(fdatasync)(fd));
}
int ftruncate(int fd, off_t size) { WHOLE(known(fd), REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off_t size) { WHOLE(known(fd), REAL(ftruncate)(fd, size)); }
int fallocate(int fd, int mode, off_t at, off_t size) {
    WHOLE(known(fd), REAL(fallocate)(fd, mode, at, size));
}
int posix_fallocate(int fd, off_t at, off_t size) {
    enum verdict verdict = judge(known(fd));
    return verdict == FAIL || verdict == FAIL_DONE ? fails_with
                                                   : REAL(posix_fallocate)(fd, at, size);
}
int rename(const char *from, const char *to) {
    WHOLE(inside(AT_FDCWD, to), REAL(rename)(from, to));
}
int renameat(int a, const char *from, int b, const char *to) {
    WHOLE(inside(b, to), REAL(renameat)(a, from, b, to));
}
int link(const char *from, const char *to) { WHOLE(inside(AT_FDCWD, to), REAL(link)(from, to)); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    WHOLE(inside(b, to), REAL(linkat)(a, from, b, to, flags));
}
int unlink(const char *path) { WHOLE(inside(AT_FDCWD, path), REAL(unlink)(path)); }
int unlinkat(int dir, const char *path, int flags) {
    WHOLE(inside(dir, path), REAL(unlinkat)(dir, path, flags));
}
int mkdir(const char *path, mode_t mode) { WHOLE(inside(AT_FDCWD, path), REAL(mkdir)(path, mode)); }
int mkdirat(int dir, const char *path, mode_t mode) {
    WHOLE(inside(dir, path), REAL(mkdirat)(dir, path, mode));
}
