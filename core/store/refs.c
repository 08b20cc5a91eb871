/* SPDX-License-Identifier: Apache-2.0 */
/* refs.c - from references to the texts of events: sorted by position, one record at a
 * time. */
#include "core/store/refs.h"

#include <stdlib.h>

#include "core/base/alloc.h"

#define TEXTS_KEPT ((size_t)1 << 20)

int tcn_refs_init(tcn_refs *refs, tcn_db *db, tcn_packer *packer)
{
    *refs = (tcn_refs){.db = db, .packer = packer};
    tcn_arena_init(&refs->texts, 0);
    tcn_arena_init(&refs->events, 0);
    tcn_buf_init(&refs->plain, TCN_PACK_MAX + 1);
    tcn_buf_init(&refs->encoded, TCN_PACK_MAX);
    return tcn_db_prepare(db, "SELECT " TCN_LOG_COLUMNS " FROM log WHERE sequence = ?1",
                          &refs->find);
}

void tcn_refs_deinit(tcn_refs *refs)
{
    sqlite3_finalize(refs->find);
    tcn_arena_deinit(&refs->texts);
    tcn_arena_deinit(&refs->events);
    tcn_buf_deinit(&refs->plain);
    tcn_buf_deinit(&refs->encoded);
    tcn_free(refs->items);
}

void tcn_refs_reset(tcn_refs *refs)
{
    refs->count = 0;
    refs->missing = 0;
    tcn_arena_reset(&refs->texts, TEXTS_KEPT);
}

int tcn_refs_add(tcn_refs *refs, const tcn_event_ref *ref)
{
    int rc = tcn_grow((void **)&refs->items, &refs->capacity, refs->count + 1,
                      sizeof *refs->items);
    if (rc >= 0)
        refs->items[refs->count++] = (tcn_ref_item){.ref = *ref};
    return rc;
}

static int compare(const void *left, const void *right)
{
    const tcn_ref_item *a = left, *b = right;
    if (a->ref.position != b->ref.position)
        return a->ref.position < b->ref.position ? -1 : 1;
    return memcmp(a->ref.id.bytes, b->ref.id.bytes, sizeof a->ref.id.bytes);
}

static void sort_and_unite(tcn_refs *refs)
{
    qsort(refs->items, refs->count, sizeof *refs->items, compare);
    size_t kept = 0;
    for (size_t i = 0; i < refs->count; i++) {
        if (kept == 0 || compare(&refs->items[kept - 1], &refs->items[i]) != 0)
            refs->items[kept++] = refs->items[i];
    }
    refs->count = kept;
}

/* Fills item->text unless the entry is not the event that is meant. */
static int take_text(tcn_refs *refs, const tcn_record *record, tcn_ref_item *item)
{
    tcn_record_entry entry;
    tcn_event event;
    tcn_arena_reset(&refs->events, TEXTS_KEPT);
    int rc = tcn_record_entry_at(record, item->ref.position, &entry);
    if (rc >= 0)
        rc = tcn_record_event(&entry, &refs->events, &event);
    if (rc < 0)
        return rc == TCN_E_NOMEM ? rc : 0;
    if (!tcn_uuid_eq(&event.id, &item->ref.id))
        return 0;

    tcn_buf_reset(&refs->encoded);
    tcn_str text = entry.text;
    if (!entry.is_emitted) {
        rc = tcn_event_encode(&event, &refs->encoded);
        text = tcn_buf_str(&refs->encoded);
    }
    if (rc >= 0) {
        item->text = tcn_arena_str(&refs->texts, text);
        rc = item->text.ptr == NULL ? TCN_E_NOMEM : 0;
    }
    return rc;
}

/* Takes the texts of items[first, end), which point into one record. */
static int find_in_record(tcn_refs *refs, size_t first, size_t end)
{
    uint64_t sequence = refs->items[first].ref.position >> TCN_POSITION_BITS;
    (void)sqlite3_bind_int64(refs->find, 1, (int64_t)sequence);
    int rc = tcn_db_step(refs->db, refs->find);
    if (rc != 1)
        return rc;
    tcn_record record;
    rc = tcn_log_row_open(refs->find, refs->packer, &refs->plain, &record);
    sqlite3_reset(refs->find);
    if (rc == TCN_E_CORRUPT || rc == TCN_E_UNSUPPORTED)
        return 0;
    for (size_t i = first; rc >= 0 && i < end; i++)
        rc = take_text(refs, &record, &refs->items[i]);
    return rc;
}

int tcn_refs_find(tcn_refs *refs)
{
    if (refs->count == 0)
        return 0;
    sort_and_unite(refs);
    int rc = 0;
    for (size_t first = 0, end = 0; rc >= 0 && first < refs->count; first = end) {
        uint64_t sequence = refs->items[first].ref.position >> TCN_POSITION_BITS;
        for (end = first + 1; end < refs->count; end++) {
            if (refs->items[end].ref.position >> TCN_POSITION_BITS != sequence)
                break;
        }
        rc = find_in_record(refs, first, end);
    }
    for (size_t i = 0; i < refs->count; i++)
        refs->missing += refs->items[i].text.len == 0;
    return rc;
}

tcn_str tcn_refs_text(const tcn_refs *refs, const tcn_event_ref *ref)
{
    if (refs->count == 0)
        return (tcn_str){0};
    tcn_ref_item key = {.ref = *ref};
    const tcn_ref_item *item =
        bsearch(&key, refs->items, refs->count, sizeof *refs->items, compare);
    return item != NULL ? item->text : (tcn_str){0};
}
