/* SPDX-License-Identifier: Apache-2.0 */
/* test_commands.c - commands are found by one word or by two, and each has its help. */
#include "core/cli/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* The name of the command that the line begins with; "" when there is none. */
static const char *found(int *ret_words, const char *line)
{
    char words[3][32] = {{0}};
    char *argv[] = {words[0], words[1], words[2], NULL};
    int argc = sscanf(line, "%31s %31s %31s", words[0], words[1], words[2]);
    const tcn_command *command = tcn_command_find(argc, argv, ret_words);
    return command != NULL ? command->name : "";
}

static void finds_names_of_one_word(void **state)
{
    (void)state;
    int words = 0;
    assert_string_equal(found(&words, "serve emit"), "serve");
    assert_int_equal(words, 1);
}

static void finds_names_of_two_words(void **state)
{
    (void)state;
    int words = 0;
    assert_string_equal(found(&words, "event ls --json"), "event ls");
    assert_int_equal(words, 2);
    assert_string_equal(found(&words, "event"), "");
    assert_string_equal(found(&words, "event drop"), "");
}

static void takes_the_usual_words_for_help_and_version(void **state)
{
    (void)state;
    int words = 0;
    assert_string_equal(found(&words, "--help"), "help");
    assert_string_equal(found(&words, "-h"), "help");
    assert_string_equal(found(&words, "--version"), "version");
}

static void every_command_has_help_and_refuses_what_is_wrong(void **state)
{
    (void)state;
    for (const tcn_command *c = tcn_commands(); c->name != NULL; c++) {
        char name[32], help[] = "--help", wrong[] = "--no-such-option";
        snprintf(name, sizeof name, "%s", c->name);
        print_message("%s\n", name);
        assert_int_equal(c->run(2, (char *[]){name, help, NULL}), TCN_EXIT_OK);
        assert_int_equal(c->run(2, (char *[]){name, wrong, NULL}), TCN_EXIT_USAGE);
    }
}

static void an_unknown_command_is_wrong_usage(void **state)
{
    (void)state;
    assert_int_equal(tcn_command_unknown("event", "--help"), TCN_EXIT_OK);
    assert_int_equal(tcn_command_unknown("serv", NULL), TCN_EXIT_USAGE);
    assert_int_equal(tcn_command_unknown("event", NULL), TCN_EXIT_USAGE);
    assert_int_equal(tcn_command_unknown("xyzzy", NULL), TCN_EXIT_USAGE);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(finds_names_of_one_word),
    cmocka_unit_test(finds_names_of_two_words),
    cmocka_unit_test(takes_the_usual_words_for_help_and_version),
    cmocka_unit_test(every_command_has_help_and_refuses_what_is_wrong),
    cmocka_unit_test(an_unknown_command_is_wrong_usage),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
