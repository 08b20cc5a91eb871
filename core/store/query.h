/* SPDX-License-Identifier: Apache-2.0 */
/* query.h - the reading thread: queries one after another, each on a connection of their
 * own and within a budget of time, so that they never delay a commit. Between them it
 * copies pages of the WAL (checkpoint.c). */
#ifndef TCN_STORE_QUERY_H
#define TCN_STORE_QUERY_H

#include <uv.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/list.h"
#include "core/store/db.h"
#include "core/store/pack.h"

#define TCN_QUERIES_MAX 64

struct tcn_store;

/* One question, inside a struct of the asker's. */
typedef struct tcn_read {
    tcn_list link;
    void (*run)(struct tcn_store *store, struct tcn_read *read); /* on the thread */
    void (*answer)(struct tcn_read *read);                       /* [loop] */
    void (*free)(struct tcn_read *read);                         /* [loop] */
} tcn_read;
/* [loop] Takes read over: it is freed after its answer, when the store closes, or at once
 * when too many wait (TCN_E_BUSY). */
int tcn_read_submit(struct tcn_store *store, tcn_read *read);

/* A question whose answer is lines, as many as make a page; the first member of the
 * asker's struct, which is freed by tcn_free. run fills it in from status on. */
typedef struct tcn_page {
    tcn_read read;
    void (*cb)(int status, tcn_str lines, uint64_t last, bool more, void *ud);
    void *ud;
    int status;
    tcn_buf lines;
    uint64_t last; /* everything up to this position, or id, was looked at */
    bool has_more;
} tcn_page;
#define TCN_PAGE_BYTES ((size_t)16 << 20) /* it ends with the line that reaches them */
/* All but cb and ud, which are the caller's to set. */
void tcn_page_init(tcn_page *page, void (*run)(struct tcn_store *store, tcn_read *read));

typedef struct tcn_query_thread {
    tcn_db db;
    tcn_packer *packer;
    sqlite3_stmt *scan;
    tcn_buf plain;
    tcn_arena arena;
    uv_thread_t thread;
    bool has_thread;
    /* Guarded by the store's lock. */
    uv_cond_t wake;
    tcn_list waiting, done; /* tcn_read */
    size_t waiting_count;
} tcn_query_thread;

int tcn_query_thread_start(struct tcn_store *store, tcn_err *reterr);
/* Ends after the query under way; those that wait are forgotten. */
void tcn_query_thread_stop(struct tcn_store *store);
/* [loop] Runs the callbacks of finished queries. */
void tcn_query_thread_answer(struct tcn_store *store);

#endif
