/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the arguments of a command: long options (--name value, --name=value,
 * --flag) and operands, in any order; "--" ends the options, "-" is an operand. Every
 * command has --help.
 *
 *     bool json = false;
 *     const char *url = NULL;
 *     const tcn_option options[] = {
 *         {.name = "json", .flag = &json},
 *         {.name = "url", .text = &url},
 *         {0},
 *     };
 *     tcn_operands files;
 *     int status;
 *     if (!tcn_options_parse(usage, options, argc, argv, &files, &status))
 *         return status;
 */
#ifndef TCN_CLI_OPTIONS_H
#define TCN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/compiler.h"

#define TCN_OPTION_LIST_MAX 256

/* The values of an option that may be given several times. */
typedef struct tcn_option_list {
    const char *items[TCN_OPTION_LIST_MAX];
    size_t count;
} tcn_option_list;

/* Where to put the value: exactly one of the pointers is set. Values that are not given
 * stay as they were. Texts are borrowed from argv. */
typedef struct tcn_option {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* also -x; 0: none */
    bool *flag;
    const char **text;
    tcn_option_list *list;
    int64_t *number;   /* a decimal number in [min, max] */
    int64_t *duration; /* "500ms", "10s", "5m", or seconds; microseconds in [min, max] */
    int64_t min, max;
} tcn_option;

/* What is not an option. Points into argv, which is reordered. */
typedef struct tcn_operands {
    char **items;
    size_t count;
} tcn_operands;

/* True to go on. Else the command returns *ret_status: --help was asked for (usage went
 * to standard output) or the arguments were wrong (said on standard error). usage is the
 * whole help text and begins with "usage: tocsin NAME". */
bool tcn_options_parse(const char *usage, const tcn_option *options, int argc,
                       char **argv, tcn_operands *ret_operands, int *ret_status);

/* Says what is wrong with the arguments of the command called name and where its help is;
 * returns TCN_EXIT_USAGE. */
int tcn_usage_error(const char *name, const char *fmt, ...) TCN_PRINTF(2, 3);

#endif
