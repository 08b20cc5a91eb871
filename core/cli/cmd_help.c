/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_help.c - the list of commands, or one command's own help. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"

static const char usage[] = "usage: tocsin help [COMMAND]\n"
                            "\n"
                            "Lists the commands, or shows the help of one.\n";

static void print_commands(void)
{
    printf("tocsin - events in, automations watch them, actions go out\n"
           "\n"
           "usage: tocsin COMMAND [OPTIONS]\n"
           "\n");
    for (const tcn_command *c = tcn_commands(); c->name != NULL; c++)
        printf("  %-12s %s\n", c->name, c->summary);
    printf(
        "\n"
        "\"tocsin COMMAND --help\" explains a command. Exit status: 0 success, 1 the thing\n"
        "asked about failed, 2 wrong usage.\n");
}

int tcn_cmd_help(int argc, char **argv)
{
    const tcn_option options[] = {{0}};
    tcn_operands words;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &words, &status))
        return status;
    if (words.count == 0) {
        print_commands();
        return TCN_EXIT_OK;
    }
    int used = 0;
    const tcn_command *command = tcn_command_find((int)words.count, words.items, &used);
    if (command == NULL)
        return tcn_command_unknown(words.items[0], "--help");
    char name[32], help[] = "--help";
    snprintf(name, sizeof name, "%s", command->name);
    return command->run(2, (char *[]){name, help, NULL});
}
