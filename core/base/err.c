/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - names and texts of error codes, errors for people, and lists of them. */
#include "core/base/err.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "core/base/alloc.h"
#include "core/base/str.h"

#define PROBLEMS_MAX 1000

const char *tcn_err_name(int code)
{
    switch (code) {
#define NAME_CASE(name, text) \
    case TCN_E_##name:        \
        return "TCN_E_" #name;
        TCN_ERRORS(NAME_CASE)
#undef NAME_CASE
#define NAME_CASE(name, text) \
    case UV_##name:           \
        return #name;
        UV_ERRNO_MAP(NAME_CASE)
#undef NAME_CASE
    default:
        return code >= 0 ? "OK" : "UNKNOWN";
    }
}

const char *tcn_err_text(int code)
{
    switch (code) {
#define TEXT_CASE(name, text) \
    case TCN_E_##name:        \
        return text;
        TCN_ERRORS(TEXT_CASE)
#undef TEXT_CASE
#define TEXT_CASE(name, text) \
    case UV_##name:           \
        return text;
        UV_ERRNO_MAP(TEXT_CASE)
#undef TEXT_CASE
    default:
        return code >= 0 ? "success" : "unknown error";
    }
}

/* A cut text must not end in the middle of a character. */
static void trim_to_characters(char *text)
{
    size_t bad = 0;
    if (!tcn_utf8_valid(tcn_str_c(text), &bad) && strlen(text) - bad < 4)
        text[bad] = '\0';
}

static TCN_PRINTF(2, 0) void set_text(tcn_err *err, const char *fmt, va_list args)
{
    int len = vsnprintf(err->text, sizeof err->text, fmt, args);
    if (len >= (int)sizeof err->text)
        trim_to_characters(err->text);
}

static void set_copy(char *out, size_t size, const char *text)
{
    int len = snprintf(out, size, "%s", text);
    if (len >= (int)size)
        trim_to_characters(out);
}

int tcn_err_set(tcn_err *reterr, int code, const char *fmt, ...)
{
    if (reterr == NULL || reterr->code != 0)
        return code;
    reterr->code = code;
    va_list args;
    va_start(args, fmt);
    set_text(reterr, fmt, args);
    va_end(args);
    return code;
}

int tcn_err_no_memory(tcn_err *reterr)
{
    return tcn_err_set(reterr, TCN_E_NOMEM, "%s", tcn_err_text(TCN_E_NOMEM));
}

int tcn_err_at(tcn_err *reterr, int code, uint32_t line, uint32_t column, const char *fmt,
               ...)
{
    if (reterr == NULL || reterr->code != 0)
        return code;
    reterr->code = code;
    reterr->line = line;
    reterr->column = column;
    va_list args;
    va_start(args, fmt);
    set_text(reterr, fmt, args);
    va_end(args);
    return code;
}

int tcn_err_field(tcn_err *reterr, int code, const char *field, const char *fmt, ...)
{
    if (reterr == NULL || reterr->code != 0)
        return code;
    reterr->code = code;
    set_copy(reterr->field, sizeof reterr->field, field);
    va_list args;
    va_start(args, fmt);
    set_text(reterr, fmt, args);
    va_end(args);
    return code;
}

void tcn_err_source(tcn_err *reterr, const char *source)
{
    if (reterr != NULL && reterr->source[0] == '\0')
        set_copy(reterr->source, sizeof reterr->source, source);
}

void tcn_err_within(tcn_err *reterr, const char *prefix)
{
    if (reterr == NULL || prefix[0] == '\0')
        return;
    char old[sizeof reterr->field];
    memcpy(old, reterr->field, sizeof old);
    bool has_dot = old[0] != '\0' && old[0] != '[';
    int len = snprintf(reterr->field, sizeof reterr->field, "%s%s%s", prefix,
                       has_dot ? "." : "", old);
    if (len >= (int)sizeof reterr->field)
        trim_to_characters(reterr->field);
}

/* Appends to out, which holds *len of size bytes, and keeps it terminated. */
static TCN_PRINTF(4, 5) void append(char *out, size_t size, size_t *len, const char *fmt,
                                    ...)
{
    if (*len >= size)
        return;
    va_list args;
    va_start(args, fmt);
    int added = vsnprintf(out + *len, size - *len, fmt, args);
    va_end(args);
    if (added > 0)
        *len += (size_t)added;
}

/* What is quoted may hold what a terminal obeys. Cut between characters. */
static void copy_printable(char *out, size_t size, const char *text)
{
    tcn_str rest = tcn_str_c(text);
    size_t len = 0, taken = 0;
    while (rest.len > 0) {
        char shown[8];
        size_t more = tcn_utf8_printable(rest, shown, &taken);
        if (len + more >= size)
            break;
        memcpy(out + len, shown, more);
        len += more;
        rest = tcn_str_of(rest.ptr + taken, rest.len - taken);
    }
    if (size > 0)
        out[len] = '\0';
}

char *tcn_err_format(const tcn_err *err, char *out, size_t size)
{
    char text[sizeof *err + 64] = "";
    size_t len = 0;
    if (err->source[0] != '\0')
        append(text, sizeof text, &len, "%s:", err->source);
    if (err->line != 0)
        append(text, sizeof text, &len, "%u:", err->line);
    if (err->line != 0 && err->column != 0)
        append(text, sizeof text, &len, "%u:", err->column);
    if (len != 0)
        append(text, sizeof text, &len, " ");
    if (err->field[0] != '\0')
        append(text, sizeof text, &len, "%s: ", err->field);
    append(text, sizeof text, &len, "%s",
           err->text[0] != '\0' ? err->text : tcn_err_text(err->code));
    copy_printable(out, size, text);
    return out;
}

void tcn_problems_init(tcn_problems *problems)
{
    *problems = (tcn_problems){0};
}

void tcn_problems_deinit(tcn_problems *problems)
{
    tcn_free(problems->items);
    *problems = (tcn_problems){0};
}

static void add(tcn_problems *problems, const tcn_err *err, bool is_warning)
{
    if (!is_warning)
        problems->errors++;
    void *items = problems->items;
    if (problems->count >= PROBLEMS_MAX ||
        tcn_grow(&items, &problems->capacity, problems->count + 1, sizeof(tcn_problem)) <
            0) {
        problems->dropped++;
        return;
    }
    problems->items = items;
    problems->items[problems->count++] = (tcn_problem){*err, is_warning};
}

void tcn_problems_add(tcn_problems *problems, const tcn_err *err)
{
    add(problems, err, false);
}

void tcn_problems_warn(tcn_problems *problems, const tcn_err *err)
{
    add(problems, err, true);
}

void tcn_problems_move(tcn_problems *problems, tcn_problems *from)
{
    for (size_t i = 0; i < from->count; i++)
        add(problems, &from->items[i].err, from->items[i].is_warning);
    size_t kept_errors = 0;
    for (size_t i = 0; i < from->count; i++)
        kept_errors += !from->items[i].is_warning;
    problems->errors += from->errors - kept_errors;
    problems->dropped += from->dropped;
    tcn_problems_deinit(from);
}
