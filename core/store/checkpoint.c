/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - carries pages from the WAL into the database file without making commits
 * wait. The bulk is copied by the reading thread, while commits go on; under constant
 * load that never reaches the end of the WAL, so when it has grown large the store's
 * thread copies the rest, which is small by then, between two commits, and the WAL starts
 * anew. A failed checkpoint is no error: the WAL holds everything, and the next one tries
 * again. */
#include "core/store/store_int.h"

#include <sys/stat.h>

#define PASSIVE_PAGES 2048 /* 8 MiB */
#define FINAL_PAGES   8192 /* 32 MiB */

static void note_size(tcn_store *store)
{
    struct stat info;
    if (stat(store->path, &info) != 0)
        return;
    uv_mutex_lock(&store->lock);
    store->counts.size_bytes = (uint64_t)info.st_size;
    uv_mutex_unlock(&store->lock);
}

/* Called by SQLite after each commit, on the thread that committed. */
static int on_commit(void *ud, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    tcn_store *store = ud;
    uv_mutex_lock(&store->lock);
    if (pages < store->checkpoint.wal_pages) { /* it started anew */
        store->checkpoint.next_passive = PASSIVE_PAGES;
        store->checkpoint.next_final = FINAL_PAGES;
    }
    store->checkpoint.wal_pages = pages;
    uv_mutex_unlock(&store->lock);
    return SQLITE_OK;
}

void tcn_store_checkpoint_init(tcn_store *store)
{
    store->checkpoint.next_passive = PASSIVE_PAGES;
    store->checkpoint.next_final = FINAL_PAGES;
    sqlite3_wal_hook(store->db.handle, on_commit, store);
    note_size(store);
}

void tcn_store_checkpoint_look(tcn_store *store)
{
    tcn_checkpoint *c = &store->checkpoint;
    uv_mutex_lock(&store->lock);
    bool is_final = c->wal_pages >= c->next_final && !c->is_running;
    if (c->wal_pages >= c->next_passive && !c->is_running && !is_final) {
        c->is_wanted = true;
        c->next_passive = c->wal_pages + PASSIVE_PAGES;
        uv_cond_signal(&store->reader.wake);
    }
    /* A query may hold on to the WAL: it is not tried again at every commit. */
    if (is_final)
        c->next_final = c->wal_pages + PASSIVE_PAGES;
    uv_mutex_unlock(&store->lock);
    if (!is_final)
        return;
    (void)sqlite3_wal_checkpoint_v2(store->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                    NULL, NULL);
    note_size(store);
}

void tcn_store_checkpoint_passive(tcn_store *store, tcn_db *reader)
{
    (void)sqlite3_wal_checkpoint_v2(reader->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                    NULL);
    uv_mutex_lock(&store->lock);
    store->checkpoint.is_running = false;
    uv_mutex_unlock(&store->lock);
    note_size(store);
}
