/* SPDX-License-Identifier: Apache-2.0 */
/* cli.h - the commands of the program. Each command is one function in a file of its own,
 * cmd_<name>.c; it parses its arguments with options.h, prints data to standard output
 * and errors to standard error, and returns the exit status. */
#ifndef TCN_CLI_CLI_H
#define TCN_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buf.h"
#include "core/base/compiler.h"
#include "core/base/err.h"

enum tcn_exit {
    TCN_EXIT_OK = 0,
    TCN_EXIT_FAILED = 1, /* what was asked about failed: a test, a check, a request */
    TCN_EXIT_USAGE = 2,  /* wrong arguments */
};

typedef struct tcn_command {
    const char *name;    /* one or two words: "render", "event emit" */
    const char *summary; /* one line for "tocsin help" */
    /* argv[0] is the name, the arguments follow, argv[argc] is NULL. */
    int (*run)(int argc, char **argv);
} tcn_command;

int tcn_cmd_automation_explain(int argc, char **argv);
int tcn_cmd_block_create(int argc, char **argv);
int tcn_cmd_block_delete(int argc, char **argv);
int tcn_cmd_block_inspect(int argc, char **argv);
int tcn_cmd_block_ls(int argc, char **argv);
int tcn_cmd_block_send(int argc, char **argv);
int tcn_cmd_check(int argc, char **argv);
int tcn_cmd_event_emit(int argc, char **argv);
int tcn_cmd_event_ls(int argc, char **argv);
int tcn_cmd_help(int argc, char **argv);
int tcn_cmd_plugin_check(int argc, char **argv);
int tcn_cmd_plugin_inspect(int argc, char **argv);
int tcn_cmd_plugin_ls(int argc, char **argv);
int tcn_cmd_plugin_new(int argc, char **argv);
int tcn_cmd_outbox_drop(int argc, char **argv);
int tcn_cmd_outbox_ls(int argc, char **argv);
int tcn_cmd_outbox_retry(int argc, char **argv);
int tcn_cmd_outbox_show(int argc, char **argv);
int tcn_cmd_render(int argc, char **argv);
int tcn_cmd_replay(int argc, char **argv);
int tcn_cmd_reload(int argc, char **argv);
int tcn_cmd_serve(int argc, char **argv);
int tcn_cmd_sink(int argc, char **argv);
int tcn_cmd_status(int argc, char **argv);
int tcn_cmd_test(int argc, char **argv);
int tcn_cmd_version(int argc, char **argv);

/* Every command in the order of the help page; ends with a NULL name. */
const tcn_command *tcn_commands(void);
/* The command that argv (without the program's name) begins with, and in *ret_words how
 * many words its name took; NULL when there is none. */
const tcn_command *tcn_command_find(int argc, char **argv, int *ret_words);

/* Says that there is no such command, and which may have been meant; returns
 * TCN_EXIT_USAGE. The first of two words followed by a request for help lists the second
 * ones, and TCN_EXIT_OK. next may be NULL. */
int tcn_command_unknown(const char *word, const char *next);

/* Prints "tocsin: text" to standard error; returns TCN_EXIT_FAILED. */
int tcn_cli_fail(const char *fmt, ...) TCN_PRINTF(1, 2);
/* Prints err as "file:line:column: text" where the place is known; returns
 * TCN_EXIT_FAILED. */
int tcn_cli_fail_err(const tcn_err *err);
/* Whether to colour what goes to this descriptor: a terminal, and NO_COLOR is not set. */
bool tcn_cli_has_colour(int fd);

/* Flushes standard output. status, or TCN_EXIT_FAILED when it could not be written. */
int tcn_cli_flush(int status);

/* Appends the file (standard input for "-") to out, whose limit is the most that is read.
 * 0 or a negative code with reterr filled, which names the file. */
int tcn_cli_read_file(const char *path, tcn_buf *out, tcn_err *reterr);

#endif
