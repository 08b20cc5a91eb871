/* SPDX-License-Identifier: Apache-2.0 */
/* encode.c - an event as Prefect's API returns it, on one line. The payload goes out as
 * it came in, but for line breaks, which JSON has between its tokens only. */
#include "core/base/datetime.h"
#include "core/event/event.h"

static void add_time(tcn_buf *out, int64_t at_us)
{
    char text[TCN_DATETIME_TEXT + 2];
    text[0] = '"';
    size_t len = tcn_datetime_format(at_us, text + 1);
    text[len + 1] = '"';
    (void)tcn_buf_add(out, text, len + 2);
}

static void add_uuid(tcn_buf *out, const tcn_uuid *id)
{
    char text[TCN_UUID_TEXT + 3];
    text[0] = '"';
    (void)tcn_uuid_format(id, text + 1);
    text[TCN_UUID_TEXT + 1] = '"';
    (void)tcn_buf_add(out, text, TCN_UUID_TEXT + 2);
}

static void add_resource(tcn_buf *out, const tcn_resource *resource)
{
    (void)tcn_buf_add_char(out, '{');
    for (uint32_t i = 0; i < resource->count; i++) {
        if (i != 0)
            (void)tcn_buf_add_char(out, ',');
        (void)tcn_buf_add_json(out, resource->labels[i].key);
        (void)tcn_buf_add_char(out, ':');
        (void)tcn_buf_add_json(out, resource->labels[i].value);
    }
    (void)tcn_buf_add_char(out, '}');
}

static void add_payload(tcn_buf *out, tcn_str payload)
{
    while (payload.len != 0) {
        size_t plain = 0;
        while (plain < payload.len && payload.ptr[plain] != '\n' &&
               payload.ptr[plain] != '\r')
            plain++;
        (void)tcn_buf_add(out, payload.ptr, plain);
        size_t taken = plain < payload.len ? plain + 1 : plain;
        payload = tcn_str_of(payload.ptr + taken, payload.len - taken);
    }
}

static void add_related(tcn_buf *out, const tcn_event *event)
{
    (void)tcn_buf_add_char(out, '[');
    for (uint32_t i = 0; i < event->related_count; i++) {
        if (i != 0)
            (void)tcn_buf_add_char(out, ',');
        add_resource(out, &event->related[i]);
    }
    (void)tcn_buf_add_char(out, ']');
}

int tcn_event_encode(const tcn_event *event, tcn_buf *out)
{
    (void)tcn_buf_add_c(out, "{\"occurred\":");
    add_time(out, event->occurred_at_us);
    (void)tcn_buf_add_c(out, ",\"event\":");
    (void)tcn_buf_add_json(out, event->name);
    (void)tcn_buf_add_c(out, ",\"resource\":");
    add_resource(out, &event->resource);
    (void)tcn_buf_add_c(out, ",\"related\":");
    add_related(out, event);
    (void)tcn_buf_add_c(out, ",\"payload\":");
    add_payload(out, event->payload.len != 0 ? event->payload : TCN_STR("{}"));
    (void)tcn_buf_add_c(out, ",\"id\":");
    add_uuid(out, &event->id);
    (void)tcn_buf_add_c(out, ",\"follows\":");
    if (event->has_follows)
        add_uuid(out, &event->follows);
    else
        (void)tcn_buf_add_c(out, "null");
    if (event->received_at_us != 0) {
        (void)tcn_buf_add_c(out, ",\"received\":");
        add_time(out, event->received_at_us);
    }
    (void)tcn_buf_add_char(out, '}');
    return tcn_buf_status(out);
}
