/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - finds the command and runs it. Everything else stands in core/cli's library,
 * so that tests can link it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/gate/probe.h"
#include "core/plugin/host.h"

int main(int argc, char **argv)
{
    tcn_alloc_tune();
    /* A reader that goes away shows as a failed write, not as a silent death. */
    signal(SIGPIPE, SIG_IGN);
    /* The daemon tries plugins in a process of their own. */
    if (argc == 3 && strcmp(argv[1], TCN_PROBE_OPTION) == 0) {
        tocsin_host host;
        tcn_host_init(&host);
        tcn_probe_run(argv[2], &host);
    }
    if (argc < 2)
        return tcn_usage_error(NULL, "a command is needed");
    int words = 0;
    const tcn_command *command = tcn_command_find(argc - 1, argv + 1, &words);
    if (command == NULL)
        return tcn_command_unknown(argv[1], argv[2]);
    char name[32];
    snprintf(name, sizeof name, "%s", command->name);
    argv[words] = name;
    int status = command->run(argc - words, argv + words);
    return tcn_cli_flush(status);
}
