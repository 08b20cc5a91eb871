/* SPDX-License-Identifier: Apache-2.0 */
/* test_command_options.c - every kind of option, operands among them, and what is
 * refused. What is said goes to standard output and error, where ctest keeps it. */
#include "core/cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/datetime.h"
#include "core/cli/cli.h"

#define WORDS_MAX 8

typedef struct fixture {
    bool json;
    const char *url;
    tcn_option_list labels;
    int64_t status, delay_us;
    tcn_operands operands;
    int exit_status;
    char line[128];
    char *argv[WORDS_MAX + 2];
} fixture;

static const char usage[] = "usage: tocsin try\n";
static char command[] = "try";

/* Parses "try" and the words of the line, which spaces separate. */
static bool parse(fixture *f, const char *line)
{
    *f = (fixture){.status = 204, .exit_status = -1, .argv = {command}};
    snprintf(f->line, sizeof f->line, "%s", line);
    int argc = 1;
    for (char *word = f->line; word != NULL; argc++) {
        f->argv[argc] = word;
        word = strchr(word, ' ');
        if (word != NULL) {
            *word = '\0';
            word++;
        }
    }
    const tcn_option options[] = {
        {.name = "json", .letter = 'j', .flag = &f->json},
        {.name = "url", .text = &f->url},
        {.name = "label", .letter = 'l', .list = &f->labels},
        {.name = "status", .number = &f->status, .min = 200, .max = 599},
        {.name = "delay", .duration = &f->delay_us, .max = TCN_HOUR_US},
        {0},
    };
    return tcn_options_parse(usage, options, argc, f->argv, &f->operands,
                             &f->exit_status);
}

static void assert_refused(const char *line)
{
    fixture f;
    assert_false(parse(&f, line));
    assert_int_equal(f.exit_status, TCN_EXIT_USAGE);
}

static void takes_values_in_both_forms(void **state)
{
    (void)state;
    fixture f;
    assert_true(parse(&f, "--url http://a --status=503 --delay 1m --json"));
    assert_true(f.json);
    assert_string_equal(f.url, "http://a");
    assert_int_equal(f.status, 503);
    assert_int_equal(f.delay_us, TCN_MINUTE_US);
    assert_int_equal(f.operands.count, 0);
}

static void leaves_defaults_alone(void **state)
{
    (void)state;
    fixture f;
    assert_true(parse(&f, "file"));
    assert_false(f.json);
    assert_null(f.url);
    assert_int_equal(f.status, 204);
}

static void gathers_operands_from_between_options(void **state)
{
    (void)state;
    fixture f;
    assert_true(parse(&f, "one -l a=1 - --label=b=2 -- --json"));
    assert_int_equal(f.operands.count, 3);
    assert_string_equal(f.operands.items[0], "one");
    assert_string_equal(f.operands.items[1], "-");
    assert_string_equal(f.operands.items[2], "--json");
    assert_false(f.json);
    assert_int_equal(f.labels.count, 2);
    assert_string_equal(f.labels.items[1], "b=2");
}

static void takes_an_empty_value_after_the_equals_sign(void **state)
{
    (void)state;
    fixture f;
    assert_true(parse(&f, "--url="));
    assert_string_equal(f.url, "");
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    assert_refused("--jsn");
    assert_refused("-x");
    assert_refused("-jj");
}

static void refuses_wrong_values(void **state)
{
    (void)state;
    assert_refused("--status 600");
    assert_refused("--status many");
    assert_refused("--delay 2h");
    assert_refused("--delay soon");
    assert_refused("--json=yes");
    assert_refused("--url");
}

static void prints_help_and_succeeds(void **state)
{
    (void)state;
    fixture f;
    assert_false(parse(&f, "--url x --help --nonsense"));
    assert_int_equal(f.exit_status, TCN_EXIT_OK);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(takes_values_in_both_forms),
    cmocka_unit_test(leaves_defaults_alone),
    cmocka_unit_test(gathers_operands_from_between_options),
    cmocka_unit_test(takes_an_empty_value_after_the_equals_sign),
    cmocka_unit_test(refuses_what_it_does_not_know),
    cmocka_unit_test(refuses_wrong_values),
    cmocka_unit_test(prints_help_and_succeeds),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
