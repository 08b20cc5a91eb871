/* SPDX-License-Identifier: Apache-2.0 */
/* lock.c - the lock file. It is never removed: whoever opened the old file and whoever
 * made a new one would both hold a lock. */
#include "core/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/str.h"

static int64_t read_pid(int fd)
{
    char text[32];
    ssize_t len = pread(fd, text, sizeof text, 0);
    int64_t pid = 0;
    if (len > 0)
        (void)tcn_str_int(tcn_str_trim(tcn_str_of(text, (size_t)len)), 1, INT_MAX, &pid);
    return pid;
}

static int refuse(int fd, const char *name, tcn_err *reterr)
{
    int number = errno;
    if (number != EWOULDBLOCK)
        return tcn_err_set(reterr, TCN_E_IO, "cannot lock %s: %s", name,
                           strerror(number));
    return tcn_err_set(reterr, TCN_E_BUSY, "another tocsin (pid %lld) holds %s",
                       (long long)read_pid(fd), name);
}

int tcn_store_lock(const char *path, int *ret_fd, tcn_err *reterr)
{
    char name[PATH_MAX];
    int len = snprintf(name, sizeof name, "%s.lock", path);
    if (len < 0 || (size_t)len >= sizeof name)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the path of the store is too long");

    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return tcn_err_set(reterr, TCN_E_IO, "cannot open %s: %s", name, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int rc = refuse(fd, name, reterr);
        close(fd);
        return rc;
    }

    /* The pid is for people only: a full disk must not keep the store shut. */
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    (void)!ftruncate(fd, 0);
    (void)!pwrite(fd, text, (size_t)size, 0);
    *ret_fd = fd;
    return 0;
}
