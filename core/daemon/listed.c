/* SPDX-License-Identifier: Apache-2.0 */
/* listed.c - see listed.h. */
#include "core/daemon/listed.h"

#include <stdatomic.h>

#include "core/base/alloc.h"
#include "core/daemon/helper.h"
#include "core/value/json_list.h"

#define PER_TURN 128 /* items, about a millisecond of them */

typedef struct reading {
    tcn_listed *listed;
    const tcn_json_list *list;
    const tcn_kept *kept;
    atomic_int status; /* why an item could not be read */
} reading;

static int read_item(const reading *r, size_t i)
{
    tcn_listed_item *item = &r->listed->items[i];
    item->digest = tcn_digest_of_text(r->list->items[i]);
    item->kept = tcn_kept_find(r->kept, &item->digest);
    return item->kept != NULL ? 0 : tcn_json_list_read(r->list, i, &item->document);
}

static void read_some(size_t turn, void *ud)
{
    reading *r = ud;
    size_t end = (turn + 1) * PER_TURN;
    if (end > r->list->count)
        end = r->list->count;
    int rc = atomic_load(&r->status);
    for (size_t i = turn * PER_TURN; rc == 0 && i < end; i++)
        rc = read_item(r, i);
    if (rc < 0)
        atomic_store(&r->status, rc);
}

/* 1: all items were read. */
static int read_items(tcn_listed *listed, const tcn_json_list *list, const tcn_kept *kept)
{
    reading r = {.listed = listed, .list = list, .kept = kept};
    listed->items = tcn_alloc_array(list->count + 1, sizeof *listed->items);
    if (listed->items == NULL)
        return TCN_E_NOMEM;
    listed->count = list->count;
    listed->has_key = list->has_key;
    tcn_helper_share((list->count + PER_TURN - 1) / PER_TURN, read_some, &r);
    int rc = atomic_load(&r.status);
    return rc == 0 ? 1 : rc == TCN_E_NOMEM ? rc : 0;
}

int tcn_listed_read(tcn_listed *ret, tcn_str text, const char *key, const tcn_kept *kept)
{
    tcn_json_list list = {0};
    int rc = tcn_json_list_cut(&list, text, key);
    if (rc > 0)
        rc = read_items(ret, &list, kept);
    tcn_json_list_deinit(&list);
    if (rc <= 0)
        tcn_listed_deinit(ret);
    return rc;
}

void tcn_listed_deinit(tcn_listed *listed)
{
    for (size_t i = 0; i < listed->count; i++)
        json_decref(listed->items[i].document);
    tcn_free(listed->items);
    *listed = (tcn_listed){0};
}
