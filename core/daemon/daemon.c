/* SPDX-License-Identifier: Apache-2.0 */
/* daemon.c - one life of the daemon: start, run the loop, stop. */
#include "core/daemon/daemon_int.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/daemon/definitions.h"

static void on_signal(uv_signal_t *signal, int number)
{
    tcn_daemon *daemon = signal->data;
    if (number == SIGHUP)
        (void)tcn_reload_ask(daemon->reload, &(tcn_reload_request){.trigger = "signal"});
    else if (number == SIGUSR1)
        tcn_daemon_status_log(daemon);
    else
        tcn_daemon_stop(daemon);
}

static void watch_signals(tcn_daemon *daemon)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    for (size_t i = 0; i < TCN_COUNT(numbers); i++) {
        uv_signal_init(&daemon->loop, &daemon->signals[i]);
        daemon->signals[i].data = daemon;
        uv_signal_start(&daemon->signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&daemon->loop, &daemon->drain);
    daemon->drain.data = daemon;
    daemon->has_signals = true;
}

/* Where people look: on standard error before there is a log, in its form afterwards. */
static void tell_problems(const tcn_daemon *daemon, const tcn_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const tcn_problem *problem = &problems->items[i];
        enum tcn_log_level level = problem->is_warning ? TCN_LOG_WARNING : TCN_LOG_ERROR;
        char text[1024];
        tcn_err_format(&problem->err, text, sizeof text);
        if (daemon->log == NULL)
            fprintf(stderr, "%s%s%s\n", tcn_log_priority(level, STDERR_FILENO),
                    problem->is_warning ? "warning: " : "", text);
        else
            tcn_log_write(daemon->log, level, "config", "%s", text);
    }
}

static void tell_ready(const tcn_daemon *daemon)
{
    size_t blocks = tcn_plugins_block_count(daemon->plugins);
    tcn_log_write(daemon->log, TCN_LOG_NOTICE, "daemon",
                  "ready: %zu automation%s, %zu block%s", daemon->automations,
                  tcn_plural(daemon->automations), blocks, tcn_plural(blocks));
}

int tcn_daemon_run(const char *config_path, bool is_strict)
{
    static tcn_daemon daemon;
    tcn_problems problems;
    tcn_problems_init(&problems);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN); /* until it runs: these two would end the process */
    signal(SIGUSR1, SIG_IGN);
    daemon.is_strict = is_strict;
    tcn_notice_init(&daemon);
    if (uv_loop_init(&daemon.loop) < 0)
        return 1;

    int rc = tcn_daemon_start(&daemon, config_path, &problems);
    tell_problems(&daemon, &problems);
    if (rc >= 0) {
        watch_signals(&daemon);
        daemon.phase = TCN_DAEMON_RUNNING;
        tell_ready(&daemon);
        tcn_notice_ready(&daemon);
    } else {
        fprintf(stderr, "%stocsin: not started: %zu problem%s\n",
                tcn_log_priority(TCN_LOG_ERROR, STDERR_FILENO), problems.errors,
                tcn_plural(problems.errors));
        tcn_daemon_stop_now(&daemon);
    }
    tcn_problems_deinit(&problems);
    uv_run(&daemon.loop, UV_RUN_DEFAULT);
    tcn_daemon_deinit(&daemon);
    if (daemon.is_stuck)
        _exit(rc < 0 ? 1 : 0);
    return rc < 0 ? 1 : 0;
}

void tcn_daemon_check(const char *config_path, tcn_problems *problems)
{
    tcn_daemon daemon = {0};
    if (uv_loop_init(&daemon.loop) < 0) {
        tcn_err err = {0};
        tcn_err_set(&err, TCN_E_NOMEM, "no loop can be made");
        tcn_problems_add(problems, &err);
        return;
    }
    tcn_daemon_look(&daemon, config_path, problems);
    tcn_daemon_stop_now(&daemon);
    uv_run(&daemon.loop, UV_RUN_DEFAULT);
    tcn_daemon_deinit(&daemon);
}
