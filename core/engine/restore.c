/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - from the layers of a saved state to an engine. They are read from the last
 * one back, so that what is read first counts, but for ids, which are remembered in the
 * order in which they came. */
#include "core/base/alloc.h"
#include "core/engine/state_read.h"

#define LAYERS_MOST 4096 /* far more than are ever written */

typedef struct layer {
    size_t head, records, end; /* where these begin: the head, what is behind it, and the
                                  record with the sum */
} layer;

typedef struct stack {
    tcn_str saved;
    layer *layers;
    size_t count, capacity;
    uint64_t records, ids; /* in all layers */
} stack;

/* ---- finding the layers ---- */

static int check_begin(tcn_state_source *in, tcn_reader *reader)
{
    bool is_first = reader->pos == 0;
    in->record_at = reader->pos;
    uint32_t magic = tcn_reader_u32(reader);
    uint32_t version = tcn_reader_u32(reader);
    if (is_first && (reader->failed || magic != TCN_STATE_MAGIC))
        return tcn_err_set(in->err, TCN_E_CORRUPT, "this is not a saved state");
    if (reader->failed || magic != TCN_STATE_MAGIC)
        return tcn_state_corrupt(in, "no layer begins here");
    if (version != TCN_STATE_VERSION)
        return tcn_err_set(
            in->err, TCN_E_UNSUPPORTED,
            "the saved state has version %u, this program reads version %u", version,
            TCN_STATE_VERSION);
    return 0;
}

/* A record of the layer, with its head; false: it cannot stand here. */
static bool note_record(stack *of, layer *to, tcn_str record, size_t at)
{
    uint8_t kind = (uint8_t)record.ptr[0];
    bool is_head = kind == TCN_STATE_HEAD;
    bool is_document = kind == TCN_STATE_UNIT || kind == TCN_STATE_AWAY;
    if (kind == 0 || kind >= TCN_STATE_KINDS || is_head != (to->head == 0))
        return false;
    if (is_head) {
        to->head = at;
        to->records = at + record.len;
    }
    if (kind == TCN_STATE_END)
        to->end = at;
    of->ids += kind == TCN_STATE_ID;
    of->records += kind == TCN_STATE_GONE ? (record.len - TCN_STATE_RECORD) / 8
                                          : !is_head && !is_document;
    return true;
}

static int check_sum(tcn_state_source *in, tcn_str record, uint64_t sum)
{
    tcn_reader reader = tcn_reader_of(record);
    reader.pos = TCN_STATE_RECORD;
    bool is_right = tcn_reader_u64(&reader) == sum && !reader.failed;
    return is_right && tcn_reader_at_end(&reader)
               ? 0
               : tcn_state_corrupt(in, "wrong checksum");
}

/* Which stands first in the head. */
static int check_place(tcn_state_source *in, const stack *of, const layer *found)
{
    tcn_reader reader = tcn_reader_of(of->saved);
    reader.pos = found->head + TCN_STATE_RECORD;
    if (found->records >= reader.pos + 4 && tcn_reader_u32(&reader) == of->count)
        return 0;
    in->record_at = found->head;
    return tcn_state_corrupt(in, "a layer is missing");
}

static int find_layer(tcn_state_source *in, stack *of, tcn_reader *reader, layer *ret)
{
    size_t begin = reader->pos;
    int rc = check_begin(in, reader);
    if (rc < 0)
        return rc;
    uint64_t sum = tcn_state_add(TCN_STATE_MAGIC,
                                 tcn_str_of(of->saved.ptr + begin, TCN_STATE_BEGIN));
    while (rc == 0 && ret->end == 0) {
        tcn_str record;
        in->record_at = reader->pos;
        in->reader.pos = 0;
        if (!tcn_state_next(reader, &record))
            return tcn_state_corrupt(in, "cut short");
        if (!note_record(of, ret, record, in->record_at))
            return tcn_state_corrupt(in, "record of a wrong kind");
        if (ret->end > 0)
            rc = check_sum(in, record, sum);
        sum = tcn_state_add(sum, record);
    }
    return rc == 0 ? check_place(in, of, ret) : rc;
}

static int find_layers(tcn_state_source *in, stack *of)
{
    tcn_reader reader = tcn_reader_of(of->saved);
    int rc = 0;
    while (rc == 0 && (of->count == 0 || !tcn_reader_at_end(&reader))) {
        layer found = {0};
        if (of->count == LAYERS_MOST)
            return tcn_state_corrupt(in, "too many layers");
        rc = find_layer(in, of, &reader, &found);
        if (rc < 0)
            return rc;
        if (tcn_grow((void **)&of->layers, &of->capacity, of->count + 1,
                     sizeof *of->layers) < 0)
            return tcn_err_set(in->err, TCN_E_NOMEM, "out of memory for the saved state");
        of->layers[of->count++] = found;
    }
    return rc;
}

/* ---- reading them ---- */

/* Which kinds of records are read together. */
enum {
    UNITS = 1 << TCN_STATE_UNIT | 1 << TCN_STATE_AWAY,
    IDS = 1 << TCN_STATE_ID,
    OTHERS = 1 << TCN_STATE_FIRED | 1 << TCN_STATE_BUCKET | 1 << TCN_STATE_GONE,
    WAITING = 1 << TCN_STATE_FOLLOWER,
};

static int read_records(tcn_state_source *in, const stack *of, const layer *from,
                        unsigned kinds)
{
    tcn_reader reader = tcn_reader_of(tcn_str_of(of->saved.ptr, from->end));
    reader.pos = from->records;
    tcn_str record;
    int rc = 0;
    while (rc == 0 && tcn_state_next(&reader, &record)) {
        in->record_at = (size_t)(record.ptr - of->saved.ptr);
        if ((kinds >> record.ptr[0] & 1) != 0)
            rc = tcn_state_read(in, record);
    }
    return rc;
}

static int read_named(tcn_state_source *in, const stack *of)
{
    const layer *last = &of->layers[of->count - 1];
    in->record_at = last->head;
    int rc = tcn_state_read(
        in, tcn_str_of(of->saved.ptr + last->head, last->records - last->head));
    return rc == 0 ? read_records(in, of, &of->layers[0], UNITS) : rc;
}

static int read_layers(tcn_state_source *in, const stack *of)
{
    int rc = 0;
    for (size_t i = of->count; rc == 0 && i-- > 0;) {
        bool is_last = i + 1 == of->count;
        in->is_first = i == 0;
        rc = read_records(in, of, &of->layers[i], OTHERS | (is_last ? WAITING : 0));
    }
    return rc;
}

static int read_ids(tcn_state_source *in, const stack *of)
{
    if (in->ids > of->ids)
        return tcn_state_corrupt(in, "ids are missing");
    in->ids_to_skip = (size_t)(of->ids - in->ids);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < of->count; i++)
        rc = read_records(in, of, &of->layers[i], IDS);
    return rc;
}

/* The memory of every unit was read. */
static bool has_memories(const tcn_engine *engine)
{
    size_t i = 0;
    while (i < engine->unit_count && engine->units[i]->save_mark == TCN_SAVE_CLEAN)
        i++;
    return i == engine->unit_count;
}

static int complete(tcn_state_source *in)
{
    const tcn_engine *engine = in->engine;
    bool is_all = has_memories(engine);
    tcn_state_put_away(in);
    is_all = is_all && engine->unit_count == in->units &&
             engine->away.count == in->away && engine->bucket_count == in->buckets &&
             in->follower_count == in->waiting;
    return is_all ? 0 : tcn_state_corrupt(in, "something is missing");
}

static int read_state(tcn_state_source *in, stack *of)
{
    int rc = find_layers(in, of);
    if (rc == 0)
        rc = read_named(in, of);
    if (rc == 0)
        rc = read_layers(in, of);
    if (rc == 0)
        rc = complete(in);
    if (rc == 0)
        rc = read_ids(in, of);
    if (rc == 0)
        rc = tcn_state_put_followers(in);
    in->engine->bucket_sequence = in->bucket_sequence;
    if (rc == 0)
        tcn_save_go_on(in->engine, (uint32_t)of->count, of->records);
    return rc;
}

int tcn_engine_restore(tcn_engine *engine, tcn_str saved, tcn_err *reterr)
{
    tcn_state_source in = {.engine = engine, .err = reterr, .limits = engine->limits};
    stack of = {.saved = saved};
    tcn_arena_init(&in.known_arena, 0);
    /* Limits bound what is new: what was there when it was saved stays. */
    engine->limits.max_buckets = UINT32_MAX;
    engine->ids.limit = SIZE_MAX;
    int rc = read_state(&in, &of);
    tcn_state_source_deinit(&in);
    tcn_free(of.layers);
    tcn_engine_limits_set(engine, &in.limits);
    engine->counts = (tcn_engine_counts){0};
    return rc;
}
