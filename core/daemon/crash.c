/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c - the handler of fatal signals, and of an exit that no plugin may call. All
 * that it needs was prepared before: it only compares, copies bytes and writes.
 * Afterwards the signal takes its usual course. */
#include "core/daemon/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/plugin/crash.h"

#define EXIT_IN_PLUGIN 70
#define STACK_BYTES    ((size_t)64 << 10)

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static struct {
    const tcn_note *notes;
    size_t count;
    int fd;
    pid_t process; /* children have nothing to tell */
    const char *priority;
    struct sigaction before[TCN_COUNT(signals)];
    bool is_watching;
} crash;

static const tcn_note *own_note(void)
{
    int32_t thread = (int32_t)syscall(SYS_gettid);
    for (size_t i = 0; i < crash.count; i++)
        if (crash.notes[i].thread == thread)
            return crash.notes[i].slot != NULL ? &crash.notes[i] : NULL;
    return NULL;
}

static void write_all(int fd, const char *bytes, size_t len)
{
    ssize_t n = write(fd, bytes, len);
    (void)n; /* there is nobody to tell */
}

static void tell(const tcn_note *note, int number)
{
    char text[TCN_CRASH_TEXT];
    size_t len = tcn_crash_words(crash.priority, note, number, text);
    write_all(STDERR_FILENO, text, len);
    if (note != NULL)
        write_all(crash.fd, text,
                  tcn_crash_record(note, number, tcn_clock_wall_us(), text));
}

static void on_fatal(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (getpid() == crash.process)
        tell(own_note(), number);
    for (size_t i = 0; i < TCN_COUNT(signals); i++)
        if (signals[i] == number)
            (void)sigaction(number, &crash.before[i], NULL);
    /* A fault happens again where it did; what was sent must be sent again. */
    if (info->si_code <= 0)
        (void)raise(number);
}

/* exit runs the destructors of a daemon that is still at work. */
static void on_exit_called(void)
{
    const tcn_note *note = getpid() == crash.process ? own_note() : NULL;
    if (note == NULL)
        return;
    tell(note, 0);
    _exit(EXIT_IN_PLUGIN);
}

static int watch_signals(tcn_err *reterr)
{
    static char stack[STACK_BYTES];
    const stack_t signal_stack = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_fatal;
    (void)sigemptyset(&action.sa_mask);
    if (sigaltstack(&signal_stack, NULL) < 0)
        return tcn_err_set(reterr, TCN_E_INTERNAL, "no stack for signals");
    for (size_t i = 0; i < TCN_COUNT(signals); i++)
        (void)sigaction(signals[i], &action, &crash.before[i]);
    return atexit(on_exit_called) == 0
               ? 0
               : tcn_err_set(reterr, TCN_E_NOMEM, "out of memory");
}

int tcn_crash_watch(const tcn_plugins *plugins, const char *path, tcn_err *reterr)
{
    crash.fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (crash.fd < 0)
        return tcn_err_set(reterr, TCN_E_IO, "cannot open %.200s: %s", path,
                           strerror(errno));
    crash.process = getpid();
    crash.priority = tcn_log_priority(TCN_LOG_ERROR, STDERR_FILENO);
    crash.notes = tcn_plugins_notes(plugins, &crash.count);
    crash.is_watching = true;
    return watch_signals(reterr);
}

void tcn_crash_forget(void)
{
    if (!crash.is_watching)
        return;
    crash.count = 0;
    crash.is_watching = false;
    (void)close(crash.fd);
    crash.fd = -1;
}
