/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_serve.c - tocsin serve: the daemon, in the foreground, until a signal ends it. */
#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/daemon/daemon.h"

static const char usage[] =
    "usage: tocsin serve [--config FILE] [--strict]\n"
    "\n"
    "Runs the daemon until SIGTERM or SIGINT. Log lines go to standard error. SIGHUP reads\n"
    "everything anew, SIGUSR1 writes the status to the log.\n"
    "\n"
    "  --config FILE   configuration (default: /etc/tocsin/tocsin.yaml)\n"
    "  --strict        do not start when a file of automations, blocks or plugins is wrong;\n"
    "                  else the last good definitions run on until the files are right\n";

int tcn_cmd_serve(int argc, char **argv)
{
    const char *config = "/etc/tocsin/tocsin.yaml";
    bool is_strict = false;
    const tcn_option options[] = {
        {.name = "config", .text = &config},
        {.name = "strict", .flag = &is_strict},
        {0},
    };
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error("serve", "takes no operands");
    return tcn_daemon_run(config, is_strict);
}
