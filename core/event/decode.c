/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c - events out of JSON. The fields of an event may come in any order; a field
 * that comes again replaces what was read before, right or wrong. See decode_int.h for
 * how failures go. */
#include "core/event/decode.h"

#include "core/base/alloc.h"
#include "core/base/datetime.h"
#include "core/event/decode_int.h"

/* The shortest event that is right has about a hundred bytes: so many of them at most. */
#define EVENT_BYTES_MIN 64

const tcn_event_limits tcn_event_limits_default = {
    .event_size = 1500000,
    .batch_events = 1000,
    .json_depth = 64,
    .json_strings = 1u << 20,
};

static enum tcn_event_field field_of(tcn_str key)
{
    const char *p = key.ptr;
    switch (key.len) {
    case 2:
        return memcmp(p, "id", 2) == 0 ? TCN_FIELD_ID : TCN_FIELD_UNKNOWN;
    case 5:
        return memcmp(p, "event", 5) == 0 ? TCN_FIELD_EVENT : TCN_FIELD_UNKNOWN;
    case 7:
        if (memcmp(p, "payload", 7) == 0)
            return TCN_FIELD_PAYLOAD;
        if (memcmp(p, "related", 7) == 0)
            return TCN_FIELD_RELATED;
        return memcmp(p, "follows", 7) == 0 ? TCN_FIELD_FOLLOWS : TCN_FIELD_UNKNOWN;
    case 8:
        if (memcmp(p, "occurred", 8) == 0)
            return TCN_FIELD_OCCURRED;
        if (memcmp(p, "resource", 8) == 0)
            return TCN_FIELD_RESOURCE;
        return memcmp(p, "received", 8) == 0 ? TCN_FIELD_RECEIVED : TCN_FIELD_UNKNOWN;
    default:
        return TCN_FIELD_UNKNOWN;
    }
}

/* Text, or a number as it is written. */
static const char *read_time(tcn_decoder *d, const char *p, int64_t *ret_at_us)
{
    const char *start = p;
    tcn_str text = {0};
    if (*p == '"') {
        p = tcn_decode_string(d, p + 1, &text);
    } else if (*p == '-' || (*p >= '0' && *p <= '9')) {
        p = tcn_decode_number(d, p);
        text = tcn_str_of(start, p != NULL ? (size_t)(p - start) : 0);
    } else {
        return tcn_decode_wrong(d, p, TCN_FIELD_OCCURRED, NULL, "datetime_type",
                                "Input should be a valid datetime");
    }
    if (p == NULL)
        return NULL;
    if (!tcn_datetime_parse(text, ret_at_us, NULL))
        return tcn_decode_wrong_time(d, start, text);
    return p;
}

static const char *read_uuid(tcn_decoder *d, const char *p, enum tcn_event_field field,
                             tcn_uuid *ret)
{
    const char *start = p;
    tcn_str text;
    if (*p != '"')
        return tcn_decode_wrong(d, p, field, NULL, "uuid_type",
                                "UUID input should be a string, bytes or UUID object");
    p = tcn_decode_string(d, p + 1, &text);
    if (p == NULL)
        return NULL;
    if (!tcn_uuid_parse(text, ret))
        return tcn_decode_wrong_uuid(d, start, field, text);
    return p;
}

static const char *read_follows(tcn_decoder *d, const char *p, tcn_event *ret)
{
    ret->has_follows = *p != 'n';
    if (ret->has_follows)
        return read_uuid(d, p, TCN_FIELD_FOLLOWS, &ret->follows);
    return tcn_decode_skip(d, p, 1);
}

static const char *read_name(tcn_decoder *d, const char *p, tcn_str *ret)
{
    const char *start = p;
    tcn_str name;
    if (*p != '"')
        return tcn_decode_wrong(d, p, TCN_FIELD_EVENT, NULL, "string_type",
                                "Input should be a valid string");
    p = tcn_decode_string(d, p + 1, &name);
    if (p == NULL)
        return NULL;
    if (name.ptr == NULL)
        return tcn_decode_wrong(
            d, start, TCN_FIELD_EVENT, NULL, "string_unicode",
            "Input should be a valid string, unable to parse raw data as a unicode string");
    if (name.len > TCN_EVENT_NAME_MAX && tcn_utf8_length(name) > TCN_EVENT_NAME_MAX)
        return tcn_decode_wrong(
            d, start, TCN_FIELD_EVENT, NULL, "value_error",
            "Value error, Event name must be at most 1024 characters");
    *ret = name;
    return p;
}

static const char *read_payload(tcn_decoder *d, const char *p, tcn_str *ret)
{
    const char *start = p;
    if (*p != '{')
        return tcn_decode_wrong(d, p, TCN_FIELD_PAYLOAD, NULL, "dict_type",
                                "Input should be a valid dictionary");
    p = tcn_decode_skip(d, p, 1);
    if (p != NULL)
        *ret = tcn_str_of(start, (size_t)(p - start));
    return p;
}

/* A sender's own "received" means nothing; in what we stored it is when it came. */
static const char *read_received(tcn_decoder *d, const char *p, tcn_event *ret)
{
    if (d->is_in_list)
        return tcn_decode_skip(d, p, 1);
    ret->received_at_us = 0;
    return read_time(d, p, &ret->received_at_us);
}

static const char *read_field(tcn_decoder *d, const char *p, enum tcn_event_field field,
                              tcn_event *ret)
{
    switch (field) {
    case TCN_FIELD_OCCURRED:
        return read_time(d, p, &ret->occurred_at_us);
    case TCN_FIELD_EVENT:
        return read_name(d, p, &ret->name);
    case TCN_FIELD_RESOURCE:
        return tcn_decode_resource(d, p, &ret->resource);
    case TCN_FIELD_RELATED:
        return tcn_decode_related(d, p, ret);
    case TCN_FIELD_PAYLOAD:
        return read_payload(d, p, &ret->payload);
    case TCN_FIELD_ID:
        return read_uuid(d, p, TCN_FIELD_ID, &ret->id);
    case TCN_FIELD_FOLLOWS:
        return read_follows(d, p, ret);
    case TCN_FIELD_RECEIVED:
        return read_received(d, p, ret);
    case TCN_FIELD_UNKNOWN:
        break;
    }
    return tcn_decode_skip(d, p, 1);
}

/* Where the last value of each field began, and which of these values were refused. */
typedef struct seen {
    const char *at[TCN_FIELD_COUNT];
    uint32_t wrong;
} seen;

static const char *read_member(tcn_decoder *d, const char *p, seen *s, tcn_event *ret)
{
    tcn_str key;
    p = tcn_decode_key(d, p, &key);
    if (p == NULL)
        return NULL;
    enum tcn_event_field field = key.ptr != NULL ? field_of(key) : TCN_FIELD_UNKNOWN;
    if (field == TCN_FIELD_UNKNOWN)
        return tcn_decode_skip(d, p, 1);
    uint32_t bit = 1u << field;
    s->at[field] = p;
    s->wrong &= ~bit;
    const char *behind = read_field(d, p, field, ret);
    if (TCN_LIKELY(behind != NULL) || d->code != 0)
        return behind;
    d->related_index = -1;
    s->wrong |= bit;
    return tcn_decode_skip(d, p, 1);
}

/* Refuses the event for its first field that is wrong or missing. NULL: it is refused. */
static const char *check_fields(tcn_decoder *d, const char *start, const seen *s,
                                tcn_event *ret)
{
    static const uint32_t required = 1u << TCN_FIELD_OCCURRED | 1u << TCN_FIELD_EVENT |
                                     1u << TCN_FIELD_RESOURCE | 1u << TCN_FIELD_ID;
    for (uint32_t field = 0; field < TCN_FIELD_RECEIVED; field++) {
        if ((s->wrong >> field & 1) != 0) {
            d->is_explaining = true;
            return read_field(d, s->at[field], (enum tcn_event_field)field, ret);
        }
        if (s->at[field] == NULL && (required >> field & 1) != 0)
            return tcn_decode_missing(d, start, (enum tcn_event_field)field);
    }
    return start;
}

static const char *check_size(tcn_decoder *d, const char *start, const char *end)
{
    if (TCN_UNLIKELY((size_t)(end - start) > d->limits->event_size))
        return tcn_decode_too_large(d, start, "Event is larger than %zu bytes",
                                    d->limits->event_size);
    if (TCN_UNLIKELY(d->strings > d->limits->json_strings))
        return tcn_decode_too_large(d, start, "Event holds more than %u strings",
                                    d->limits->json_strings);
    return end;
}

/* The members of the object at p, up to and with its bracket. */
static const char *read_members(tcn_decoder *d, const char *p, seen *s, tcn_event *ret)
{
    p = tcn_scan_blanks(p + 1);
    if (*p == '}')
        return p + 1;
    for (;;) {
        p = read_member(d, p, s, ret);
        if (p != NULL)
            p = tcn_decode_comma(d, p, '}');
        if (p == NULL)
            return NULL;
        if (*p == '}')
            return p + 1;
    }
}

static const char *read_event(tcn_decoder *d, const char *p, tcn_event *ret)
{
    const char *start = p;
    if (*p != '{') {
        if (tcn_decode_skip(d, p, 0) == NULL)
            return NULL;
        return tcn_decode_wrong_whole(
            d, p, "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from");
    }
    seen s = {0};
    *ret = (tcn_event){.payload = TCN_STR("{}")};
    d->strings = 0;
    p = read_members(d, p, &s, ret);
    if (p == NULL)
        return NULL;
    ret->source = tcn_str_of(start, (size_t)(p - start));
    if (check_size(d, start, p) == NULL || check_fields(d, start, &s, ret) == NULL)
        return NULL;
    return p;
}

/* The events of a list that is not empty; p stands at the first. */
static const char *read_list(tcn_decoder *d, const char *p, tcn_event *events,
                             size_t capacity, size_t *ret_count)
{
    for (size_t count = 0;;) {
        d->index = (int64_t)count;
        if (count == d->limits->batch_events)
            return tcn_decode_too_large(d, p, "More than %zu events in one request",
                                        d->limits->batch_events);
        if (count == capacity)
            return tcn_decode_broken(d, p, "Expecting value");
        p = read_event(d, p, &events[count]);
        if (p == NULL)
            return NULL;
        count++;
        d->index = -1;
        p = tcn_decode_comma(d, p, ']');
        if (p == NULL)
            return NULL;
        if (*p == ']') {
            *ret_count = count;
            return p + 1;
        }
    }
}

/* Nothing but white space may stand behind the document; our own bracket may not be part
 * of it. */
static const char *check_end(tcn_decoder *d, const char *p)
{
    const char *end = d->text + d->size;
    if (p > end)
        return tcn_decode_broken(d, end, "Unexpected end of data");
    p = tcn_decoder_blanks(d, p);
    return p < end ? tcn_decode_broken(d, p, "Extra data") : p;
}

/* What a decoder reads. */
typedef struct target {
    tcn_event *event; /* one event, or NULL: a list of them */
    tcn_event **ret_events;
    size_t *ret_count;
} target;

static const char *read_list_document(tcn_decoder *d, const char *p, const target *t)
{
    if (*p != '[') {
        p = tcn_decode_skip(d, p, 0);
        if (p == NULL || check_end(d, p) == NULL)
            return NULL;
        return tcn_decode_wrong_whole(d, d->text, "list_type",
                                      "Input should be a valid list");
    }
    size_t capacity = d->size / EVENT_BYTES_MIN + 1;
    if (capacity > d->limits->batch_events)
        capacity = d->limits->batch_events;
    tcn_event *events = tcn_arena_alloc(d->arena, capacity * sizeof *events);
    if (events == NULL)
        return tcn_decode_no_memory(d);
    size_t count = 0;
    p = tcn_scan_blanks(p + 1);
    p = *p == ']' ? p + 1 : read_list(d, p, events, capacity, &count);
    if (p == NULL || check_end(d, p) == NULL)
        return NULL;
    *t->ret_events = events;
    *t->ret_count = count;
    return p;
}

static const char *read_one_document(tcn_decoder *d, const char *p, const target *t)
{
    tcn_event event;
    p = read_event(d, p, &event);
    if (p == NULL || check_end(d, p) == NULL)
        return NULL;
    *t->event = event;
    return p;
}

static int read_document(tcn_decoder *d, const target *t)
{
    size_t bad = 0;
    d->index = -1;
    if (d->size == 0) {
        (void)tcn_decode_wrong_whole(d, d->text, "missing", "Field required");
        return d->code;
    }
    if (!tcn_utf8_valid(tcn_str_of(d->text, d->size), &bad)) {
        (void)tcn_decode_broken(d, d->text + bad, "Invalid UTF-8");
        return d->code;
    }
    const char *p = tcn_scan_blanks(d->text);
    p = t->event != NULL ? read_one_document(d, p, t) : read_list_document(d, p, t);
    return p != NULL ? 0 : d->code;
}

/* Text that does not end with a bracket is no list or object, but which of its bytes is
 * wrong? It is read from a copy with a bracket behind it. */
static int read_unclosed(tcn_decoder *d, tcn_str json, const target *t)
{
    char *copy = tcn_alloc(json.len + 1);
    if (copy == NULL) {
        (void)tcn_decode_no_memory(d);
        return d->code;
    }
    if (json.len != 0)
        memcpy(copy, json.ptr, json.len);
    copy[json.len] = ']';
    d->text = copy;
    d->end = copy + json.len + 1;
    int rc = read_document(d, t);
    tcn_free(copy);
    return rc;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static int decode(tcn_str json, const tcn_event_limits *limits, tcn_arena *arena,
                  const target *t, tcn_event_error *reterr)
{
    tcn_event_error unused;
    tcn_decoder d;
    /* Field by field: the places for labels and resources need no zeros. */
    while (json.len != 0 && is_blank(json.ptr[json.len - 1]))
        json.len--;
    d.text = json.ptr;
    d.end = json.ptr + json.len;
    d.size = json.len;
    d.limits = limits;
    d.arena = arena;
    d.depth_max = limits->json_depth < TCN_DECODE_DEPTH_MAX ? limits->json_depth
                                                            : TCN_DECODE_DEPTH_MAX;
    d.strings = 0;
    d.code = 0;
    d.is_explaining = false;
    d.is_in_list = t->event == NULL;
    d.index = -1;
    d.related_index = -1;
    d.err = reterr != NULL ? reterr : &unused;
    bool is_closed = json.len != 0 && (d.end[-1] == ']' || d.end[-1] == '}');
    return is_closed ? read_document(&d, t) : read_unclosed(&d, json, t);
}

int tcn_event_decode_list(tcn_str json, const tcn_event_limits *limits, tcn_arena *arena,
                          tcn_event **ret_events, size_t *ret_count,
                          tcn_event_error *reterr)
{
    target t = {.ret_events = ret_events, .ret_count = ret_count};
    return decode(json, limits, arena, &t, reterr);
}

int tcn_event_decode(tcn_str json, const tcn_event_limits *limits, tcn_arena *arena,
                     tcn_event *ret_event, tcn_event_error *reterr)
{
    target t = {.event = ret_event};
    return decode(json, limits, arena, &t, reterr);
}
