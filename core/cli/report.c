/* SPDX-License-Identifier: Apache-2.0 */
/* report.c - how commands speak to people: errors on standard error, one line each, and
 * an output that could not be written is a failure, not a success with a part missing. */
#include "core/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tcn_cli_fail(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("tocsin: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return TCN_EXIT_FAILED;
}

int tcn_cli_fail_err(const tcn_err *err)
{
    char text[sizeof(tcn_err)];
    fprintf(stderr, "%s\n", tcn_err_format(err, text, sizeof text));
    return TCN_EXIT_FAILED;
}

bool tcn_cli_has_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || no_color[0] == '\0') && isatty(fd) == 1;
}

int tcn_cli_flush(int status)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return status;
    tcn_cli_fail("cannot write the output: %s", strerror(errno));
    return status != TCN_EXIT_OK ? status : TCN_EXIT_FAILED;
}
