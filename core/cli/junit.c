/* SPDX-License-Identifier: Apache-2.0 */
/* junit.c - JUnit's XML. Characters that XML does not have become a question mark. */
#include "core/cli/junit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_escaped(tcn_buf *out, tcn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<')
            (void)tcn_buf_add_c(out, "&lt;");
        else if (c == '>')
            (void)tcn_buf_add_c(out, "&gt;");
        else if (c == '&')
            (void)tcn_buf_add_c(out, "&amp;");
        else if (c == '"')
            (void)tcn_buf_add_c(out, "&quot;");
        else if ((unsigned char)c < 0x20 && c != '\n' && c != '\t')
            (void)tcn_buf_add_char(out, '?');
        else
            (void)tcn_buf_add_char(out, c);
    }
}

int tcn_junit_case(tcn_buf *cases, const char *file, const char *name,
                   const tcn_str *failure)
{
    (void)tcn_buf_add_c(cases, "  <testcase classname=\"");
    add_escaped(cases, tcn_str_c(file));
    (void)tcn_buf_add_c(cases, "\" name=\"");
    add_escaped(cases, tcn_str_c(name));
    if (failure == NULL)
        return tcn_buf_add_c(cases, "\"/>\n");
    (void)tcn_buf_add_c(cases, "\">\n    <failure message=\"the firings differ\">");
    add_escaped(cases, *failure);
    return tcn_buf_add_c(cases, "</failure>\n  </testcase>\n");
}

int tcn_junit_write(const char *path, const tcn_buf *cases, size_t passed, size_t failed,
                    tcn_err *reterr)
{
    FILE *file = fopen(path, "we");
    bool is_written = file != NULL;
    if (is_written) {
        fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        fprintf(file, "<testsuite name=\"tocsin\" tests=\"%zu\" failures=\"%zu\">\n",
                passed + failed, failed);
        fwrite(cases->ptr != NULL ? cases->ptr : "", 1, cases->len, file);
        fprintf(file, "</testsuite>\n");
        is_written = ferror(file) == 0;
        is_written = fclose(file) == 0 && is_written;
    }
    if (is_written)
        return 0;
    tcn_err_source(reterr, path);
    return tcn_err_set(reterr, TCN_E_IO, "%s", strerror(errno));
}
