/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - rounds of saving: the walk over everything, and the notes that what changes
 * before the walk comes to it. Both write into one buffer, from which the slices are
 * handed out. */
#include <assert.h>

#include "core/base/alloc.h"
#include "core/base/err.h"
#include "core/engine/engine_int.h"
#include "core/engine/state_form.h"

#define BUSY_AT     1000 /* firings of the present instant, events in the queue */
#define WORK_NODE   64   /* what looking at one costs, in bytes written at that time */
#define WORK_CHAIN  8
#define WORK_BUCKET 16 /* one that is not written */
#define GONE_RECORD 1024
#define BUFFER_KEPT ((size_t)1 << 20)
#define SLICE_WHOLE ((size_t)16 << 20)

/* The layers may hold twice as many records as are live, and this. */
#define RECORDS_SPARE 10000
#define LAYERS_MOST   1024

/* ---- what is written ---- */

/* Takes what was written since from into the sum, as so many records. */
static void count_in(tcn_save *save, size_t from, uint64_t records)
{
    tcn_str record = tcn_str_of(save->buf.ptr + from, save->buf.len - from);
    if (save->buf.status == 0)
        save->sum = tcn_state_add(save->sum, record);
    save->written += records;
}

static bool is_needed(const tcn_save *save, tcn_save_mark mark)
{
    bool is_due = save->is_whole ? mark != save->round && mark != save->round - 1
                                 : mark == save->round - 2;
    return save->is_on && is_due;
}

static void write_bucket(tcn_save *save, const tcn_bucket *bucket)
{
    size_t from = save->buf.len;
    tcn_state_write_bucket(bucket, &save->buf);
    count_in(save, from, 1);
    save->buckets_left--;
}

void tcn_save_bucket(tcn_engine *engine, tcn_bucket *bucket)
{
    tcn_save *save = &engine->save;
    if (bucket->save_mark == save->round)
        return;
    if (is_needed(save, bucket->save_mark))
        write_bucket(save, bucket);
    bucket->save_mark = save->round;
    bucket->node->save_mark = save->round;
    save->changed_buckets++;
}

void tcn_save_new_bucket(tcn_engine *engine, tcn_bucket *bucket)
{
    bucket->save_mark = engine->save.round;
    bucket->node->save_mark = engine->save.round;
    engine->save.changed_buckets++;
}

static void write_unit(tcn_save *save, const tcn_unit *unit)
{
    size_t from = save->buf.len;
    tcn_state_write_fired(unit, &save->buf);
    count_in(save, from, 1);
    save->units_left--;
}

void tcn_save_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_save *save = &engine->save;
    if (unit->save_mark == save->round)
        return;
    if (is_needed(save, unit->save_mark))
        write_unit(save, unit);
    unit->save_mark = save->round;
    save->changed_units++;
}

static void write_follower(tcn_save *save, const tcn_follower *follower)
{
    if (follower->sequence >= save->followers_from)
        return;
    size_t from = save->buf.len;
    tcn_state_write_follower(follower, &save->buf);
    count_in(save, from, 1);
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
    count_in(save, from, 1);
}

/* ---- what is no more ---- */

static uint64_t live(const tcn_engine *engine)
{
    return engine->bucket_count + engine->unit_count + engine->away.count +
           tcn_ids_count(&engine->ids);
}

/* With so many records more. */
static bool is_worn(const tcn_engine *engine, uint64_t more)
{
    const tcn_save *save = &engine->save;
    return save->layers >= LAYERS_MOST ||
           save->records + more > 2 * live(engine) + RECORDS_SPARE;
}

/* The records of a layer with what changed. */
static uint64_t changes(const tcn_engine *engine)
{
    const tcn_save *save = &engine->save;
    uint64_t ids = engine->ids.added - save->ids;
    if (ids > tcn_ids_count(&engine->ids))
        ids = tcn_ids_count(&engine->ids);
    return save->gone.count + save->changed_buckets + save->changed_units + ids;
}

/* The next layer leaves nothing of those before, so what they have does not matter. */
static void be_whole(tcn_save *save)
{
    save->needs_whole = true;
    save->gone.count = 0;
}

void tcn_save_gone_bucket(tcn_engine *engine, tcn_bucket *bucket)
{
    tcn_save *save = &engine->save;
    tcn_save_bucket(engine, bucket);
    save->changed_buckets--;
    if (save->needs_whole || bucket->sequence >= save->sequence_from)
        return;
    tcn_save_gone *gone = &save->gone;
    if (is_worn(engine, gone->count) ||
        tcn_grow((void **)&gone->sequences, &gone->capacity, gone->count + 1,
                 sizeof *gone->sequences) < 0)
        be_whole(save);
    else
        gone->sequences[gone->count++] = bucket->sequence;
}

/* ---- the walk ---- */

/* Chains below the walk's place may be divided while it rests: what moves from one that
 * was walked goes to the end, where it is met again. */
static void walk_chain(tcn_save *save, const tcn_node *node)
{
    tcn_bucket *bucket = tcn_node_chain(node, save->chain);
    for (; bucket != NULL; bucket = tcn_node_chain_next(bucket)) {
        if (is_needed(save, bucket->save_mark)) {
            write_bucket(save, bucket);
            bucket->save_mark = save->round - 1;
        } else {
            save->work += WORK_BUCKET;
        }
    }
    save->chain++;
    save->work += WORK_CHAIN;
}

static void walk_document(tcn_save *save, tcn_unit *unit)
{
    if (save->is_whole) {
        size_t from = save->buf.len;
        tcn_state_write_unit(unit, &save->buf);
        count_in(save, from, 0);
    }
    if (is_needed(save, unit->save_mark)) {
        write_unit(save, unit);
        unit->save_mark = save->round - 1;
    }
    save->has_document = true;
}

/* Nothing that the layer needs is left in it. Rounds are counted on from 0 again. */
static bool is_node_walked(const tcn_save *save, const tcn_node *node)
{
    tcn_save_mark before = save->round - 2;
    bool is_older = (int32_t)(node->save_mark - before) < 0;
    return save->chain >= tcn_node_chains(node) || (!save->is_whole && is_older);
}

/* Where the walk is; NULL: behind the last unit. */
static tcn_unit *walked_unit(tcn_engine *engine)
{
    const tcn_save *save = &engine->save;
    if (save->unit < engine->unit_count)
        return engine->units[save->unit];
    return save->away != &engine->away.units
               ? tcn_container_of(save->away, tcn_unit, absence.link)
               : NULL;
}

static void leave_unit(tcn_save *save, const tcn_unit *unit)
{
    if (unit->absence.is_on)
        save->away = save->away->next;
    else
        save->unit++;
    save->node = 0;
    save->has_document = false;
}

/* A unit's document and memory, or one chain of a node, or one step further. */
static void walk_unit(tcn_engine *engine, tcn_unit *unit)
{
    tcn_save *save = &engine->save;
    if (!save->has_document) {
        walk_document(save, unit);
    } else if (save->node == unit->node_count) {
        leave_unit(save, unit);
    } else if (!is_node_walked(save, unit->nodes[save->node])) {
        walk_chain(save, unit->nodes[save->node]);
    } else {
        save->node++;
        save->chain = 0;
        save->work += WORK_NODE;
    }
}

/* NULL: nothing that the layer needs is left in any. */
static tcn_unit *next_unit(tcn_engine *engine)
{
    const tcn_save *save = &engine->save;
    bool has_more = save->is_whole || save->buckets_left + save->units_left > 0;
    return has_more ? walked_unit(engine) : NULL;
}

static void walk_gone(tcn_save *save)
{
    size_t count = save->leaving.count - save->left;
    if (count > GONE_RECORD)
        count = GONE_RECORD;
    size_t from = save->buf.len;
    tcn_state_write_gone(save->leaving.sequences + save->left, count, &save->buf);
    count_in(save, from, count);
    save->left += count;
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
    tcn_unit *unit = next_unit(engine);
    if (unit != NULL)
        walk_unit(engine, unit);
    else if (save->left < save->leaving.count)
        walk_gone(save);
    else if (save->follower != &engine->waiting.followers)
        walk_follower(save);
    else if (tcn_ids_unread(&engine->ids) > 0)
        tcn_ids_read(&engine->ids);
    else
        return false;
    return true;
}

/* ---- rounds ---- */

/* What changed until now is what the round is about, what changes from now on is the next
 * one's. */
static void begin_changes(tcn_engine *engine)
{
    tcn_save *save = &engine->save;
    tcn_save_gone leaving = save->leaving;
    save->leaving = save->gone;
    save->gone = leaving;
    save->gone.count = 0;
    if (save->is_whole)
        save->leaving.count = 0;
    save->left = 0;
    save->buckets_left = save->is_whole ? engine->bucket_count : save->changed_buckets;
    save->units_left = save->is_whole ? (uint32_t)engine->unit_count + engine->away.count
                                      : save->changed_units;
    save->changed_buckets = 0;
    save->changed_units = 0;
    save->round += 2;
    save->sequence_from = engine->bucket_sequence;
}

static void begin_walk(tcn_engine *engine)
{
    tcn_save *save = &engine->save;
    save->unit = 0;
    save->away = save->is_whole ? engine->away.kept : &engine->away.units;
    save->node = 0;
    save->chain = 0;
    save->has_document = false;
    save->follower = engine->waiting.followers.next;
    save->followers_from = engine->waiting.sequence;
    save->followers_left = (uint32_t)tcn_waiting_count(&engine->waiting);
    save->ids_after = engine->ids.added;
    tcn_ids_read_begin(&engine->ids, save->is_whole ? 0 : save->ids, write_id, save);
}

static void begin(tcn_engine *engine, bool is_whole)
{
    tcn_save *save = &engine->save;
    if (save->is_on)
        tcn_save_cancel(engine);
    save->is_whole = is_whole || save->needs_whole || is_worn(engine, changes(engine));
    save->needs_whole = false;
    save->is_on = true;
    if (save->is_whole) {
        save->layers = 0;
        save->records = 0;
    }
    save->written = 0;
    begin_changes(engine);
    begin_walk(engine);
    (void)tcn_buf_add_u32(&save->buf, TCN_STATE_MAGIC);
    (void)tcn_buf_add_u32(&save->buf, TCN_STATE_VERSION);
    save->sum = TCN_STATE_MAGIC;
    count_in(save, 0, 0);
    size_t from = save->buf.len;
    tcn_state_write_head(engine, &save->buf);
    count_in(save, from, 0);
}

int tcn_engine_save_begin(tcn_engine *engine, bool *ret_is_whole)
{
    bool is_present = engine->instant_us == engine->clock_us;
    if ((is_present && engine->instant_ids.count > BUSY_AT) ||
        engine->emitted_queue.count > BUSY_AT)
        return TCN_E_BUSY;
    begin(engine, false);
    *ret_is_whole = engine->save.is_whole;
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

static void rest(tcn_engine *engine)
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

static int end(tcn_engine *engine, tcn_buf *out)
{
    tcn_save *save = &engine->save;
    assert(save->buckets_left == 0 && save->units_left == 0 && save->followers_left == 0);
    int rc = tcn_state_write_end(save->sum, out);
    if (rc < 0)
        return rc;
    save->layers++;
    save->records += save->written;
    save->ids = save->ids_after;
    rest(engine);
    return 0;
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
    be_whole(&engine->save);
    rest(engine);
}

void tcn_engine_save_abort(tcn_engine *engine)
{
    tcn_save_cancel(engine);
}

int tcn_engine_save(tcn_engine *engine, bool is_whole, tcn_buf *out, bool *ret_is_whole)
{
    int rc = 1;
    begin(engine, is_whole);
    *ret_is_whole = engine->save.is_whole;
    while (rc == 1)
        rc = tcn_engine_save_slice(engine, SLICE_WHOLE, out);
    return rc;
}

void tcn_save_go_on(tcn_engine *engine, uint32_t layers, uint64_t records)
{
    tcn_save *save = &engine->save;
    save->needs_whole = false;
    save->layers = layers;
    save->records = records;
    save->ids = engine->ids.added;
    save->sequence_from = engine->bucket_sequence;
    save->changed_buckets = 0;
    save->changed_units = 0;
}

void tcn_save_init(tcn_save *save)
{
    *save = (tcn_save){.needs_whole = true, .round = TCN_SAVE_ROUND};
    tcn_buf_init(&save->buf, SIZE_MAX / 2);
}

void tcn_save_deinit(tcn_save *save)
{
    tcn_buf_deinit(&save->buf);
    tcn_free(save->gone.sequences);
    tcn_free(save->leaving.sequences);
}
