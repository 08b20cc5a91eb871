/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_message.c - the texts of a message are the rows of one table, which says where
 * each stands in both forms. */
#include "core/plugin/delivery_message.h"

typedef struct text_member {
    size_t from, to; /* offsets in tcn_message and tocsin_message */
} text_member;

#define TEXT(name)                                                  \
    {                                                               \
        offsetof(tcn_message, name), offsetof(tocsin_message, name) \
    }
static const text_member texts[] = {
    TEXT(invocation), TEXT(action),     TEXT(subject),       TEXT(body),
    TEXT(payload),    TEXT(progress),   TEXT(automation_id), TEXT(automation_name),
    TEXT(event_id),   TEXT(event_name), TEXT(event),
};
#undef TEXT

static tcn_str text_from(const tcn_message *message, const text_member *member)
{
    tcn_str text;
    memcpy(&text, (const char *)message + member->from, sizeof text);
    return text;
}

static void copy_texts(const tcn_message *message, char *place, tocsin_message *out)
{
    for (size_t i = 0; i < TCN_COUNT(texts); i++) {
        tcn_str text = text_from(message, &texts[i]);
        if (text.len > 0)
            memcpy(place, text.ptr, text.len);
        tocsin_str copy = {place, text.len};
        memcpy((char *)out + texts[i].to, &copy, sizeof copy);
        place += text.len;
    }
}

size_t tcn_delivery_message_size(const tcn_message *message)
{
    size_t size = 0;
    for (size_t i = 0; i < TCN_COUNT(texts); i++)
        size += text_from(message, &texts[i]).len;
    return size;
}

tocsin_message tcn_delivery_message_copy(const tcn_message *message, char *place)
{
    tocsin_message copy = {
        .struct_size = sizeof copy,
        .flags = message->is_test ? TOCSIN_MSG_TEST : 0,
        .kind = message->kind,
        .severity = message->severity,
        .attempt = message->attempt,
        .timeout_ms = message->timeout_ms,
        .fired_at_ms = message->fired_at_ms,
    };
    copy_texts(message, place, &copy);
    return copy;
}
