/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the embedded store: the log, the outbox, history and saved engine states in
 * one SQLite file. All SQL lives in this room. One thread of the store's own commits;
 * another one reads for queries; callbacks run on the loop. Before the loop runs, and
 * after it, the functions marked [start] work on the calling thread. */
#ifndef TCN_STORE_STORE_H
#define TCN_STORE_STORE_H

#include <uv.h>

#include "core/base/log.h"
#include "core/engine/engine.h"
#include "core/store/outbox.h"

typedef struct tcn_store tcn_store;

enum tcn_store_sync {
    TCN_STORE_FULL,   /* fsync before a commit is reported */
    TCN_STORE_NORMAL, /* a power cut may lose the last commits, a killed process nothing
                       */
};

typedef struct tcn_store_options {
    const char *path; /* its folder exists; "PATH.lock" is held while open */
    enum tcn_store_sync sync;
    const uint8_t *secret_key; /* 32 bytes for secrets of blocks; NULL: not sealed */
    uv_loop_t *loop;
    tcn_log *log;
} tcn_store_options;

/* [start] Creates or migrates the file. TCN_E_BUSY with a clear text when another process
 * holds it. */
int tcn_store_open(const tcn_store_options *options, tcn_store **ret, tcn_err *reterr);
/* From the next commit on. [loop] */
void tcn_store_sync_set(tcn_store *store, enum tcn_store_sync sync);
/* cb runs when the store's thread has answered: it is not stuck in the disk. One at a
 * time. [loop] */
void tcn_store_ask(tcn_store *store, void (*cb)(void *ud), void *ud);
/* Waits for the commit under way, checkpoints, ends the threads. Callbacks that did not
 * run yet do not run any more. The loop must turn once more before it is closed. */
void tcn_store_close(tcn_store *store);

/* ---- the log ---- */

/* One step of the engine: one record of the log and everything that follows from it, in
 * one transaction. Borrowed and unchanged until the callback. */
typedef struct tcn_store_step {
    int64_t clock_us; /* to which time was advanced */
    bool is_jump;
    const tcn_event *const *events; /* taken, in order; duplicates are not among them */
    size_t event_count;
    const tcn_step *outcome;       /* firings and emitted events; NULL: none */
    const tcn_outbox_new *actions; /* to be queued */
    size_t action_count;
    const tcn_outbox_result *results; /* of actions that were attempted */
    size_t result_count;
    tcn_outbox_order *orders; /* is_done of each is set by the commit */
    size_t order_count;
    tcn_str definitions;   /* JSON list of automations when this step replaced them; else
                              empty */
    bool is_packed;        /* the definitions, by tcn_store_definitions_pack */
    tcn_str engine_limits; /* opaque; with definitions, or when they alone change */
    tcn_str blocks; /* documents of all blocks when this step replaced them, kept as meta
                       TCN_STORE_BLOCKS; else empty */
} tcn_store_step;

/* status 0: durable. Then entries are the actions that were queued, in order, complete,
 * and those that an order brought back,
 * to be freed one by one with tcn_outbox_entry_free. Negative: nothing of the step is in
 * the store. */
typedef void (*tcn_store_commit_cb)(int status, tcn_outbox_entry **entries, size_t count,
                                    void *ud);

/* Appends definitions in the form that a record keeps, so that the commit need not make
 * it. [any] */
int tcn_store_definitions_pack(tcn_str plain, tcn_buf *out);

/* Sequence number that the next commit's record gets (event.h says what a position is).
 */
uint64_t tcn_store_next_sequence(const tcn_store *store);
/* [loop] One at a time: TCN_E_BUSY while one is under way. */
int tcn_store_commit(tcn_store *store, const tcn_store_step *step, tcn_store_commit_cb cb,
                     void *ud);

/* A record as it was committed. Borrowed during the callback. */
typedef struct tcn_store_record {
    uint64_t sequence;
    int64_t clock_us;
    bool is_jump;
    const tcn_event *events; /* decoded, with received, depth and position */
    size_t event_count;
    const tcn_uuid *firings; /* ids of the root firings, in order */
    size_t firing_count;
    tcn_str definitions, engine_limits;
} tcn_store_record;
typedef int (*tcn_store_record_fn)(const tcn_store_record *record, void *ud);
/* [start] Every record from that sequence on, in order, checksums verified; stops at the
 * first negative result of fn and returns it. */
int tcn_store_replay(tcn_store *store, uint64_t from_sequence, tcn_store_record_fn fn,
                     void *ud, tcn_err *reterr);

/* ---- saved engine state ---- */

/* A saved state is layers, one behind the other: a whole one and those that go on from
 * it, each of them bytes that only the engine understands. [start] *ret_sequence: the
 * first record that the last layer does not contain. A piece that is not written yet is
 * canceled. TCN_E_NOT_FOUND: there is no state. */
int tcn_store_state_load(tcn_store *store, tcn_buf *ret, uint64_t *ret_sequence,
                         tcn_err *reterr);

enum tcn_store_state_flags {
    TCN_STORE_FIRST = 1, /* the piece begins a layer; one that was not ended goes */
    TCN_STORE_LAST = 2,  /* it ends the layer, and only then that counts */
    TCN_STORE_WHOLE = 4, /* the layer does not need those before, which go at its end */
};
/* [loop] The next piece of a layer, whose bytes it takes; there may be none. It is
 * written in parts between commits, then cb runs; cb may be NULL. TCN_E_BUSY: an earlier
 * piece is still being written; TCN_E_STATE, to cb: there is no layer that this piece
 * could go on with. */
int tcn_store_state_piece(tcn_store *store, tcn_buf *piece, uint64_t sequence,
                          unsigned flags, void (*cb)(int status, void *ud), void *ud);
/* [start] A layer in one piece on the calling thread: at a clean stop. Cancels one that
 * is being written. */
int tcn_store_state_save_now(tcn_store *store, const tcn_buf *layer, uint64_t sequence,
                             bool is_whole, tcn_err *reterr);

/* ---- small settled facts: last good definitions, overrides ---- */
#define TCN_STORE_BLOCKS "blocks"
int tcn_store_meta_get(tcn_store *store, const char *key, tcn_buf *ret);  /* [start] */
int tcn_store_meta_put(tcn_store *store, const char *key, tcn_str value); /* [start] */

/* ---- reading ---- */

typedef struct tcn_store_filter {
    int64_t since_us, until_us; /* of occurred; 0 and INT64_MAX: no bound */
    tcn_str name;               /* glob; empty: any */
    tcn_str resource;           /* id of the primary resource; empty: any */
    bool has_id;
    tcn_uuid id;    /* of the event, with has_id */
    uint64_t after; /* only events whose position is above */
    uint32_t limit;
} tcn_store_filter;
/* lines: one encoded event a line, oldest first; *last: position to go on after; more:
 * there is more. Borrowed during the callback. After two seconds or 16 MiB of lines the
 * answer is what was found so far, with more set. */
typedef void (*tcn_store_query_cb)(int status, tcn_str lines, uint64_t last, bool more,
                                   void *ud);
/* [loop] Runs on the reading thread; filter is copied. At most 64 wait: TCN_E_BUSY. */
int tcn_store_query(tcn_store *store, const tcn_store_filter *filter,
                    tcn_store_query_cb cb, void *ud);

typedef struct tcn_store_counts {
    uint64_t sequence, size_bytes, wal_bytes;
    uint64_t commits, commit_errors;
    uint64_t outbox_queued, outbox_dead;
    int64_t commit_us_last, commit_us_max;
} tcn_store_counts;
void tcn_store_counts_get(const tcn_store *store, tcn_store_counts *ret);

#endif
