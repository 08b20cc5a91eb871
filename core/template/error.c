/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - how a template failed: noted with its place, and shown, for machines as
 * Python's repr and for people. */
#include "core/template/error.h"

#include <stdio.h>

#include "core/base/err.h"
#include "core/value/ops.h"

uint32_t tcn_tpl_line(tcn_str source, size_t pos)
{
    uint32_t line = 1;
    for (size_t i = 0; i < pos; i++)
        line += source.ptr[i] == '\n';
    return line;
}

void tcn_tpl_error_at(tcn_tpl_error *error, tcn_str source, size_t pos)
{
    error->line = 0;
    error->column = 0;
    if (pos > source.len)
        return;
    size_t start = pos;
    while (start > 0 && source.ptr[start - 1] != '\n')
        start--;
    size_t before = tcn_utf8_length(tcn_str_of(source.ptr + start, pos - start));
    error->line = tcn_tpl_line(source, pos);
    error->column = (uint32_t)before + 1;
}

int tcn_tpl_fail(tcn_tpl_error *reterr, enum tcn_exc_class exc_class, tcn_str source,
                 size_t pos, const char *fmt, ...)
{
    int code = exc_class == TCN_EXC_TemplateLimitError ? TCN_E_LIMIT : TCN_E_SYNTAX;
    if (reterr == NULL)
        return code;
    reterr->exc_class = exc_class;
    reterr->phase = TCN_TPL_PHASE_SYNTAX;
    tcn_tpl_error_at(reterr, source, pos);
    reterr->file = NULL;
    reterr->hint[0] = '\0';
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(reterr->message, sizeof reterr->message, fmt, args);
    va_end(args);
    return code;
}

const char *tcn_tpl_error_class(const tcn_tpl_error *error)
{
    return tcn_exc_name(error->exc_class);
}

char *tcn_tpl_error_place(const tcn_tpl_error *error, char out[TCN_TPL_PLACE_TEXT])
{
    out[0] = '\0';
    if (error->line > 0 && error->column > 0)
        (void)snprintf(out, TCN_TPL_PLACE_TEXT, " (line %u, column %u of %.64s)",
                       error->line, error->column,
                       error->file != NULL ? error->file->name : "the text");
    return out;
}

int tcn_tpl_error_repr(const tcn_tpl_error *error, tcn_buf *out)
{
    char quoted[4 * TCN_EXC_TEXT];
    const char *message = error->message;
    /* An exception of two arguments: its message is their tuple already. */
    if (error->exc_class == TCN_EXC_OverflowError && message[0] == '(')
        return tcn_buf_printf(out, "%s%s", tcn_tpl_error_class(error), message);
    (void)tcn_quote(tcn_str_c(message), quoted, sizeof quoted);
    return tcn_buf_printf(out, "%s(%s)", tcn_tpl_error_class(error), quoted);
}

/* The line's text without its end. */
static tcn_str line_of(tcn_str source, uint32_t line)
{
    tcn_str rest = source;
    for (uint32_t i = 1; i < line && rest.len > 0; i++) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        if (end == NULL)
            return (tcn_str){0};
        rest = tcn_str_of(end + 1, rest.len - (size_t)(end + 1 - rest.ptr));
    }
    const char *end = rest.len > 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;
    if (end != NULL)
        rest.len = (size_t)(end - rest.ptr);
    if (rest.len > 0 && rest.ptr[rest.len - 1] == '\r')
        rest.len--;
    return rest;
}

int tcn_tpl_error_show(const tcn_tpl_error *error, tcn_str name, tcn_str source,
                       tcn_buf *out)
{
    if (error->file != NULL) {
        name = tcn_str_c(error->file->name);
        source = tcn_str_c(error->file->source);
    }
    (void)tcn_buf_add_str(out, name);
    if (error->line > 0)
        (void)tcn_buf_printf(out, ":%u", error->line);
    if (error->column > 0)
        (void)tcn_buf_printf(out, ":%u", error->column);
    (void)tcn_buf_printf(out, ": %s: ", tcn_tpl_error_class(error));
    (void)tcn_buf_add_printable(out, tcn_str_c(error->message));
    if (error->hint[0] != '\0')
        (void)tcn_buf_printf(out, " (did you mean \"%s\"?)", error->hint);
    (void)tcn_buf_add_char(out, '\n');
    tcn_str line = error->line > 0 ? line_of(source, error->line) : (tcn_str){0};
    if (line.len == 0 || line.len > 400 || !tcn_utf8_valid(line, NULL))
        return tcn_buf_status(out);
    (void)tcn_buf_add_c(out, "    ");
    (void)tcn_buf_add_printable(out, line);
    (void)tcn_buf_add_c(out, "\n    ");
    for (uint32_t i = 1; i < error->column; i++)
        (void)tcn_buf_add_char(out, ' ');
    (void)tcn_buf_add_c(out, error->column > 0 ? "^\n" : "\n");
    return tcn_buf_status(out);
}
