/* SPDX-License-Identifier: Apache-2.0 */
/* census.c - asks the kernel and the C library, and changes nothing. */
#include "core/kit/census.h"

#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/str.h"

extern char **environ;

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    while (readdir(dir) != NULL)
        count++;
    (void)closedir(dir);
    return count;
}

static size_t resident_kib(void)
{
    char line[128];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %lu kB", &kib) == 1)
            break;
    if (file != NULL)
        (void)fclose(file);
    return kib;
}

static uint64_t hash_environment(void)
{
    uint64_t hash = 0;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        hash = tcn_hash(*entry, strlen(*entry), hash);
    return hash;
}

void tcn_census_take(tcn_census *census)
{
    memset(census, 0, sizeof *census);
    census->descriptors = count_entries("/proc/self/fd");
    census->threads = count_entries("/proc/self/task") - 2; /* "." and ".." */
    census->rss_kib = resident_kib();
    if (getcwd(census->folder, sizeof census->folder) == NULL)
        census->folder[0] = '\0';
    const char *locale = setlocale(LC_ALL, NULL);
    (void)snprintf(census->locale, sizeof census->locale, "%s",
                   locale != NULL ? locale : "");
    census->umask = umask(0);
    (void)umask(census->umask);
    (void)sigprocmask(SIG_SETMASK, NULL, &census->mask);
    for (int i = 1; i < NSIG; i++)
        (void)sigaction(i, NULL, &census->actions[i]);
    census->environment = hash_environment();
    for (unsigned i = 0; i < RLIM_NLIMITS; i++)
        (void)getrlimit((__rlimit_resource_t)i, &census->limits[i]);
}

static int changed_action(const tcn_census *before, const tcn_census *after)
{
    for (int i = 1; i < NSIG; i++)
        if (before->actions[i].sa_handler != after->actions[i].sa_handler)
            return i;
    return 0;
}

static int changed_mask(const tcn_census *before, const tcn_census *after)
{
    for (int i = 1; i < NSIG; i++)
        if (sigismember(&before->mask, i) != sigismember(&after->mask, i))
            return i;
    return 0;
}

const char *tcn_census_change(const tcn_census *before, const tcn_census *after,
                              char out[400])
{
    int action = changed_action(before, after), masked = changed_mask(before, after);
    if (before->umask != after->umask)
        (void)snprintf(out, 400, "changed the umask from %04o to %04o", before->umask,
                       after->umask);
    else if (strcmp(before->locale, after->locale) != 0)
        (void)snprintf(out, 400, "changed the locale from %.100s to %.100s",
                       before->locale, after->locale);
    else if (strcmp(before->folder, after->folder) != 0)
        (void)snprintf(out, 400, "changed the working directory to %.300s",
                       after->folder);
    else if (masked != 0)
        (void)snprintf(out, 400, "changed the signal mask (SIG%s)", sigabbrev_np(masked));
    else if (action != 0)
        (void)snprintf(out, 400, "changed what SIG%s does", sigabbrev_np(action));
    else if (before->environment != after->environment)
        (void)snprintf(out, 400, "changed the environment");
    else if (memcmp(before->limits, after->limits, sizeof before->limits) != 0)
        (void)snprintf(out, 400, "changed a resource limit");
    else
        return NULL;
    return out;
}
