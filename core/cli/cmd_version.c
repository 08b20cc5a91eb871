/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_version.c - which tocsin this is. */
#include <stdio.h>

#include "core/cli/cli.h"
#include "core/cli/options.h"
#include "core/daemon/daemon.h"

static const char usage[] = "usage: tocsin version\n"
                            "\n"
                            "Prints the program's name and version.\n";

int tcn_cmd_version(int argc, char **argv)
{
    const tcn_option options[] = {{0}};
    tcn_operands operands;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &operands, &status))
        return status;
    if (operands.count > 0)
        return tcn_usage_error(argv[0], "takes no arguments");
    printf("tocsin %s\n", TCN_VERSION);
    return TCN_EXIT_OK;
}
