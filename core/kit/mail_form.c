/* SPDX-License-Identifier: Apache-2.0 */
/* mail_form.c - see mail_form.h. */
#include "core/kit/mail_form.h"

#include <strings.h>

#include "core/base/compiler.h"

#define LINE_MAX_BYTES 998

/* Each stands in a mail once. */
static const struct {
    const char *name, *lacks, *twice;
} needed[] = {
    {"From", "lacks the header From", "has the header From twice"},
    {"Date", "lacks the header Date", "has the header Date twice"},
};

/* One line without its CRLF. */
static const char *line_fault(tcn_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '\0')
            return "holds a NUL";
        if (line.ptr[i] == '\r')
            return "has a bare CR";
        if (line.ptr[i] == '\n')
            return "has a bare LF";
    }
    return line.len > LINE_MAX_BYTES ? "has a line of more than 998 bytes" : NULL;
}

static bool is_folded(tcn_str line)
{
    return line.ptr[0] == ' ' || line.ptr[0] == '\t';
}

static const char *header_fault(tcn_str line, bool is_first)
{
    size_t name = 0;
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] >= 0x80)
            return "has bytes above 127 in a header";
    if (is_folded(line))
        return is_first ? "begins with a folded line" : NULL;
    while (name < line.len && line.ptr[name] > ' ' && line.ptr[name] != ':')
        name++;
    return name > 0 && name < line.len && line.ptr[name] == ':'
               ? NULL
               : "has a line among its headers that is none";
}

static void count_needed(tcn_str line, size_t counts[TCN_COUNT(needed)])
{
    for (size_t i = 0; i < TCN_COUNT(needed); i++) {
        size_t len = strlen(needed[i].name);
        counts[i] += line.len > len && line.ptr[len] == ':' &&
                     strncasecmp(line.ptr, needed[i].name, len) == 0;
    }
}

/* The next line, its CRLF consumed; false: there is none, or it does not end. */
static bool next_line(tcn_str *rest, tcn_str *ret)
{
    size_t end = rest->len == 0 ? SIZE_MAX : tcn_str_find(*rest, TCN_STR("\r\n"));
    if (end == SIZE_MAX)
        return false;
    *ret = tcn_str_of(rest->ptr, end);
    *rest = tcn_str_of(rest->ptr + end + 2, rest->len - end - 2);
    return true;
}

const char *tcn_mail_fault(tcn_str message)
{
    size_t counts[TCN_COUNT(needed)] = {0};
    bool is_head = true, is_first = true;
    const char *fault = NULL;
    for (tcn_str line; fault == NULL && next_line(&message, &line); is_first = false) {
        is_head = is_head && line.len > 0;
        fault = line_fault(line);
        if (fault == NULL && is_head)
            fault = header_fault(line, is_first);
        if (is_head)
            count_needed(line, counts);
    }
    if (fault == NULL && message.len > 0)
        fault = line_fault(message) != NULL ? line_fault(message) : "ends in half a line";
    if (fault == NULL && is_head)
        fault = "has no empty line behind its headers";
    for (size_t i = 0; fault == NULL && i < TCN_COUNT(needed); i++)
        fault = counts[i] == 1   ? NULL
                : counts[i] == 0 ? needed[i].lacks
                                 : needed[i].twice;
    return fault;
}
