/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - one event as the engine sees it. All text is borrowed: from the bytes that
 * were decoded where they needed no unescaping, else from the arena of the decoder. Both
 * must outlive the event; tcn_event_copy makes one that stands alone. */
#ifndef TCN_EVENT_EVENT_H
#define TCN_EVENT_EVENT_H

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/uuid.h"

#define TCN_EVENT_NAME_MAX    1024 /* characters */
#define TCN_EVENT_LABELS_MAX  500
#define TCN_EVENT_RELATED_MAX 100

/* A position is the sequence of a log record << TCN_POSITION_BITS | an index in that
 * record: events that were taken in count from 0, events that the engine emitted from
 * TCN_POSITION_EMITTED. */
#define TCN_POSITION_BITS    20
#define TCN_POSITION_EMITTED (UINT64_C(1) << 19)
#define TCN_POSITION_NONE    UINT64_MAX

typedef struct tcn_label {
    tcn_str key, value;
} tcn_label;

/* Labels in the order in which they were sent, each key once. */
typedef struct tcn_resource {
    tcn_label *labels;
    uint32_t count;
    tcn_str id;   /* prefect.resource.id, never empty */
    tcn_str role; /* prefect.resource.role; never empty in related resources */
} tcn_resource;

typedef struct tcn_event {
    tcn_uuid id;
    tcn_uuid follows;
    bool has_follows;
    uint16_t depth; /* how many firings stand between it and the outside; 0: it came from
                       there */
    int64_t occurred_at_us;
    int64_t received_at_us; /* set by whoever took it in; the engine's clock for it */
    tcn_str name;
    tcn_resource resource;
    tcn_resource *related;
    uint32_t related_count;
    tcn_str payload; /* JSON object text as it was sent; "{}" when there was none */
    tcn_str source;  /* the whole event as it was sent; empty for events of our own */
    /* Where it stands in the log. Opaque to the engine, which hands it back with what
     * refers to the event. */
    uint64_t position;
} tcn_event;

/* Names an event that is not at hand: enough to find it in the log. */
typedef struct tcn_event_ref {
    tcn_uuid id;
    uint64_t position;
} tcn_event_ref;

/* Value of a label, or NULL when the resource lacks it. */
const tcn_str *tcn_resource_label(const tcn_resource *resource, tcn_str key);

/* A copy in one block that borrows nothing (tcn_event_free). NULL when out of memory. */
tcn_event *tcn_event_copy(const tcn_event *event);
void tcn_event_free(tcn_event *event);

/* As Prefect's API returns it, one line: occurred, event, resource, related, payload, id,
 * follows, received (left out while it is 0). */
int tcn_event_encode(const tcn_event *event, tcn_buf *out);

#endif
