/* SPDX-License-Identifier: Apache-2.0 */
/* input.c - whole files for commands. The buffer's limit is the file's. */
#include "core/cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int read_all(FILE *file, tcn_buf *out, tcn_err *reterr)
{
    char part[65536];
    size_t got = fread(part, 1, sizeof part, file);
    while (got > 0) {
        int rc = tcn_buf_add(out, part, got);
        if (rc == TCN_E_LIMIT)
            return tcn_err_set(reterr, rc, "larger than %zu bytes", out->limit);
        if (rc < 0)
            return tcn_err_set(reterr, rc, "out of memory");
        got = fread(part, 1, sizeof part, file);
    }
    if (ferror(file) != 0)
        return tcn_err_set(reterr, TCN_E_IO, "%s", strerror(errno));
    return 0;
}

int tcn_cli_read_file(const char *path, tcn_buf *out, tcn_err *reterr)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    int rc = 0;
    if (file == NULL)
        rc = tcn_err_set(reterr, errno == ENOENT ? TCN_E_NOT_FOUND : TCN_E_IO, "%s",
                         strerror(errno));
    else
        rc = read_all(file, out, reterr);
    if (rc < 0 && reterr != NULL)
        tcn_err_source(reterr, is_stdin ? "standard input" : path);
    if (file != NULL && !is_stdin)
        fclose(file);
    return rc;
}
