/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - carries pages from the WAL into the database file without making commits
 * wait. The bulk is copied by the reading thread, while commits go on; under constant
 * load that never reaches the end of the WAL, so when it has grown large the store's
 * thread copies the rest, which is small by then, between two commits, and the WAL starts
 * anew. A failed checkpoint is no error: the WAL holds everything, and the next one tries
 * again. */
#include "core/store/store_int.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSIVE_PAGES 1024 /* 4 MiB */
#define FINAL_PAGES   8192 /* 32 MiB */
#define FRAME_SIZE    ((off_t)TCN_PAGE_SIZE + 24)
#define GROWN_SIZE    (FRAME_SIZE * (PASSIVE_PAGES + 64))

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
    tcn_checkpoint *c = &((tcn_store *)ud)->checkpoint;
    if (pages < c->wal_pages) { /* it started anew */
        c->next_passive = PASSIVE_PAGES;
        c->next_final = FINAL_PAGES;
    }
    c->wal_pages = pages;
    return SQLITE_OK;
}

/* An fdatasync of a file that grew must write its size and its blocks' places, too: twice
 * the time. So the WAL gets its working size at once. SQLite takes the zeros behind its
 * last frame, or in place of a header, for what they are: nothing. */
static void grow_wal(const tcn_store *store)
{
    static const char zeros[64 << 10];
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s-wal", store->path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t size = lseek(fd, 0, SEEK_END);
    while (size >= 0 && size < GROWN_SIZE) {
        ssize_t len = pwrite(fd, zeros, sizeof zeros, size);
        if (len <= 0)
            break; /* slower, not wrong */
        size += len;
    }
    (void)fdatasync(fd);
    (void)close(fd);
}

void tcn_store_checkpoint_init(tcn_store *store)
{
    if (store->options.sync == TCN_STORE_FULL)
        grow_wal(store);
    store->checkpoint.next_passive = PASSIVE_PAGES;
    store->checkpoint.next_final = FINAL_PAGES;
    sqlite3_wal_hook(store->db.handle, on_commit, store);
    note_size(store);
}

void tcn_store_checkpoint_look(tcn_store *store)
{
    tcn_checkpoint *c = &store->checkpoint;
    if (c->wal_pages < c->next_passive)
        return;
    uv_mutex_lock(&store->lock);
    bool is_final = c->wal_pages >= c->next_final && !c->is_running;
    bool is_passive = !is_final && !c->is_running;
    c->is_wanted = c->is_wanted || is_passive;
    uv_mutex_unlock(&store->lock);

    /* Not at every commit: a query may hold on to the WAL, or the thread be busy with
     * one. */
    c->next_passive = c->wal_pages + PASSIVE_PAGES;
    if (is_passive)
        uv_cond_signal(&store->reader.wake);
    if (!is_final)
        return;
    c->next_final = c->wal_pages + PASSIVE_PAGES;
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
