/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - the child dumps no core and leaves by _exit, so that nothing of the daemon's
 * runs in it twice. */
#include "core/gate/probe.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/compiler.h"
#include "core/gate/table.h"

#define ARENA_LIMIT ((size_t)4 << 20)
#define LOOK_MS     1

/* How the child ends. Not 0 and not 1: a constructor that calls exit is no plugin that
 * was loaded, whatever it says. */
enum {
    EXIT_LOADED = 113,
    EXIT_CLOSED = 114,
    EXIT_FORKED = 115
};

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
    int witness = open("/dev/null", O_RDONLY | O_CLOEXEC);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = handle == NULL ? NULL : dlsym(handle, "tocsin_plugin_entry_v1");
    if (symbol != NULL) {
        entry_fn entry;
        memcpy(&entry, &symbol, sizeof entry);
        read_table(entry(host));
    }
    if (witness >= 0 && fcntl(witness, F_GETFD) < 0)
        _exit(EXIT_CLOSED);
    _exit(waitpid(-1, NULL, WNOHANG) >= 0 ? EXIT_FORKED : EXIT_LOADED);
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

/* ---- waiting ---- */

/* A child that lives. */
typedef struct trial {
    tcn_probe *probe;
    pid_t child;
    int fd; /* of the process: readable when it has ended; -1: the kernel has no such */
    int64_t until_ms;
} trial;

static bool start(trial *t, tcn_probe *probe)
{
    probe->status = 0;
    pid_t child = begin(probe);
    if (child < 0)
        return false;
    *t = (trial){probe, child, (int)syscall(SYS_pidfd_open, child, 0),
                 tcn_clock_mono_ms() + probe->limit_ms};
    return true;
}

/* Until one ends or has had its time. Without descriptors of processes one must look. */
static void wait_for_any(const trial *trials, size_t count)
{
    struct pollfd polls[TCN_PROBES_AT_ONCE];
    int64_t now_ms = tcn_clock_mono_ms(), wait_ms = INT_MAX;
    for (size_t i = 0; i < count; i++) {
        int64_t left_ms = trials[i].until_ms - now_ms;
        if (trials[i].fd < 0 && left_ms > LOOK_MS)
            left_ms = LOOK_MS;
        wait_ms = left_ms < wait_ms ? left_ms : wait_ms;
        polls[i] = (struct pollfd){.fd = trials[i].fd, .events = POLLIN};
    }
    (void)poll(polls, (nfds_t)count, wait_ms > 0 ? (int)wait_ms : 0);
}

static void judge(tcn_probe *probe, int status)
{
    if (WIFSIGNALED(status))
        probe->status = tcn_err_set(probe->err, TCN_E_INVALID,
                                    "crashes when it is loaded (signal %d, %s)",
                                    WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == EXIT_CLOSED)
        probe->status =
            tcn_err_set(probe->err, TCN_E_INVALID,
                        "closes descriptors that are not its own when it is loaded");
    else if (WEXITSTATUS(status) == EXIT_FORKED)
        probe->status =
            tcn_err_set(probe->err, TCN_E_INVALID, "starts a process when it is loaded");
    else if (WEXITSTATUS(status) != EXIT_LOADED)
        probe->status = tcn_err_set(probe->err, TCN_E_INVALID,
                                    "ends the process when it is loaded (exit %d)",
                                    WEXITSTATUS(status));
}

static void give_up(const trial *t)
{
    (void)kill(t->child, SIGKILL);
    (void)waitpid(t->child, NULL, 0);
    t->probe->status =
        tcn_err_set(t->probe->err, TCN_E_INVALID, "does not finish loading within %u ms",
                    t->probe->limit_ms);
}

static bool is_over(const trial *t)
{
    int status = 0;
    pid_t ended = waitpid(t->child, &status, WNOHANG);
    if (ended == t->child)
        judge(t->probe, status);
    else if (ended == 0 && tcn_clock_mono_ms() >= t->until_ms)
        give_up(t);
    else if (ended == 0 || errno == EINTR)
        return false;
    /* else somebody else has waited for it */
    if (t->fd >= 0)
        (void)close(t->fd);
    return true;
}

void tcn_probe_load(tcn_probe *probes, size_t count)
{
    trial trials[TCN_PROBES_AT_ONCE];
    size_t running = 0, next = 0;
    while (next < count || running > 0) {
        while (next < count && running < TCN_PROBES_AT_ONCE)
            running += start(&trials[running], &probes[next++]);
        wait_for_any(trials, running);
        size_t left = 0;
        for (size_t i = 0; i < running; i++)
            if (!is_over(&trials[i]))
                trials[left++] = trials[i];
        running = left;
    }
}
