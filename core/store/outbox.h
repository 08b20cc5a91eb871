/* SPDX-License-Identifier: Apache-2.0 */
/* outbox.h - actions that are not done yet, as they stand in the store. A row appears in
 * the transaction of the step that fired and goes only in the transaction that records
 * its end: a crash may repeat a send, never lose one. It holds the automation, action,
 * firing and event as they were when it fired. */
#ifndef TCN_STORE_OUTBOX_H
#define TCN_STORE_OUTBOX_H

#include "core/base/str.h"
#include "core/base/uuid.h"
#include "core/engine/engine.h"

/* One action to be queued with a step. Borrowed as the step is. */
typedef struct tcn_outbox_new {
    tcn_uuid invocation;
    const tcn_firing *firing;
    uint32_t action_index; /* over actions, actions_on_trigger, ... of the firing */
    bool is_on_trigger;    /* its triggering event is firing->emitted, not firing's own */
    tcn_str action;        /* JSON of the action */
    tcn_str automation;    /* JSON of the automation */
    tcn_str block;         /* name or id of the block it names; empty: none */
    int64_t deadline_at_us;
} tcn_outbox_new;

/* A row, in one allocation. Text is owned by the entry. */
typedef struct tcn_outbox_entry {
    uint64_t id; /* order of queueing */
    tcn_uuid invocation;
    uint32_t action_index;
    uint32_t attempt; /* attempts made so far */
    int64_t created_at_us, next_at_us, deadline_at_us;
    tcn_str block;
    tcn_str action, automation; /* JSON */
    tcn_str firing;   /* JSON: id, trigger_id, triggered, triggering_labels, depth, due,
                         triggering_firings (nested) with triggering_event in each */
    tcn_str event;    /* the triggering event of this action, JSON; empty: none */
    tcn_str emitted;  /* the firing's prefect.automation.triggered, JSON */
    tcn_str progress; /* what the last attempt handed on */
    tcn_str rendered; /* what was rendered at the first attempt (the dispatcher's own
                         form); empty: nothing yet */
} tcn_outbox_entry;
void tcn_outbox_entry_free(tcn_outbox_entry *entry);

enum tcn_outbox_outcome {
    TCN_OUTBOX_DONE = 1,
    TCN_OUTBOX_RETRY = 2,
    TCN_OUTBOX_DEAD = 3, /* failed for good: kept as a dead letter */
    TCN_OUTBOX_MOVED =
        4, /* failed for good, and another block gets it: begins anew there */
};

/* How an attempt ended. DONE and DEAD move the row to the history. */
typedef struct tcn_outbox_result {
    uint64_t id;
    tcn_uuid invocation;
    enum tcn_outbox_outcome outcome;
    uint32_t attempt;
    int64_t at_us;
    int64_t next_at_us; /* RETRY */
    tcn_str block;      /* MOVED: which one */
    int32_t code;
    tcn_str cause, reason, receipt, progress;
    tcn_str rendered; /* kept when not empty */
} tcn_outbox_result;

/* What a person decides about a dead action: back into the outbox under a new id, with
 * its invocation and a deadline as far off as it was, or gone for good. */
typedef struct tcn_outbox_order {
    uint64_t id;
    bool is_retry; /* else it is dropped */
    int64_t at_us; /* now */
    bool is_done;  /* set with the commit: there was such a dead action */
} tcn_outbox_order;

struct tcn_store;

/* Which actions to list. */
typedef struct tcn_outbox_filter {
    bool is_dead;   /* else those that wait */
    tcn_str block;  /* as the action names it; empty: any */
    uint64_t after; /* only ids above */
    uint64_t id;    /* this one, with all its texts; 0: any */
    uint32_t limit;
} tcn_outbox_filter;
/* lines: one action a line as JSON, in order of id: id, state, block, invocation,
 * attempt, created, deadline, automation, event, action; next or ended, cause, code,
 * reason. last: the id to go on after; more: there is more. Borrowed during the callback.
 */
typedef void (*tcn_outbox_query_cb)(int status, tcn_str lines, uint64_t last, bool more,
                                    void *ud);
/* [loop] On the reading thread; filter is copied. TCN_E_BUSY as tcn_store_query. */
int tcn_outbox_query(struct tcn_store *store, const tcn_outbox_filter *filter,
                     tcn_outbox_query_cb cb, void *ud);
/* [start] Entries that wait, in order of id, after a given id; at most limit. Each is to
 * be freed. */
int tcn_outbox_load(struct tcn_store *store, uint64_t after_id,
                    tcn_outbox_entry **ret_entries, size_t limit, size_t *ret_count,
                    tcn_err *reterr);

#endif
