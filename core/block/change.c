/* SPDX-License-Identifier: Apache-2.0 */
/* change.c - a change takes effect in memory at once, so that the next request sees it,
 * and is taken back when the store cannot write it. An item of a change that is not over
 * is busy: nobody else may change it. */
#include "core/block/change.h"

#include "core/base/alloc.h"
#include "core/value/document.h"

#define RETRY_MS 20

enum part_what {
    PART_CREATE,
    PART_UPDATE,
    PART_KEEP, /* written as it is */
    PART_REMOVE,
};

typedef struct part {
    enum part_what what;
    tcn_item *item;
    json_t *body; /* UPDATE: what was before */
    tcn_vault data;
    int data_status;
    bool is_applied;
} part;

struct tcn_block_change {
    tcn_list link;
    tcn_catalog *catalog;
    tcn_uuid id;
    tcn_catalog_done done;
    part *parts;
    size_t count, capacity;
};

static void change_free(tcn_block_change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        json_decref(change->parts[i].body);
        tcn_vault_drop(&change->parts[i].data);
    }
    tcn_list_remove(&change->link);
    tcn_free(change->parts);
    tcn_free(change);
}

tcn_block_change *tcn_block_change_new(tcn_catalog *catalog, tcn_catalog_done done)
{
    tcn_block_change *change = tcn_alloc_zero(sizeof *change);
    if (change == NULL)
        return NULL;
    change->catalog = catalog;
    change->done = done;
    tcn_list_init(&change->link);
    return change;
}

/* Takes a part's effect on memory back. */
static void undo(tcn_block_change *change, part *p)
{
    tcn_item *item = p->item;
    item->is_busy = false;
    if (p->what == PART_CREATE) {
        tcn_catalog_drop(change->catalog, item);
    } else if (p->what == PART_REMOVE) {
        item->is_leaving = false;
    } else if (p->what == PART_UPDATE) {
        json_t *body = item->body;
        tcn_vault data = item->data;
        item->body = p->body;
        item->data = p->data;
        tcn_item_measure(item);
        item->data_status = p->data_status;
        p->body = body;
        p->data = data;
    }
}

/* Takes everything back. */
static void abort_change(tcn_block_change *change)
{
    for (size_t i = change->count; i > 0; i--)
        undo(change, &change->parts[i - 1]);
    change_free(change);
}

void tcn_block_change_forget(tcn_catalog *catalog)
{
    tcn_list *lists[] = {&catalog->writing, &catalog->applying};
    for (size_t i = 0; i < TCN_COUNT(lists); i++)
        tcn_list_foreach (it, lists[i])
            change_free(tcn_container_of(it, tcn_block_change, link));
}

static void tell(tcn_block_change *change, int status)
{
    tcn_catalog_done done = change->done;
    tcn_uuid id = change->id;
    change->done.cb = NULL;
    if (done.cb != NULL)
        done.cb(status, &id, done.ud);
}

void tcn_block_change_cancel(tcn_catalog *catalog)
{
    tcn_list *lists[] = {&catalog->writing, &catalog->applying};
    for (size_t i = 0; i < TCN_COUNT(lists); i++)
        tcn_list_foreach (it, lists[i])
            tell(tcn_container_of(it, tcn_block_change, link), TCN_E_CANCELED);
}

/* ---- parts ---- */

static int add_part(tcn_block_change *change, enum part_what what, tcn_item *item)
{
    int rc = tcn_grow((void **)&change->parts, &change->capacity, change->count + 1,
                      sizeof *change->parts);
    if (rc < 0)
        return rc;
    change->parts[change->count++] = (part){.what = what, .item = item};
    item->is_busy = true;
    return 0;
}

int tcn_block_change_create(tcn_block_change *change, tcn_item *item)
{
    int rc = add_part(change, PART_CREATE, item);
    if (rc < 0)
        tcn_catalog_drop(change->catalog, item);
    else
        change->id = item->id;
    return rc;
}

int tcn_block_change_keep(tcn_block_change *change, tcn_item *item)
{
    return add_part(change, PART_KEEP, item);
}

int tcn_block_change_remove(tcn_block_change *change, tcn_item *item)
{
    int rc = add_part(change, PART_REMOVE, item);
    if (rc == 0) {
        item->is_leaving = true;
        change->id = item->id;
    }
    return rc;
}

int tcn_block_change_update_own(tcn_block_change *change, tcn_item *item, json_t *body,
                                const json_t *data)
{
    tcn_vault vault = {0};
    int rc = body == NULL ? TCN_E_NOMEM : 0;
    if (rc == 0 && data != NULL)
        rc = tcn_vault_put_json(&vault, data);
    if (rc == 0)
        rc = add_part(change, PART_UPDATE, item);
    if (rc < 0) {
        json_decref(body);
        tcn_vault_drop(&vault);
        return rc;
    }
    part *p = &change->parts[change->count - 1];
    p->body = item->body;
    p->data = item->data;
    p->data_status = item->data_status;
    item->body = body;
    item->data = vault;
    item->data_status = 0;
    tcn_item_measure(item);
    change->id = item->id;
    return 0;
}

/* ---- into the registry ---- */

static int apply_document(tcn_block_change *change, const part *p)
{
    tcn_catalog *catalog = change->catalog;
    if (p->what == PART_REMOVE)
        return tcn_apply_remove(catalog, p->item->id_text);
    int rc = tcn_apply_put(catalog, p->item);
    /* Blocks that refer to it have its options, too. */
    const tcn_item *user = NULL;
    while (rc == 0 && p->what == PART_UPDATE &&
           (user = tcn_reference_user(catalog, p->item, user)) != NULL)
        rc = tcn_apply_put(catalog, user);
    return rc;
}

/* TCN_E_BUSY: not now, for a reload is under way or memory is short. */
static int apply(tcn_block_change *change)
{
    int rc = 0;
    for (size_t i = 0; i < change->count && rc == 0; i++) {
        part *p = &change->parts[i];
        if (p->is_applied || p->item->kind != TCN_STORED_DOCUMENT)
            continue;
        rc = apply_document(change, p);
        if (rc == TCN_E_NOMEM)
            rc = TCN_E_BUSY;
        p->is_applied = rc == 0;
    }
    return rc;
}

static void settle(tcn_block_change *change)
{
    for (size_t i = 0; i < change->count; i++) {
        tcn_item *item = change->parts[i].item;
        item->is_busy = false;
        item->is_stored = true;
        if (change->parts[i].what == PART_REMOVE)
            tcn_catalog_drop(change->catalog, item);
    }
    tcn_list_remove(&change->link);
    tell(change, 0);
    change_free(change);
}

static void on_time(uv_timer_t *timer);

/* In the order in which they were written. */
static void apply_next(tcn_catalog *catalog)
{
    tcn_list *first = tcn_list_first(&catalog->applying);
    while (first != NULL) {
        tcn_block_change *change = tcn_container_of(first, tcn_block_change, link);
        if (!catalog->is_stopped && apply(change) == TCN_E_BUSY) {
            (void)uv_timer_start(catalog->timer, on_time, RETRY_MS, 0);
            return;
        }
        settle(change);
        first = tcn_list_first(&catalog->applying);
    }
}

static void on_time(uv_timer_t *timer)
{
    apply_next(timer->data);
}

/* ---- into the store ---- */

static void on_written(int status, void *ud)
{
    tcn_block_change *change = ud;
    tcn_catalog *catalog = change->catalog;
    if (status < 0) {
        tcn_block_change told = {.done = change->done, .id = change->id};
        abort_change(change);
        tell(&told, status);
        return;
    }
    tcn_list_remove(&change->link);
    tcn_list_append(&catalog->applying, &change->link);
    apply_next(catalog);
}

static int fill_row(const part *p, tcn_buf *bodies, tcn_stored_change *ret)
{
    const tcn_item *item = p->item;
    size_t from = bodies->len;
    int rc = p->what == PART_REMOVE ? 0 : tcn_document_write(item->body, bodies);
    *ret = (tcn_stored_change){
        .is_removal = p->what == PART_REMOVE,
        .row = {.kind = item->kind,
                .id = item->id,
                .body = {NULL, bodies->len - from}, /* its place is known at the end */
                .secret = tcn_vault_str(&item->data)},
    };
    return rc;
}

static int write_rows(tcn_block_change *change, tcn_stored_change *rows)
{
    tcn_buf bodies;
    tcn_buf_init(&bodies, (size_t)256 << 20);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < change->count; i++)
        rc = fill_row(&change->parts[i], &bodies, &rows[i]);
    const char *place = bodies.ptr;
    for (size_t i = 0; rc == 0 && i < change->count; i++) {
        rows[i].row.body.ptr = place;
        place += rows[i].row.body.len;
    }
    if (rc == 0)
        rc = tcn_store_blocks_write(change->catalog->options.store, rows, change->count,
                                    on_written, change);
    tcn_buf_deinit(&bodies);
    return rc;
}

static int write_change(tcn_block_change *change, tcn_err *reterr)
{
    tcn_stored_change *rows = tcn_alloc_array(change->count + 1, sizeof *rows);
    int rc = rows == NULL ? TCN_E_NOMEM : write_rows(change, rows);
    tcn_free(rows);
    if (rc < 0) {
        abort_change(change);
        return tcn_err_set(reterr, rc,
                           rc == TCN_E_BUSY ? "Too many changes are waiting" : "%s",
                           tcn_err_text(rc));
    }
    tcn_list_append(&change->catalog->writing, &change->link);
    return 0;
}

int tcn_block_change_end(tcn_block_change *change, int rc, tcn_err *reterr)
{
    if (rc == 0)
        return write_change(change, reterr);
    abort_change(change);
    return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
}
