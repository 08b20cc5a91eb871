/* SPDX-License-Identifier: Apache-2.0 */
/* slow_sync.c - preloaded: a disk that does not answer for as long as the file exists
 * that SLOW_SYNC names. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_for_disk(void)
{
    static const struct timespec pause = {0, 1000000};
    const char *path = getenv("SLOW_SYNC");
    while (path != NULL && access(path, F_OK) == 0)
        (void)nanosleep(&pause, NULL);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    wait_for_disk();
    return (int)syscall(SYS_fsync, fd);
}
