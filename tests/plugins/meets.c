/* SPDX-License-Identifier: Apache-2.0 */
/* meets.c - a plugin whose constructor comes back when that of another one has begun,
 * too: each leaves its name in the directory of TOCSIN_MEETING. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <tocsin/plugin.h>
#include <unistd.h>

static void leave_name(const char *dir)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/" OWN_NAME, dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
}

__attribute__((constructor)) static void meet(void)
{
    static const struct timespec moment = {0, 1000000};
    const char *dir = getenv("TOCSIN_MEETING");
    char path[600];
    if (dir == NULL)
        return;
    leave_name(dir);
    (void)snprintf(path, sizeof path, "%s/" OTHER_NAME, dir);
    while (access(path, F_OK) != 0)
        (void)nanosleep(&moment, NULL);
}

const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host)
{
    (void)host;
    return NULL;
}
