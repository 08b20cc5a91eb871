/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - one pass over the arguments. Operands move to the front of argv as they are
 * met, which never overtakes the reading. */
#include "core/cli/options.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/datetime.h"
#include "core/base/str.h"
#include "core/cli/cli.h"

#define OPTIONS_MAX 32

int tcn_usage_error(const char *name, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "tocsin%s%s: ", name != NULL ? " " : "", name != NULL ? name : "");
    vfprintf(stderr, fmt, args);
    va_end(args);
    if (name != NULL)
        fprintf(stderr, "\nTry \"tocsin %s --help\".\n", name);
    else
        fprintf(stderr, "\nTry \"tocsin help\".\n");
    return TCN_EXIT_USAGE;
}

static const tcn_option *find_long(const tcn_option *options, tcn_str name)
{
    for (; options->name != NULL; options++)
        if (tcn_str_eq_c(name, options->name))
            return options;
    return NULL;
}

static const tcn_option *find_letter(const tcn_option *options, char letter)
{
    for (; options->name != NULL; options++)
        if (options->letter == letter)
            return options;
    return NULL;
}

static int say_unknown(const char *command, const tcn_option *options, tcn_str name)
{
    const char *names[OPTIONS_MAX + 2] = {"help"};
    for (size_t i = 0; options[i].name != NULL && i < OPTIONS_MAX; i++)
        names[i + 1] = options[i].name;
    const char *nearest = tcn_str_nearest(name, names);
    if (nearest != NULL)
        return tcn_usage_error(command, "unknown option --%.*s, did you mean --%s?",
                               TCN_STR_ARG(name), nearest);
    return tcn_usage_error(command, "unknown option --%.*s", TCN_STR_ARG(name));
}

static int set_number(const char *command, const tcn_option *option, const char *value)
{
    if (tcn_str_int(tcn_str_c(value), option->min, option->max, option->number))
        return TCN_EXIT_OK;
    return tcn_usage_error(
        command, "--%s must be a number from %" PRId64 " to %" PRId64 ", not \"%s\"",
        option->name, option->min, option->max, value);
}

static int set_duration(const char *command, const tcn_option *option, const char *value)
{
    int64_t us = 0;
    if (!tcn_duration_config(tcn_str_c(value), &us))
        return tcn_usage_error(command,
                               "--%s must be a time such as 500ms, 10s or 5m, not \"%s\"",
                               option->name, value);
    if (us < option->min || us > option->max)
        return tcn_usage_error(command, "--%s must be from %" PRId64 "s to %" PRId64 "s",
                               option->name, option->min / TCN_SECOND_US,
                               option->max / TCN_SECOND_US);
    *option->duration = us;
    return TCN_EXIT_OK;
}

static int set_list(const char *command, const tcn_option *option, const char *value)
{
    if (option->list->count == TCN_OPTION_LIST_MAX)
        return tcn_usage_error(command, "at most %d --%s", TCN_OPTION_LIST_MAX,
                               option->name);
    option->list->items[option->list->count] = value;
    option->list->count++;
    return TCN_EXIT_OK;
}

static int set_value(const char *command, const tcn_option *option, const char *value)
{
    if (option->number != NULL)
        return set_number(command, option, value);
    if (option->duration != NULL)
        return set_duration(command, option, value);
    if (option->list != NULL)
        return set_list(command, option, value);
    *option->text = value;
    return TCN_EXIT_OK;
}

/* The option at argv[*at], whose value may be the next argument; *at moves onto it.
 * inline_value: what stood behind '=', or NULL. */
static int take(const tcn_option *option, const char *inline_value, int argc, char **argv,
                int *at)
{
    if (option->flag != NULL) {
        if (inline_value != NULL)
            return tcn_usage_error(argv[0], "--%s takes no value", option->name);
        *option->flag = true;
        return TCN_EXIT_OK;
    }
    if (inline_value != NULL)
        return set_value(argv[0], option, inline_value);
    if (*at + 1 == argc)
        return tcn_usage_error(argv[0], "--%s needs a value", option->name);
    *at += 1;
    return set_value(argv[0], option, argv[*at]);
}

static int take_long(const tcn_option *options, int argc, char **argv, int *at)
{
    tcn_str text = tcn_str_c(argv[*at] + 2);
    size_t equals = tcn_str_find(text, TCN_STR("="));
    tcn_str name = tcn_str_of(text.ptr, equals == SIZE_MAX ? text.len : equals);
    const tcn_option *option = find_long(options, name);
    if (option == NULL)
        return say_unknown(argv[0], options, name);
    const char *value = equals == SIZE_MAX ? NULL : text.ptr + equals + 1;
    return take(option, value, argc, argv, at);
}

static int take_letter(const tcn_option *options, int argc, char **argv, int *at)
{
    const char *text = argv[*at];
    const tcn_option *option = text[2] == '\0' ? find_letter(options, text[1]) : NULL;
    if (option == NULL)
        return tcn_usage_error(argv[0], "unknown option %s", text);
    return take(option, NULL, argc, argv, at);
}

static bool is_help(const char *text)
{
    tcn_str s = tcn_str_c(text);
    return tcn_str_eq(s, TCN_STR("--help")) || tcn_str_eq(s, TCN_STR("-h"));
}

bool tcn_options_parse(const char *usage, const tcn_option *options, int argc,
                       char **argv, tcn_operands *ret_operands, int *ret_status)
{
    tcn_operands operands = {.items = argv + 1};
    bool only_operands = false;
    for (int at = 1; at < argc; at++) {
        char *arg = argv[at];
        int status = TCN_EXIT_OK;
        if (only_operands || arg[0] != '-' || arg[1] == '\0') {
            operands.items[operands.count] = arg;
            operands.count++;
        } else if (tcn_str_eq(tcn_str_c(arg), TCN_STR("--"))) {
            only_operands = true;
        } else if (is_help(arg)) {
            fputs(usage, stdout);
            *ret_status = TCN_EXIT_OK;
            return false;
        } else if (arg[1] == '-') {
            status = take_long(options, argc, argv, &at);
        } else {
            status = take_letter(options, argc, argv, &at);
        }
        if (status != TCN_EXIT_OK) {
            *ret_status = status;
            return false;
        }
    }
    *ret_operands = operands;
    return true;
}
