/* SPDX-License-Identifier: Apache-2.0 */
/* child.c - a child leads a process group of its own: what it starts ends with it. It
 * dumps no core and leaves by _exit. */
#include "core/kit/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"

#define READ_BYTES 65536

typedef struct pipes {
    int out[2], spoken[2];
} pipes;

static void close_end(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static void close_all(pipes *p)
{
    close_end(&p->out[0]);
    close_end(&p->out[1]);
    close_end(&p->spoken[0]);
    close_end(&p->spoken[1]);
}

static int open_pipes(pipes *p, tcn_err *reterr)
{
    *p = (pipes){{-1, -1}, {-1, -1}};
    if (pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->spoken, O_CLOEXEC) == 0)
        return 0;
    int rc = tcn_err_set(reterr, TCN_E_IO, "cannot make a pipe: %s", strerror(errno));
    close_all(p);
    return rc;
}

static _Noreturn void run_in_child(const pipes *p, tcn_child_fn fn, void *ud)
{
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)dup2(p->spoken[1], STDOUT_FILENO);
    (void)dup2(p->spoken[1], STDERR_FILENO);
    (void)close(p->out[0]);
    (void)close(p->spoken[0]);
    (void)close(p->spoken[1]);
    int status = fn(p->out[1], ud);
    (void)fflush(stdout);
    (void)fflush(stderr);
    _exit(status);
}

/* False when the other side has closed it. What is over the limit is read and dropped. */
static bool take(int fd, tcn_buf *to)
{
    char bytes[READ_BYTES];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        return false;
    size_t room = to->limit - to->len;
    (void)tcn_buf_add(to, bytes, (size_t)n < room ? (size_t)n : room);
    return true;
}

/* Reads both pipes until they are closed, or the time is over. */
static void collect(tcn_child *child, pipes *p)
{
    int64_t until_ms = tcn_clock_mono_ms() + child->limit_ms;
    while (p->out[0] >= 0 || p->spoken[0] >= 0) {
        struct pollfd fds[2] = {{p->out[0], POLLIN, 0}, {p->spoken[0], POLLIN, 0}};
        int64_t left_ms = until_ms - tcn_clock_mono_ms();
        if (left_ms <= 0) {
            child->is_late = true;
            return;
        }
        if (poll(fds, 2, (int)left_ms) < 0 && errno != EINTR)
            return;
        if (fds[0].revents != 0 && !take(p->out[0], &child->output))
            close_end(&p->out[0]);
        if (fds[1].revents != 0 && !take(p->spoken[0], &child->spoken))
            close_end(&p->spoken[0]);
    }
}

static void wait_for(tcn_child *child, pid_t pid)
{
    int status = 0;
    siginfo_t info = {0};
    /* Still a zombie: its group cannot belong to another process yet. */
    if (child->is_late)
        (void)kill(pid, SIGKILL);
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int tcn_child_run(tcn_child *child, tcn_child_fn fn, void *ud, tcn_err *reterr)
{
    pipes p;
    tcn_buf_init(&child->output, child->output_max);
    tcn_buf_init(&child->spoken, child->output_max);
    int rc = open_pipes(&p, reterr);
    if (rc < 0)
        return rc;
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        rc = tcn_err_set(reterr, TCN_E_IO, "cannot make a process: %s", strerror(errno));
        close_all(&p);
        return rc;
    }
    if (pid == 0)
        run_in_child(&p, fn, ud);
    child->pid = pid;
    close_end(&p.out[1]);
    close_end(&p.spoken[1]);
    collect(child, &p);
    wait_for(child, pid);
    close_all(&p);
    return 0;
}

void tcn_child_deinit(tcn_child *child)
{
    tcn_buf_deinit(&child->output);
    tcn_buf_deinit(&child->spoken);
}

const char *tcn_child_end(const tcn_child *child, char out[160])
{
    if (child->is_late)
        (void)snprintf(out, 160, "did not end within %u s", child->limit_ms / 1000);
    else if (child->signal != 0)
        (void)snprintf(out, 160, "crashed (signal %d, %s)", child->signal,
                       sigdescr_np(child->signal));
    else if (child->status != 0 || child->output.len == 0)
        (void)snprintf(out, 160, "ended the process (exit %d)", child->status);
    else
        return NULL;
    return out;
}
