/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - the table of commands. A name of two words is found by both of them. */
#include "core/cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/cli/options.h"

static const tcn_command commands[] = {
    {"serve", "run the daemon", tcn_cmd_serve},
    {"check", "check configuration, automations and blocks without starting",
     tcn_cmd_check},
    {"test", "run scenario files against the engine", tcn_cmd_test},
    {"replay", "run recorded events through automations", tcn_cmd_replay},
    {"render", "render a template with a context", tcn_cmd_render},
    {"automation explain", "why an event counted for an automation, or did not",
     tcn_cmd_automation_explain},
    {"event emit", "send an event to the daemon", tcn_cmd_event_emit},
    {"event ls", "list stored events", tcn_cmd_event_ls},
    {"block ls", "list the daemon's blocks", tcn_cmd_block_ls},
    {"block create", "make a block", tcn_cmd_block_create},
    {"block delete", "delete a block", tcn_cmd_block_delete},
    {"block inspect", "show one block", tcn_cmd_block_inspect},
    {"block send", "send a test message through a block", tcn_cmd_block_send},
    {"plugin new", "begin a plugin of your own", tcn_cmd_plugin_new},
    {"plugin check", "drive a plugin through its whole contract", tcn_cmd_plugin_check},
    {"plugin inspect", "what a plugin file is and takes", tcn_cmd_plugin_inspect},
    {"plugin ls", "list the plugins of the daemon", tcn_cmd_plugin_ls},
    {"reload", "let the daemon read everything anew", tcn_cmd_reload},
    {"outbox ls", "list actions that wait and those that failed for good",
     tcn_cmd_outbox_ls},
    {"outbox show", "all that is known of an action", tcn_cmd_outbox_show},
    {"outbox retry", "queue dead actions again", tcn_cmd_outbox_retry},
    {"outbox drop", "remove dead actions", tcn_cmd_outbox_drop},
    {"status", "ask the daemon how it is", tcn_cmd_status},
    {"sink", "a receiver that prints what it gets", tcn_cmd_sink},
    {"help", "this page, or the help of a command", tcn_cmd_help},
    {"version", "print the version", tcn_cmd_version},
    {0},
};

const tcn_command *tcn_commands(void)
{
    return commands;
}

/* How many words of argv the name takes; 0 when it is another command. */
static int words_matched(const char *name, int argc, char **argv)
{
    tcn_str rest = tcn_str_c(name), word;
    int words = 0;
    while (tcn_str_split(&rest, ' ', &word)) {
        if (words == argc || !tcn_str_eq_c(word, argv[words]))
            return 0;
        words++;
    }
    return words;
}

static bool is_help(const char *word)
{
    return word != NULL && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0);
}

const tcn_command *tcn_command_find(int argc, char **argv, int *ret_words)
{
    for (const tcn_command *command = commands; command->name != NULL; command++) {
        int words = words_matched(command->name, argc, argv);
        if (words > 0) {
            *ret_words = words;
            return command;
        }
    }
    /* "--help" and "--version" are what people try first. */
    static char help[] = "help", version[] = "version";
    if (argc > 0 && is_help(argv[0]))
        return tcn_command_find(1, (char *[]){help}, ret_words);
    if (argc > 0 && strcmp(argv[0], "--version") == 0)
        return tcn_command_find(1, (char *[]){version}, ret_words);
    return NULL;
}

/* Commands whose name begins with this word and has a second one: "emit, ls". */
static size_t second_words(const char *first, char *out, size_t size)
{
    size_t count = 0, used = 0, len = strlen(first);
    for (const tcn_command *command = commands; command->name != NULL; command++) {
        if (strncmp(command->name, first, len) != 0 || command->name[len] != ' ')
            continue;
        const char *second = command->name + len + 1;
        int n = snprintf(out + used, size - used, "%s%s", count > 0 ? ", " : "", second);
        used += (size_t)n < size - used ? (size_t)n : 0;
        count++;
    }
    return count;
}

int tcn_command_unknown(const char *word, const char *next)
{
    char list[128] = "";
    bool has_second = second_words(word, list, sizeof list) > 0;
    if (has_second && is_help(next)) {
        printf("usage: tocsin %s COMMAND [OPTIONS]\n\nCOMMAND is one of: %s\n", word,
               list);
        return TCN_EXIT_OK;
    }
    if (has_second)
        return tcn_usage_error(NULL, "%s needs one of: %s", word, list);
    const char *names[TCN_COUNT(commands)] = {0};
    for (size_t i = 0; commands[i].name != NULL; i++)
        names[i] = commands[i].name;
    const char *nearest = tcn_str_nearest(tcn_str_c(word), names);
    if (nearest != NULL)
        return tcn_usage_error(NULL, "unknown command \"%s\", did you mean \"%s\"?", word,
                               nearest);
    return tcn_usage_error(NULL, "unknown command \"%s\"", word);
}
