/* SPDX-License-Identifier: Apache-2.0 */
/* junit.c - JUnit's XML. What XML does not have becomes a question mark: control
 * characters, U+FFFE, U+FFFF, and bytes that are no UTF-8. */
#include "core/cli/junit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/compiler.h"

void tcn_junit_init(tcn_junit *junit, size_t limit)
{
    *junit = (tcn_junit){0};
    tcn_buf_init(&junit->cases, limit);
}

void tcn_junit_deinit(tcn_junit *junit)
{
    tcn_buf_deinit(&junit->cases);
}

/* How many bytes from s on are one character that XML has; 0: none. */
static size_t character(tcn_str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    if (c < 0x80)
        return c >= 0x20 || c == '\n' || c == '\t';
    size_t len = tcn_utf8_first(s);
    size_t pos = 0;
    uint32_t code = len > 0 ? tcn_utf8_decode(s, &pos) : 0;
    return code == 0xfffe || code == 0xffff ? 0 : len;
}

static void add_escaped(tcn_buf *out, tcn_str text)
{
    static const char *const names[] = {
        ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;"};
    for (size_t i = 0; i < text.len;) {
        unsigned char c = (unsigned char)text.ptr[i];
        size_t len = character(tcn_str_of(text.ptr + i, text.len - i));
        if (len == 0)
            (void)tcn_buf_add_char(out, '?');
        else if (c < TCN_COUNT(names) && names[c] != NULL)
            (void)tcn_buf_add_c(out, names[c]);
        else
            (void)tcn_buf_add(out, text.ptr + i, len);
        i += len > 0 ? len : 1;
    }
}

void tcn_junit_add(tcn_junit *junit, const char *file, const char *name,
                   tcn_junit_result result, tcn_str text)
{
    tcn_buf *out = &junit->cases;
    const char *tag = result == TCN_JUNIT_ERROR ? "error" : "failure";
    junit->tests++;
    junit->failures += result == TCN_JUNIT_FAILED;
    junit->errors += result == TCN_JUNIT_ERROR;
    (void)tcn_buf_add_c(out, "  <testcase classname=\"");
    add_escaped(out, tcn_str_c(file));
    (void)tcn_buf_add_c(out, "\" name=\"");
    add_escaped(out, tcn_str_c(name));
    if (result == TCN_JUNIT_PASSED) {
        (void)tcn_buf_add_c(out, "\"/>\n");
        return;
    }
    (void)tcn_buf_printf(out, "\">\n    <%s message=\"%s\">", tag,
                         result == TCN_JUNIT_ERROR ? "it could not be run"
                                                   : "the firings differ");
    add_escaped(out, text);
    (void)tcn_buf_printf(out, "</%s>\n  </testcase>\n", tag);
}

static bool write_suite(const tcn_junit *junit, FILE *file)
{
    fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fprintf(file,
            "<testsuite name=\"tocsin\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n",
            junit->tests, junit->failures, junit->errors);
    if (junit->cases.len > 0)
        fwrite(junit->cases.ptr, 1, junit->cases.len, file);
    fprintf(file, "</testsuite>\n");
    return ferror(file) == 0;
}

int tcn_junit_write(const tcn_junit *junit, const char *path, tcn_err *reterr)
{
    int rc = tcn_buf_status(&junit->cases);
    if (rc < 0) {
        tcn_err_source(reterr, path);
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    }
    FILE *file = fopen(path, "we");
    bool is_written = file != NULL && write_suite(junit, file);
    if (file != NULL)
        is_written = fclose(file) == 0 && is_written;
    if (is_written)
        return 0;
    tcn_err_source(reterr, path);
    return tcn_err_set(reterr, TCN_E_IO, "%s", strerror(errno));
}
