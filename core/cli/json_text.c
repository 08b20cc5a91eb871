/* SPDX-License-Identifier: Apache-2.0 */
/* json_text.c - outside of its strings JSON has nothing but ASCII, so what is escaped is
 * always in one. */
#include "core/cli/json_text.h"

#include <stdio.h>

#include "core/base/buf.h"

#define BYTES_MAX ((size_t)64 << 20)

static void make_printable(json_t *string)
{
    tcn_buf text;
    tcn_buf_init(&text, BYTES_MAX);
    tcn_str old = {json_string_value(string), json_string_length(string)};
    if (tcn_buf_add_printable(&text, old) >= 0 && text.len > old.len)
        (void)json_string_setn(string, text.ptr, text.len);
    tcn_buf_deinit(&text);
}

void tcn_cli_printable(json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(json))
        make_printable(json);
    json_array_foreach(json, i, value) tcn_cli_printable(value);
    json_object_foreach(json, key, value) tcn_cli_printable(value);
}

/* Between tokens JSON may have these. */
static bool is_space(uint32_t c)
{
    return c == '\n' || c == '\t';
}

/* A carriage return can only stand between tokens. */
static void write_escaped(uint32_t c)
{
    if (c == '\r')
        printf(" ");
    else
        printf("\\u%04x", (unsigned)c);
}

/* Behind what every terminal prints: nearly all of it. */
static size_t skip_plain(tcn_str text, size_t pos)
{
    while (pos < text.len && text.ptr[pos] >= ' ' && text.ptr[pos] <= '~')
        pos++;
    return pos;
}

void tcn_cli_write_json(tcn_str text)
{
    size_t written = 0;
    for (size_t pos = skip_plain(text, 0); pos < text.len; pos = skip_plain(text, pos)) {
        size_t at = pos;
        bool is_broken = tcn_utf8_first(tcn_str_of(text.ptr + pos, text.len - pos)) == 0;
        uint32_t c = is_broken ? 0xfffd : tcn_utf8_decode(text, &pos);
        pos += is_broken;
        if (!is_broken && (!tcn_utf8_is_control(c) || is_space(c)))
            continue;
        (void)fwrite(text.ptr + written, 1, at - written, stdout);
        write_escaped(c);
        written = pos;
    }
    (void)fwrite(text.ptr + written, 1, text.len - written, stdout);
}

/* A chunk ends between two characters. */
static int write_chunk(const char *bytes, size_t len, void *ud)
{
    (void)ud;
    tcn_cli_write_json(tcn_str_of(bytes, len));
    return 0;
}

void tcn_cli_print_json(const json_t *json)
{
    (void)json_dump_callback(json, write_chunk, NULL, JSON_INDENT(2) | JSON_ENCODE_ANY);
    printf("\n");
}
