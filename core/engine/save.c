/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - rounds of saving: the walk over everything, and the notes that what changes
 * before the walk comes to it. Both write into one buffer, from which the slices are
 * handed out. */
#include <assert.h>

#include "core/base/err.h"
#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

#define BUSY_AT     1000 /* firings of the present instant, events in the queue */
#define WORK_NODE   64   /* what looking at one costs, in bytes written at that time */
#define WORK_CHAIN  8
#define BUFFER_KEPT ((size_t)1 << 20)
#define SLICE_WHOLE ((size_t)16 << 20)

/* ---- what is written ---- */

/* Takes what was written since from into the sum. */
static void count_in(tcn_save *save, size_t from)
{
    tcn_str record = tcn_str_of(save->buf.ptr + from, save->buf.len - from);
    if (save->buf.status == 0)
        save->sum = tcn_state_add(save->sum, record);
}

void tcn_save_bucket(tcn_engine *engine, tcn_bucket *bucket)
{
    tcn_save *save = &engine->save;
    if (!save->is_on || bucket->saved_in == save->round)
        return;
    bucket->saved_in = save->round;
    size_t from = save->buf.len;
    tcn_state_write_bucket(bucket, &save->buf);
    count_in(save, from);
    save->buckets_left--;
}

void tcn_save_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_save *save = &engine->save;
    if (!save->is_on || unit->saved_in == save->round)
        return;
    unit->saved_in = save->round;
    size_t from = save->buf.len;
    tcn_state_write_fired(unit, &save->buf);
    count_in(save, from);
}

static void write_follower(tcn_save *save, const tcn_follower *follower)
{
    if (follower->sequence >= save->followers_from)
        return;
    size_t from = save->buf.len;
    tcn_state_write_follower(follower, &save->buf);
    count_in(save, from);
    save->followers_left--;
}

void tcn_save_follower(tcn_engine *engine, const tcn_follower *follower)
{
    tcn_save *save = &engine->save;
    if (!save->is_on || save->follower == &engine->waiting.followers)
        return;
    const tcn_follower *next = tcn_container_of(save->follower, tcn_follower, link);
    if (tcn_follower_is_before(follower, next))
        return;
    write_follower(save, follower);
    if (next == follower)
        save->follower = save->follower->next;
}

static void write_id(const tcn_uuid *id, int64_t at_us, void *ud)
{
    tcn_save *save = ud;
    size_t from = save->buf.len;
    tcn_state_write_id(id, at_us, &save->buf);
    count_in(save, from);
}

/* ---- the walk ---- */

/* Chains below the walk's place may be divided while it rests: what moves from one that
 * was walked goes to the end, where it is met again. */
static void walk_chain(tcn_engine *engine, const tcn_node *node)
{
    tcn_save *save = &engine->save;
    tcn_table_link *link = tcn_table_head(node->buckets.chains[save->chain]);
    for (; link != NULL; link = link->next)
        tcn_save_bucket(engine, tcn_container_of(link, tcn_bucket, link));
    save->chain++;
    save->work += WORK_CHAIN;
}

static void walk_document(tcn_engine *engine, tcn_unit *unit)
{
    tcn_save *save = &engine->save;
    size_t from = save->buf.len;
    tcn_state_write_unit(unit, &save->buf);
    count_in(save, from);
    save->has_document = true;
}

/* A unit's document and memory, or one chain of a node, or one step further. */
static void walk_unit(tcn_engine *engine)
{
    tcn_save *save = &engine->save;
    tcn_unit *unit = engine->units[save->unit];
    if (!save->has_document) {
        walk_document(engine, unit);
        tcn_save_unit(engine, unit);
    } else if (save->node == unit->node_count) {
        save->unit++;
        save->node = 0;
        save->has_document = false;
    } else if (save->chain < unit->nodes[save->node]->buckets.used) {
        walk_chain(engine, unit->nodes[save->node]);
    } else {
        save->node++;
        save->chain = 0;
        save->work += WORK_NODE;
    }
}

static void walk_follower(tcn_save *save)
{
    const tcn_follower *follower = tcn_container_of(save->follower, tcn_follower, link);
    save->follower = save->follower->next;
    save->work += WORK_NODE;
    write_follower(save, follower);
}

/* false: everything was walked. */
static bool walk(tcn_engine *engine)
{
    tcn_save *save = &engine->save;
    if (save->unit < engine->unit_count)
        walk_unit(engine);
    else if (save->follower != &engine->waiting.followers)
        walk_follower(save);
    else if (tcn_ids_unread(&engine->ids) > 0)
        tcn_ids_read(&engine->ids);
    else
        return false;
    return true;
}

/* ---- rounds ---- */

static void begin(tcn_engine *engine)
{
    tcn_save_cancel(engine);
    uint32_t round = engine->save.round + 1;
    engine->save = (tcn_save){
        .is_on = true,
        .round = round,
        .buf = engine->save.buf,
        .follower = engine->waiting.followers.next,
        .followers_from = engine->waiting.sequence,
        .buckets_left = engine->bucket_count,
        .followers_left = (uint32_t)tcn_waiting_count(&engine->waiting),
    };
    tcn_save *save = &engine->save;
    (void)tcn_buf_add_u32(&save->buf, TCN_STATE_MAGIC);
    (void)tcn_buf_add_u32(&save->buf, TCN_STATE_VERSION);
    save->sum = TCN_STATE_MAGIC;
    count_in(save, 0);
    size_t from = save->buf.len;
    tcn_state_write_head(engine, &save->buf);
    count_in(save, from);
    tcn_ids_read_begin(&engine->ids, write_id, save);
}

int tcn_engine_save_begin(tcn_engine *engine)
{
    bool is_present = engine->instant_us == engine->clock_us;
    if ((is_present && engine->instant_ids.count > BUSY_AT) ||
        engine->emitted_queue.count > BUSY_AT)
        return TCN_E_BUSY;
    begin(engine);
    return 0;
}

/* What waits may be much after a large step: it is handed out in slices, too. */
static int hand_out(tcn_save *save, size_t most, tcn_buf *out)
{
    size_t len = save->buf.len - save->taken;
    if (len > most)
        len = most;
    int rc = tcn_buf_status(&save->buf);
    if (rc == 0)
        rc = tcn_buf_add(out, save->buf.ptr + save->taken, len);
    if (rc < 0)
        return rc;
    save->taken += len;
    if (save->taken < save->buf.len)
        return 1;
    tcn_buf_reset(&save->buf);
    save->taken = 0;
    return 0;
}

static int end(tcn_engine *engine, tcn_buf *out)
{
    const tcn_save *save = &engine->save;
    assert(save->buckets_left == 0 && save->followers_left == 0);
    int rc = tcn_buf_add_u64(out, tcn_state_add(save->sum, TCN_STR("")));
    if (rc == 0)
        tcn_save_cancel(engine);
    return rc;
}

int tcn_engine_save_slice(tcn_engine *engine, size_t budget, tcn_buf *out)
{
    tcn_save *save = &engine->save;
    if (!save->is_on)
        return TCN_E_CANCELED;
    bool has_more = true;
    save->work = 0;
    while (has_more && save->buf.status == 0 &&
           save->buf.len - save->taken + save->work < budget)
        has_more = walk(engine);
    int rc = hand_out(save, 2 * budget, out);
    if (rc == 0)
        rc = has_more ? 1 : end(engine, out);
    if (rc < 0)
        tcn_save_cancel(engine);
    return rc;
}

void tcn_save_cancel(tcn_engine *engine)
{
    tcn_save *save = &engine->save;
    save->is_on = false;
    save->taken = 0;
    tcn_ids_read_end(&engine->ids);
    if (save->buf.capacity > BUFFER_KEPT)
        tcn_buf_deinit(&save->buf);
    else
        tcn_buf_reset(&save->buf);
}

void tcn_engine_save_abort(tcn_engine *engine)
{
    tcn_save_cancel(engine);
}

int tcn_engine_save(tcn_engine *engine, tcn_buf *out)
{
    int rc = 1;
    begin(engine);
    while (rc == 1)
        rc = tcn_engine_save_slice(engine, SLICE_WHOLE, out);
    return rc;
}
