/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - the child dumps no core and leaves by _exit, so that nothing of the daemon's
 * runs in it twice. */
#include "core/gate/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/compiler.h"
#include "core/gate/table.h"

#define ARENA_LIMIT ((size_t)4 << 20)

typedef const tocsin_plugin *(*entry_fn)(const tocsin_host *host);

/* Fatal signals end the child at once, whatever the daemon does about them. */
static void reset_signals(void)
{
    static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL,
                                SIGFPE,  SIGTRAP, SIGTERM};
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < TCN_COUNT(fatal); i++)
        (void)signal(fatal[i], SIG_DFL);
}

/* Whatever it finds is found again and reported by the parent. */
static void read_table(const tocsin_plugin *theirs)
{
    tcn_arena arena;
    tcn_table table;
    tcn_arena_init(&arena, ARENA_LIMIT);
    if (theirs != NULL && tcn_table_read(theirs, &arena, &table, NULL) == 0)
        (void)tcn_table_check_options(&table, NULL);
    tcn_arena_deinit(&arena);
}

_Noreturn void tcn_probe_run(const char *path, const tocsin_host *host)
{
    reset_signals();
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle == NULL ? NULL : dlsym(handle, "tocsin_plugin_entry_v1");
    if (symbol != NULL) {
        entry_fn entry;
        memcpy(&entry, &symbol, sizeof entry);
        read_table(entry(host));
    }
    _exit(0);
}

/* The descriptor becomes the child's number 3. Signals that the daemon blocks or ignores
 * are as in a new process. */
static pid_t spawn(const tcn_probe *probe)
{
    static char option[] = TCN_PROBE_OPTION, name[] = "tocsin",
                third[] = "/proc/self/fd/3";
    char *path = probe->fd >= 0 ? third : (char *)(uintptr_t)probe->path;
    char *const arguments[] = {name, option, path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    pid_t child = -1;
    (void)sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawnattr_init(&attributes) != 0)
        goto fail_attributes;
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if ((probe->fd < 0 ||
         posix_spawn_file_actions_adddup2(&actions, probe->fd, 3) == 0) &&
        posix_spawn(&child, probe->program, &actions, &attributes, arguments, environ) !=
            0)
        child = -1;
    (void)posix_spawnattr_destroy(&attributes);
fail_attributes:
    (void)posix_spawn_file_actions_destroy(&actions);
    return child;
}

static pid_t begin(const tcn_probe *probe)
{
    if (probe->program != NULL)
        return spawn(probe);
    pid_t child = fork();
    if (child == 0)
        tcn_probe_run(probe->path, probe->host);
    return child;
}

/* The child's status, or -1 when it had to be killed. */
static int wait_for(pid_t child, uint32_t limit_ms)
{
    static const struct timespec pause = {0, 200000};
    int64_t until_ms = tcn_clock_mono_ms() + limit_ms;
    int status = 0;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            return status;
        if (ended < 0 && errno != EINTR)
            return 0; /* somebody else has waited for it */
        if (tcn_clock_mono_ms() >= until_ms)
            break;
        (void)nanosleep(&pause, NULL);
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return -1;
}

int tcn_probe_load(const tcn_probe *probe, tcn_err *reterr)
{
    pid_t child = begin(probe);
    if (child < 0)
        return 0;
    int status = wait_for(child, probe->limit_ms);
    if (status == -1)
        return tcn_err_set(reterr, TCN_E_INVALID, "does not finish loading within %u ms",
                           probe->limit_ms);
    if (WIFSIGNALED(status))
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "crashes when it is loaded (signal %d, %s)", WTERMSIG(status),
                           sigdescr_np(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return tcn_err_set(reterr, TCN_E_INVALID,
                           "ends the process when it is loaded (exit %d)",
                           WEXITSTATUS(status));
    return 0;
}
