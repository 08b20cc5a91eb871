/* SPDX-License-Identifier: Apache-2.0 */
/* gate.c - opens plugin files without following links and walks up to the root by
 * descriptors, so that a directory that is renamed meanwhile cannot lead elsewhere. */
#include "core/gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/str.h"

#define PLACE_TEXT 256 /* bytes */
#define DEPTH_MAX  256

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The directory of path, which must be one of the gate's. */
static int open_directory(const tcn_gate *gate, const char *path, const char **ret_name,
                          int *ret_fd, tcn_err *reterr)
{
    const char *slash = strrchr(path, '/');
    char parent[4096];
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    if (len >= sizeof parent)
        return tcn_err_set(reterr, TCN_E_LIMIT, "has a path that is too long");
    (void)snprintf(parent, sizeof parent, "%.*s%s", (int)len, path, len == 0 ? "." : "");
    if (slash == path)
        (void)snprintf(parent, sizeof parent, "/");
    struct stat own, allowed;
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &own) == 0) {
        for (size_t i = 0; i < gate->dir_count; i++) {
            if (stat(gate->dirs[i], &allowed) == 0 && is_same(&own, &allowed)) {
                *ret_name = slash == NULL ? path : slash + 1;
                *ret_fd = fd;
                return 0;
            }
        }
    }
    if (fd >= 0)
        (void)close(fd);
    return tcn_err_set(reterr, TCN_E_DENIED, "is outside the plugin directories");
}

/* O_NONBLOCK: a pipe must not make the daemon wait. */
static int open_beneath(int dir, const char *name)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
    struct open_how how = {
        .flags = (uint64_t)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    long fd = syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return openat(dir, name, flags);
    return (int)fd;
}

static int open_file(int dir, const char *name, int *ret_fd, tcn_err *reterr)
{
    if (!tcn_str_ends(tcn_str_c(name), TCN_STR(".so")))
        return tcn_err_set(reterr, TCN_E_INVALID, "does not end in .so");
    int fd = open_beneath(dir, name);
    if (fd < 0 && errno == ELOOP)
        return tcn_err_set(reterr, TCN_E_DENIED, "is a symbolic link");
    if (fd < 0)
        return tcn_err_set(reterr, TCN_E_IO, "cannot be opened: %s", strerror(errno));
    *ret_fd = fd;
    return 0;
}

/* what: "" for the file, else the directory's name in the text. */
static int check_owner(const struct stat *st, const char *what, tcn_err *reterr)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return tcn_err_set(reterr, TCN_E_DENIED, "%sis owned by uid %u", what,
                           st->st_uid);
    if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return tcn_err_set(reterr, TCN_E_DENIED,
                           "%scan be written by group or others (mode %04o)", what,
                           st->st_mode & 07777u);
    return 0;
}

/* "lies below /srv, which ": what a complaint about that directory begins with. */
static const char *place_text(int fd, bool is_own, char out[PLACE_TEXT])
{
    char link[48], path[PLACE_TEXT - 32];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    path[len > 0 ? len : 0] = '\0';
    (void)snprintf(out, PLACE_TEXT, "lies %s %s, which ", is_own ? "in" : "below",
                   len > 0 ? path : "a directory");
    return out;
}

static int check_parents(int dir, tcn_err *reterr)
{
    struct stat st, above;
    int fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
    int rc = fd < 0 || fstat(fd, &st) < 0 ? TCN_E_IO : 0;
    for (unsigned depth = 0; rc == 0 && depth < DEPTH_MAX; depth++) {
        char place[PLACE_TEXT];
        rc = check_owner(&st, place_text(fd, depth == 0, place), reterr);
        if (rc < 0)
            break;
        int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (up < 0 || fstat(up, &above) < 0)
            rc = tcn_err_set(reterr, TCN_E_IO,
                             "lies below a directory that cannot be opened: %s",
                             strerror(errno));
        (void)close(fd);
        fd = up;
        if (rc < 0 || is_same(&st, &above))
            break;
        st = above;
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static int check_permissions(int dir, const struct stat *st, tcn_err *reterr)
{
    int rc = check_owner(st, "", reterr);
    return rc < 0 ? rc : check_parents(dir, reterr);
}

static int check_size(const struct stat *st, tcn_err *reterr)
{
    if (st->st_size <= 0)
        return tcn_err_set(reterr, TCN_E_INVALID, "is empty");
    if ((uint64_t)st->st_size > TCN_PLUGIN_FILE_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "is larger than 64 MiB");
    return 0;
}

static int check_file(const tcn_gate *gate, int dir, int fd, tcn_file_mark *ret_mark,
                      tcn_err *ret_warning, tcn_err *reterr)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return tcn_err_set(reterr, TCN_E_INVALID, "is not a regular file");
    tcn_err owner = {0};
    int rc = check_permissions(dir, &st, &owner);
    if (rc < 0 && gate->is_strict)
        return tcn_err_set(reterr, rc, "%s", owner.text);
    if (rc < 0)
        (void)tcn_err_set(ret_warning, rc, "%s", owner.text);
    rc = check_size(&st, reterr);
    if (rc == 0)
        *ret_mark = tcn_file_mark_of(&st, tcn_clock_wall_us());
    return rc;
}

int tcn_gate_open(const tcn_gate *gate, const char *path, int *ret_fd,
                  tcn_file_mark *ret_mark, tcn_err *ret_warning, tcn_err *reterr)
{
    const char *name = NULL;
    int dir = -1, fd = -1;
    int rc = open_directory(gate, path, &name, &dir, reterr);
    if (rc < 0)
        return rc;
    rc = open_file(dir, name, &fd, reterr);
    if (rc == 0)
        rc = check_file(gate, dir, fd, ret_mark, ret_warning, reterr);
    (void)close(dir);
    if (rc == 0)
        *ret_fd = fd;
    else if (fd >= 0)
        (void)close(fd);
    return rc;
}
