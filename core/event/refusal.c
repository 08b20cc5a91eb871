/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.c - puts into words why bytes were refused, in pydantic's types and texts, so
 * that senders see what Prefect would have told them. Only ever runs on the way to a
 * refusal. */
#include "core/event/decode_int.h"

#include <stdarg.h>
#include <stdio.h>

#define QUOTED_MAX 80 /* bytes of the sender's text that are repeated to him */

static const char *const names[TCN_FIELD_COUNT] = {
    [TCN_FIELD_OCCURRED] = "occurred", [TCN_FIELD_EVENT] = "event",
    [TCN_FIELD_RESOURCE] = "resource", [TCN_FIELD_RELATED] = "related",
    [TCN_FIELD_PAYLOAD] = "payload",   [TCN_FIELD_ID] = "id",
    [TCN_FIELD_FOLLOWS] = "follows",   [TCN_FIELD_RECEIVED] = "received",
};

/* Text of the sender's, cut and safe to print. */
typedef struct quoted {
    char text[QUOTED_MAX + 1];
} quoted;

static quoted quote(tcn_str s)
{
    quoted q;
    size_t len = s.len < QUOTED_MAX ? s.len : QUOTED_MAX;
    while (len < s.len && len != 0 && ((uint8_t)s.ptr[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)s.ptr[i];
        q.text[i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    q.text[len] = '\0';
    return q;
}

static void fill(tcn_decoder *d, const char *at, const char *type, bool is_too_large)
{
    size_t offset = (size_t)(at - d->text);
    *d->err = (tcn_event_error){
        .type = type,
        .index = d->index,
        .offset = offset < d->size ? offset : d->size,
        .is_too_large = is_too_large,
    };
}

const char *tcn_decode_broken(tcn_decoder *d, const char *at, const char *text)
{
    /* What is said at the bracket that closed the sender's text means that it ended too
     * early. */
    if ((size_t)(at - d->text) >= d->size)
        text = "Unexpected end of data";
    fill(d, at, "json_invalid", false);
    (void)snprintf(d->err->text, sizeof d->err->text, "JSON decode error: %s", text);
    d->code = TCN_E_INVALID;
    return NULL;
}

const char *tcn_decode_too_large(tcn_decoder *d, const char *at, const char *fmt, ...)
{
    fill(d, at, "too_large", true);
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(d->err->text, sizeof d->err->text, fmt, args);
    va_end(args);
    d->code = TCN_E_LIMIT;
    return NULL;
}

const char *tcn_decode_no_memory(tcn_decoder *d)
{
    fill(d, d->text, "out_of_memory", false);
    (void)snprintf(d->err->text, sizeof d->err->text, "%s", tcn_err_text(TCN_E_NOMEM));
    d->code = TCN_E_NOMEM;
    return NULL;
}

/* "related[3].prefect.resource.role" */
static void set_path(tcn_decoder *d, enum tcn_event_field field, const tcn_str *key)
{
    char *path = d->err->path;
    size_t size = sizeof d->err->path;
    quoted label = key != NULL ? quote(*key) : (quoted){""};
    const char *dot = key != NULL ? "." : "";
    if (d->related_index >= 0)
        (void)snprintf(path, size, "%s[%lld]%s%s", names[field],
                       (long long)d->related_index, dot, label.text);
    else
        (void)snprintf(path, size, "%s%s%s", names[field], dot, label.text);
}

/* True when the failure is to be put into words. */
static bool refuse(tcn_decoder *d, const char *at, enum tcn_event_field field,
                   const tcn_str *key, const char *type)
{
    if (!d->is_explaining)
        return false;
    fill(d, at, type, false);
    set_path(d, field, key);
    d->code = TCN_E_INVALID;
    return true;
}

const char *tcn_decode_wrong(tcn_decoder *d, const char *at, enum tcn_event_field field,
                             const tcn_str *key, const char *type, const char *text)
{
    if (refuse(d, at, field, key, type))
        (void)snprintf(d->err->text, sizeof d->err->text, "%s", text);
    return NULL;
}

const char *tcn_decode_wrong_time(tcn_decoder *d, const char *at, tcn_str text)
{
    if (refuse(d, at, TCN_FIELD_OCCURRED, NULL, "value_error"))
        (void)snprintf(d->err->text, sizeof d->err->text,
                       "Value error, Unable to parse string [%s]", quote(text).text);
    return NULL;
}

const char *tcn_decode_missing(tcn_decoder *d, const char *at, enum tcn_event_field field)
{
    d->is_explaining = true;
    return tcn_decode_wrong(d, at, field, NULL, "missing", "Field required");
}

const char *tcn_decode_wrong_whole(tcn_decoder *d, const char *at, const char *type,
                                   const char *text)
{
    fill(d, at, type, false);
    (void)snprintf(d->err->text, sizeof d->err->text, "%s", text);
    d->code = TCN_E_INVALID;
    return NULL;
}

static bool is_hex(char c)
{
    char lower = (char)(c | 0x20);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

/* A UUID's text without its braces or its "urn:uuid:". */
static tcn_str uuid_core(tcn_str text)
{
    if (text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}')
        return tcn_str_of(text.ptr + 1, text.len - 2);
    if (tcn_str_starts(text, TCN_STR("urn:uuid:")))
        return tcn_str_of(text.ptr + 9, text.len - 9);
    return text;
}

/* Says which of the five groups has a wrong length. */
static void say_group(char *out, size_t size, const size_t hyphens[4], size_t len)
{
    static const size_t starts[6] = {0, 9, 14, 19, 24, 37};
    size_t group = 0;
    while (group < 4 && hyphens[group] == starts[group + 1] - 1)
        group++;
    size_t end = group < 4 ? hyphens[group] : len;
    size_t expected = starts[group + 1] - starts[group] - 1;
    (void)snprintf(out, size,
                   "invalid group length in group %zu: expected %zu, found %zu", group,
                   expected, end - starts[group]);
}

/* Why text is no UUID, in the words of the parser that Prefect uses. */
static void say_uuid(char *out, size_t size, tcn_str text)
{
    tcn_str core = uuid_core(text);
    size_t offset = (size_t)(core.ptr - text.ptr);
    size_t hyphens[4] = {0};
    size_t count = 0;
    for (size_t i = 0; i < core.len; i++) {
        if (core.ptr[i] == '-') {
            if (count < 4)
                hyphens[count] = i;
            count++;
        } else if (!is_hex(core.ptr[i])) {
            size_t next = i;
            (void)tcn_utf8_decode(core, &next);
            quoted found = quote(tcn_str_of(core.ptr + i, next - i));
            (void)snprintf(out, size, "invalid character: found `%s` at %zu", found.text,
                           i + offset);
            return;
        }
    }
    if (count == 0 && offset == 0)
        (void)snprintf(out, size,
                       "invalid length: expected length 32 for simple format, found %zu",
                       text.len);
    else if (count != 4)
        (void)snprintf(out, size, "invalid group count: expected 5, found %zu",
                       count + 1);
    else
        say_group(out, size, hyphens, core.len);
}

const char *tcn_decode_wrong_uuid(tcn_decoder *d, const char *at,
                                  enum tcn_event_field field, tcn_str text)
{
    if (!refuse(d, at, field, NULL, "uuid_parsing"))
        return NULL;
    char why[160];
    say_uuid(why, sizeof why, text);
    (void)snprintf(d->err->text, sizeof d->err->text, "Input should be a valid UUID, %s",
                   why);
    return NULL;
}
