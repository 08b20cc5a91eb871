/* SPDX-License-Identifier: Apache-2.0 */
/* state_read_bucket.c - buckets of a saved state, and those that are no more. What a
 * later layer said of one counts. */
#include "core/engine/state_read_int.h"

tcn_unit *tcn_state_read_rank(tcn_state_source *in)
{
    const tcn_engine *engine = in->engine;
    uint64_t rank = tcn_reader_u64(&in->reader);
    size_t low = 0;
    size_t high = engine->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (engine->units[middle]->rank < rank)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < engine->unit_count && engine->units[low]->rank == rank;
    return is_there && !in->reader.failed ? engine->units[low] : NULL;
}

static bool is_key(const tcn_trigger *trigger, tcn_str key)
{
    tcn_str value;
    uint32_t values = 0;
    while (key.len > 0 && tcn_key_read(&key, &value))
        values++;
    return key.len == 0 && values == trigger->for_each_count;
}

typedef struct known {
    tcn_table_link link;
    uint64_t sequence;
} known;

static uint32_t hash_sequence(uint64_t sequence)
{
    return (uint32_t)(sequence * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool is_known(const tcn_state_source *in, uint64_t sequence)
{
    tcn_table_link *link = tcn_table_first(&in->known, hash_sequence(sequence));
    for (; link != NULL; link = tcn_table_next(link)) {
        if (tcn_container_of(link, known, link)->sequence == sequence)
            return true;
    }
    return false;
}

static int make_known(tcn_state_source *in, uint64_t sequence)
{
    if (in->is_first)
        return 0;
    known *item = tcn_arena_alloc(&in->known_arena, sizeof *item);
    if (item == NULL)
        return tcn_state_no_memory(in);
    item->sequence = sequence;
    int rc = tcn_table_add(&in->known, &item->link, hash_sequence(sequence));
    return rc < 0 ? tcn_state_no_memory(in) : 0;
}

static int put_bucket(tcn_state_source *in, tcn_node *node, tcn_str key,
                      const tcn_bucket *as)
{
    tcn_bucket *bucket = tcn_node_open_bucket(in->engine, node, key);
    if (bucket == NULL)
        return in->engine->status < 0 ? tcn_state_no_memory(in)
                                      : tcn_state_corrupt(in, "key of a bucket");
    bucket->start_us = as->start_us;
    bucket->end_us = as->end_us;
    bucket->sequence = as->sequence;
    bucket->count = as->count;
    bucket->last = as->last;
    bucket->save_mark = TCN_SAVE_CLEAN;
    tcn_bucket_set_timer(in->engine, bucket);
    return in->engine->status < 0 ? tcn_state_no_memory(in)
                                  : make_known(in, as->sequence);
}

int tcn_state_read_bucket(tcn_state_source *in)
{
    tcn_unit *unit = tcn_state_read_rank(in);
    uint32_t ordinal = tcn_reader_u32(&in->reader);
    if (unit == NULL || ordinal >= unit->node_count ||
        unit->nodes[ordinal]->trigger->type != TCN_TRIGGER_EVENT)
        return tcn_state_corrupt(in, "trigger of a bucket");
    tcn_node *node = unit->nodes[ordinal];
    tcn_str key = tcn_reader_field(&in->reader);
    if (in->reader.failed || !is_key(node->trigger, key))
        return tcn_state_corrupt(in, "key of a bucket");
    tcn_bucket as = {.start_us = tcn_state_read_time(in),
                     .end_us = tcn_state_read_time(in)};
    as.sequence = tcn_reader_u64(&in->reader);
    as.count = (int32_t)tcn_reader_u32(&in->reader);
    if (!tcn_state_read_ref(in, &as.last))
        as.last.position = TCN_POSITION_NONE;
    if (in->reader.failed || as.end_us < as.start_us ||
        as.sequence >= in->bucket_sequence)
        return tcn_state_corrupt(in, "bucket");
    return is_known(in, as.sequence) ? 0 : put_bucket(in, node, key, &as);
}

int tcn_state_read_gone(tcn_state_source *in)
{
    int rc = in->is_first ? tcn_state_corrupt(in, "bucket that is gone") : 0;
    while (rc == 0 && !in->reader.failed && !tcn_reader_at_end(&in->reader))
        rc = make_known(in, tcn_reader_u64(&in->reader));
    return rc;
}
