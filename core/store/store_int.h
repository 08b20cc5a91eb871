/* SPDX-License-Identifier: Apache-2.0 */
/* store_int.h - the store's inside, for the files of this room. Three locks' worth of
 * rules:
 *
 * - db_lock is held by whoever uses the writing connection and what hangs on it
 * (committer, saves): the store's thread while it works, or a caller of a [start]
 * function.
 * - lock guards what is handed between threads: the job under way, the save, queries,
 * counts. It is held for moments only; never while SQLite is called.
 * - what is marked [loop] belongs to the loop's thread alone. */
#ifndef TCN_STORE_INT_H
#define TCN_STORE_INT_H

#include "core/base/list.h"
#include "core/store/commit.h"
#include "core/store/query.h"
#include "core/store/seal.h"
#include "core/store/store.h"
#include "core/store/stored_block_int.h"

enum tcn_job_phase {
    TCN_JOB_NONE = 0,
    TCN_JOB_WAITING, /* for the store's thread, or in its hands */
    TCN_JOB_DONE,    /* for the loop */
};

typedef struct tcn_commit_job {
    enum tcn_job_phase phase;
    const tcn_store_step *step;
    uint64_t sequence;
    tcn_store_commit_cb cb;
    void *ud;
    int status;
    tcn_outbox_entry **entries;
    size_t count;
} tcn_commit_job;

/* A piece of a layer on its way into the store, part by part. */
typedef struct tcn_save_job {
    enum tcn_job_phase phase;
    bool is_canceled;
    tcn_buf piece;
    uint64_t sequence;
    unsigned flags; /* TCN_STATE_* */
    bool has_begun, is_cleaning;
    size_t saved; /* bytes */
    void (*cb)(int status, void *ud);
    void *ud;
    int status;
} tcn_save_job;

/* The layer that the pieces make; generation 0: none is under way. */
typedef struct tcn_saving {
    int64_t generation;
    uint32_t parts;
    size_t size; /* bytes */
} tcn_saving;

/* What a checkpoint is measured by (checkpoint.c); in pages of the WAL. Under db_lock,
 * but for what the reading thread is told. */
typedef struct tcn_checkpoint {
    int wal_pages;
    int next_passive; /* the reading thread copies when the WAL has grown to this */
    int next_final;   /* the store's thread copies the rest */
    bool is_wanted, is_running; /* under lock: by the reading thread */
} tcn_checkpoint;

/* A question whether the store's thread still answers. */
typedef struct tcn_ask_job {
    enum tcn_job_phase phase;
    void (*cb)(void *ud);
    void *ud;
} tcn_ask_job;

struct tcn_store {
    tcn_store_options options;
    char *path;
    int lock_fd;

    uint64_t next_sequence;   /* [loop] */
    size_t callbacks_pending; /* [loop] as long as there are some, the loop stays alive */
    uv_async_t *async;        /* [loop] */

    uv_mutex_t db_lock;
    tcn_db db;
    tcn_packer *packer;
    tcn_seal *seal;
    tcn_committer committer;
    int64_t generation; /* of the newest saved state */
    tcn_saving saving;
    int failed_last; /* status of the last failure that was told; 0: the last commit
                        worked */

    uv_mutex_t lock;
    uv_cond_t wake;
    uv_thread_t thread;
    bool has_mutexes, has_thread, is_stopping;
    enum tcn_store_sync sync_wanted;
    tcn_commit_job commit;
    tcn_save_job save;
    tcn_stored_jobs block_jobs;
    tcn_ask_job ask;
    tcn_checkpoint checkpoint;
    tcn_store_counts counts;
    tcn_query_thread reader;
};

/* thread.c: the store's thread. */
int tcn_store_thread_start(tcn_store *store);
void tcn_store_thread_stop(tcn_store *store);
/* [loop] One callback more, or one less, that the loop waits for. */
void tcn_store_expect(tcn_store *store);
void tcn_store_expected(tcn_store *store);

/* state.c: writes the next part of the save under way; 1: there is more to do, 0: done.
 * db_lock held. */
int tcn_store_save_part(tcn_store *store, tcn_save_job *job);

/* checkpoint.c. Before the threads run. */
void tcn_store_checkpoint_init(tcn_store *store);
/* After a commit, on the store's thread, db_lock held. */
void tcn_store_checkpoint_look(tcn_store *store);
/* On the reading thread, between queries, with its own connection. */
void tcn_store_checkpoint_passive(tcn_store *store, tcn_db *reader);

#endif
