/* SPDX-License-Identifier: Apache-2.0 */
/* decode.h - from bytes to events in one pass, without a tree: labels and times are read
 * as they come, the payload is only checked to be well-formed JSON within the limits and
 * kept as bytes. */
#ifndef TCN_EVENT_DECODE_H
#define TCN_EVENT_DECODE_H

#include "core/event/event.h"

typedef struct tcn_event_limits {
    size_t event_size;     /* bytes of one event's JSON; 1,500,000 */
    size_t batch_events;   /* 1000 */
    uint32_t json_depth;   /* nesting, the event itself included; 64 */
    uint32_t json_strings; /* strings in one event, keys included; 1 M */
} tcn_event_limits;
extern const tcn_event_limits tcn_event_limits_default;

/* Why bytes were refused, in the terms of Prefect's API: type "missing", "list_type",
 * "json_invalid", "too_large"...; index is the event's place in the list, -1: the body
 * itself. */
typedef struct tcn_event_error {
    const char *type; /* static */
    int64_t index;
    char path[192];    /* "resource.prefect.resource.id", "related[3].x"; "" : the event
                          itself */
    char text[256];    /* "Field required" */
    size_t offset;     /* byte of the body */
    bool is_too_large; /* a limit of size or number: HTTP 413, else 422 */
} tcn_event_error;

/* Decodes a JSON list of events. *ret_events stands in arena and borrows from json;
 * received, depth and position are 0. All or nothing: on failure TCN_E_INVALID,
 * TCN_E_LIMIT or TCN_E_NOMEM and *reterr says which event, which field and why. */
int tcn_event_decode_list(tcn_str json, const tcn_event_limits *limits, tcn_arena *arena,
                          tcn_event **ret_events, size_t *ret_count,
                          tcn_event_error *reterr);

/* Decodes one event object (a line of NDJSON, a record of the log). A "received" in it is
 * read into received_at_us when it is well-formed, else ignored. */
int tcn_event_decode(tcn_str json, const tcn_event_limits *limits, tcn_arena *arena,
                     tcn_event *ret_event, tcn_event_error *reterr);

#endif
