/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_lines.c - "250-first", "250 last": code, mark, text. */
#include "core/net/smtp_lines.h"

#include <strings.h>

void tcn_smtp_lines_init(tcn_smtp_lines *lines)
{
    memset(lines, 0, sizeof *lines);
}

static int code_of(const char *line, size_t len)
{
    if (len < 3 || line[0] < '2' || line[0] > '5')
        return -1;
    int code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (line[i] < '0' || line[i] > '9')
            return -1;
        code = code * 10 + (line[i] - '0');
    }
    return code;
}

static void text_add(tcn_smtp_lines *lines, tcn_str text)
{
    if (lines->text_len > 0 && lines->text_len < TCN_SMTP_TEXT_MAX)
        lines->text[lines->text_len++] = ' ';
    for (size_t i = 0; i < text.len && lines->text_len < TCN_SMTP_TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        lines->text[lines->text_len++] = (char)(c < 0x20 || c == 0x7f ? ' ' : c);
    }
    lines->text[lines->text_len] = '\0';
}

static bool is_word(tcn_str text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && strncasecmp(text.ptr, word, len) == 0 &&
           (text.len == len || text.ptr[len] == ' ');
}

/* The line without its end. */
static bool line_read(tcn_smtp_lines *lines, const char *line, size_t len)
{
    int code = code_of(line, len);
    if (code < 0 || (lines->count > 0 && code != lines->code) ||
        lines->count == TCN_SMTP_LINES_MAX)
        return false;
    if (len > 3 && line[3] != ' ' && line[3] != '-')
        return false;
    tcn_str text = len > 4 ? tcn_str_trim(tcn_str_of(line + 4, len - 4)) : TCN_STR("");
    lines->code = code;
    lines->count++;
    lines->is_whole = len == 3 || line[3] == ' ';
    lines->has_utf8 = lines->has_utf8 || is_word(text, "SMTPUTF8");
    lines->has_size = lines->has_size || is_word(text, "SIZE");
    text_add(lines, text);
    return true;
}

static bool line_end(tcn_smtp_lines *lines)
{
    size_t len = lines->line_len;
    lines->line_len = 0;
    if (len > 0 && lines->line[len - 1] == '\r')
        len--;
    return line_read(lines, lines->line, len);
}

size_t tcn_smtp_lines_take(tcn_smtp_lines *lines, tcn_str bytes)
{
    if (lines->is_whole)
        tcn_smtp_lines_init(lines);
    size_t i = 0;
    while (i < bytes.len && !lines->is_whole) {
        char c = bytes.ptr[i++];
        if (c == '\n') {
            if (!line_end(lines))
                return SIZE_MAX;
        } else if (lines->line_len == TCN_SMTP_LINE_MAX) {
            return SIZE_MAX;
        } else {
            lines->line[lines->line_len++] = c;
        }
    }
    return i;
}
