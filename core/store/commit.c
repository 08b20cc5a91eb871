/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - everything costly (looking up events, composing, encoding, compressing)
 * happens before the transaction begins; inside it there are only inserts. */
#include "core/store/commit.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/store/outbox_order.h"

#define BUFFERS_KEPT ((size_t)16 << 20)

int tcn_committer_init(tcn_committer *committer, tcn_db *db, tcn_packer *packer,
                       const tcn_seal *seal)
{
    committer->seal = seal;
    committer->db = db;
    committer->packer = packer;
    tcn_buf_init(&committer->plain, TCN_PACK_MAX);
    tcn_buf_init(&committer->packed, SIZE_MAX);
    int rc = tcn_compose_init(&committer->compose, db, packer);
    if (rc >= 0)
        rc = tcn_outbox_table_init(&committer->outbox, db, packer);
    if (rc >= 0)
        rc = tcn_db_prepare(db, "BEGIN IMMEDIATE", &committer->begin);
    if (rc >= 0)
        rc = tcn_db_prepare(db, "COMMIT", &committer->commit);
    if (rc >= 0)
        rc = tcn_db_prepare(db,
                            "INSERT INTO log (" TCN_LOG_COLUMNS
                            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                            &committer->insert_log);
    if (rc >= 0)
        rc = tcn_db_prepare(
            db, "INSERT OR REPLACE INTO meta VALUES ('" TCN_STORE_BLOCKS "', ?1)",
            &committer->put_blocks);
    return rc;
}

void tcn_committer_deinit(tcn_committer *committer)
{
    sqlite3_finalize(committer->begin);
    sqlite3_finalize(committer->commit);
    sqlite3_finalize(committer->insert_log);
    sqlite3_finalize(committer->put_blocks);
    tcn_outbox_table_deinit(&committer->outbox);
    tcn_compose_deinit(&committer->compose);
    tcn_buf_deinit(&committer->plain);
    tcn_buf_deinit(&committer->packed);
}

/* A rare huge step must not keep its memory. */
static void empty(tcn_buf *buf)
{
    size_t limit = buf->limit;
    if (buf->capacity > BUFFERS_KEPT) {
        tcn_buf_deinit(buf);
        tcn_buf_init(buf, limit);
    }
    tcn_buf_reset(buf);
}

static int encode_record(tcn_committer *committer, const tcn_store_step *step,
                         uint64_t sequence)
{
    tcn_summary *summary = &committer->summary;
    tcn_summary_init(summary, sequence);
    int rc =
        tcn_record_write(step, committer->compose.emitted, summary, &committer->plain);
    if (rc < 0)
        return rc;
    return tcn_pack(committer->packer, tcn_buf_str(&committer->plain),
                    tcn_summary_seed(summary), &committer->packed);
}

static void free_entries(tcn_outbox_entry **entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tcn_outbox_entry_free(entries[i]);
    tcn_free(entries);
}

static int compose_entries(tcn_committer *committer, const tcn_store_step *step,
                           tcn_outbox_entry ***ret_entries)
{
    *ret_entries = NULL;
    size_t most = step->action_count + step->order_count;
    if (most == 0)
        return 0;
    tcn_outbox_entry **entries = tcn_alloc_array(most, sizeof *entries);
    if (entries == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i < step->action_count; i++) {
        int rc = tcn_compose_entry(&committer->compose, &step->actions[i], &entries[i]);
        if (rc < 0) {
            free_entries(entries, i);
            return rc;
        }
    }
    *ret_entries = entries;
    return 0;
}

static int insert_blocks(tcn_committer *committer, const tcn_store_step *step)
{
    if (step->blocks.len == 0)
        return 0;
    tcn_buf sealed;
    tcn_uuid id = tcn_store_blocks_id();
    tcn_buf_init(&sealed, step->blocks.len + 64);
    int rc = tcn_seal_close(committer->seal, step->blocks, &id, &sealed);
    if (rc >= 0) {
        tcn_db_bind_blob(committer->put_blocks, 1, tcn_buf_str(&sealed));
        rc = tcn_db_step(committer->db, committer->put_blocks);
        (void)sqlite3_clear_bindings(committer->put_blocks);
    }
    tcn_buf_deinit(&sealed);
    return rc;
}

/* What an order brings back follows the new entries; *count grows. */
static int apply_orders(tcn_committer *committer, const tcn_store_step *step,
                        tcn_outbox_entry **entries, size_t *count)
{
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < step->order_count; i++) {
        tcn_outbox_order *order = &step->orders[i];
        tcn_outbox_entry *revived = NULL;
        rc = tcn_outbox_order_apply(&committer->outbox, order, &revived);
        if (revived != NULL)
            entries[(*count)++] = revived;
    }
    return rc;
}

static int insert_all(tcn_committer *committer, const tcn_store_step *step,
                      tcn_outbox_entry **entries, size_t *count)
{
    tcn_log_row_bind(committer->insert_log, &committer->summary,
                     tcn_buf_str(&committer->packed));
    int rc = tcn_db_step(committer->db, committer->insert_log);
    for (size_t i = 0; rc >= 0 && i < step->action_count; i++)
        rc = tcn_outbox_table_insert(&committer->outbox, entries[i]);
    for (size_t i = 0; rc >= 0 && i < step->result_count; i++)
        rc = tcn_outbox_table_apply(&committer->outbox, &step->results[i]);
    if (rc >= 0)
        rc = insert_blocks(committer, step);
    return rc < 0 ? rc : apply_orders(committer, step, entries, count);
}

static int transact(tcn_committer *committer, const tcn_store_step *step,
                    tcn_outbox_entry **entries, size_t *count)
{
    tcn_db *db = committer->db;
    tcn_outbox_table_begin(&committer->outbox);
    int rc = tcn_db_step(db, committer->begin);
    if (rc >= 0)
        rc = insert_all(committer, step, entries, count);
    if (rc >= 0)
        rc = tcn_db_step(db, committer->commit);
    if (rc < 0)
        snprintf(committer->text, sizeof committer->text, "%s", tcn_db_text(db));
    if (!sqlite3_get_autocommit(db->handle))
        (void)tcn_db_exec(db, "ROLLBACK");
    tcn_outbox_table_end(&committer->outbox, rc >= 0);
    committer->unknown_results = committer->outbox.unknown;
    return rc;
}

int tcn_committer_run(tcn_committer *committer, const tcn_store_step *step,
                      uint64_t sequence, tcn_outbox_entry ***ret_entries,
                      size_t *ret_count)
{
    empty(&committer->plain);
    empty(&committer->packed);
    committer->text[0] = '\0';
    committer->unknown_results = 0;
    tcn_outbox_entry **entries = NULL;
    int rc = tcn_compose_begin(&committer->compose, step, sequence);
    committer->missing_events = committer->compose.refs.missing;
    if (rc >= 0)
        rc = encode_record(committer, step, sequence);
    if (rc >= 0)
        rc = compose_entries(committer, step, &entries);
    tcn_compose_end(&committer->compose);
    size_t count = step->action_count;
    if (rc >= 0)
        rc = transact(committer, step, entries, &count);
    if (rc < 0) {
        if (entries != NULL)
            free_entries(entries, count);
        return rc;
    }
    *ret_entries = entries;
    *ret_count = count;
    return 0;
}
