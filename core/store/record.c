/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - writing and reading log records. The writer trusts the engine; the reader
 * trusts nothing: it is the one that meets a damaged file. */
#include "core/store/record.h"

#include "core/event/decode.h"
#include "core/store/pack.h"

#define HEAD_SIZE  ((size_t)24)
#define ENTRY_SIZE ((size_t)16)
#define LEVELS_MAX 255

static void put_u64(char *out, uint64_t v)
{
    memcpy(out, &v, sizeof v);
}

static void put_u32(char *out, uint32_t v)
{
    memcpy(out, &v, sizeof v);
}

static uint64_t get_u64(const char *in)
{
    uint64_t v;
    memcpy(&v, in, sizeof v);
    return v;
}

static uint32_t get_u32(const char *in)
{
    uint32_t v;
    memcpy(&v, in, sizeof v);
    return v;
}

/* ---- writing ---- */

static void write_firing(const tcn_firing *firing, uint8_t level, tcn_buf *out)
{
    uint8_t flags = (uint8_t)((firing->has_event ? TCN_RECORD_HAS_EVENT : 0) |
                              (firing->is_suppressed ? TCN_RECORD_SUPPRESSED : 0));
    tcn_buf_add_u8(out, level);
    tcn_buf_add_u8(out, flags);
    tcn_buf_add(out, &firing->depth, sizeof firing->depth);
    tcn_buf_add_u32(out, firing->label_count);
    tcn_buf_add(out, firing->id.bytes, sizeof firing->id.bytes);
    tcn_buf_add(out, firing->automation_id.bytes, sizeof firing->automation_id.bytes);
    tcn_buf_add(out, firing->trigger_id.bytes, sizeof firing->trigger_id.bytes);
    tcn_buf_add_u64(out, (uint64_t)firing->triggered_at_us);
    tcn_buf_add_u64(out, (uint64_t)firing->due_at_us);
    tcn_buf_add(out, firing->event_ref.id.bytes, sizeof firing->event_ref.id.bytes);
    tcn_buf_add_u64(out, firing->event_ref.position);
    for (uint32_t i = 0; i < firing->label_count; i++) {
        tcn_buf_add_field(out, firing->labels[i].key);
        tcn_buf_add_field(out, firing->labels[i].value);
    }
}

/* Returns how many were written. */
static uint32_t write_firings(tcn_firing *const *firings, size_t count, uint8_t level,
                              tcn_buf *out)
{
    uint32_t written = 0;
    for (size_t i = 0; i < count && tcn_buf_status(out) == 0; i++) {
        write_firing(firings[i], level, out);
        written++;
        if (level < LEVELS_MAX)
            written += write_firings(firings[i]->children, firings[i]->child_count,
                                     (uint8_t)(level + 1), out);
    }
    return written;
}

static int write_text(const tcn_event *event, tcn_str text, size_t entry_at, tcn_buf *out)
{
    size_t before = out->len;
    int rc = text.len > 0 ? tcn_buf_add(out, text.ptr, text.len)
                          : tcn_event_encode(event, out);
    if (rc < 0)
        return rc;
    put_u64(out->ptr + entry_at, (uint64_t)event->received_at_us);
    put_u32(out->ptr + entry_at + 8, event->depth);
    put_u32(out->ptr + entry_at + 12, (uint32_t)(out->len - before));
    return 0;
}

static int write_texts(const tcn_store_step *step, const tcn_str *emitted,
                       size_t entry_at, tcn_summary *summary, tcn_buf *out)
{
    size_t emitted_count = step->outcome != NULL ? step->outcome->emitted_count : 0;
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < step->event_count; i++, entry_at += ENTRY_SIZE) {
        rc = write_text(step->events[i], step->events[i]->source, entry_at, out);
        tcn_summary_add(summary, step->events[i]);
    }
    for (size_t i = 0; rc >= 0 && i < emitted_count; i++, entry_at += ENTRY_SIZE) {
        const tcn_event *event = step->outcome->emitted[i].event;
        rc = write_text(event, emitted[i], entry_at, out);
        tcn_summary_add(summary, event);
    }
    return rc;
}

/* Guessed once, so that the buffer does not grow in steps. */
static int reserve(const tcn_store_step *step, size_t emitted_count, tcn_buf *out)
{
    size_t size = HEAD_SIZE + (step->event_count + emitted_count) * ENTRY_SIZE + 64;
    for (size_t i = 0; i < step->event_count; i++)
        size += step->events[i]->source.len;
    return size > TCN_PACK_MAX ? TCN_E_LIMIT : tcn_buf_reserve(out, size);
}

static int write_head(const tcn_store_step *step, uint32_t emitted_count, tcn_buf *out)
{
    tcn_buf_add_u64(out, (uint64_t)step->clock_us);
    tcn_buf_add_u32(out, (step->is_jump ? TCN_RECORD_JUMP : 0) |
                             (step->is_packed ? TCN_RECORD_PACKED : 0));
    tcn_buf_add_u32(out, (uint32_t)step->event_count);
    tcn_buf_add_u32(out, emitted_count);
    tcn_buf_add_u32(out, 0); /* firings: known when they are written */

    static const char zeros[ENTRY_SIZE];
    for (size_t i = 0; i < step->event_count + emitted_count; i++)
        tcn_buf_add(out, zeros, sizeof zeros);
    return tcn_buf_status(out);
}

int tcn_record_write(const tcn_store_step *step, const tcn_str *emitted,
                     tcn_summary *summary, tcn_buf *out)
{
    size_t emitted_count = step->outcome != NULL ? step->outcome->emitted_count : 0;
    if (step->event_count > TCN_POSITION_EMITTED || emitted_count > TCN_POSITION_EMITTED)
        return TCN_E_LIMIT;
    size_t start = out->len;
    int rc = reserve(step, emitted_count, out);
    if (rc >= 0)
        rc = write_head(step, (uint32_t)emitted_count, out);
    if (rc < 0)
        return rc;

    if (step->outcome != NULL) {
        uint32_t firings =
            write_firings(step->outcome->firings, step->outcome->firing_count, 0, out);
        put_u32(out->ptr + start + 20, firings);
    }
    tcn_buf_add_field(out, step->definitions);
    tcn_buf_add_field(out, step->engine_limits);
    rc = tcn_buf_status(out);
    if (rc >= 0)
        rc = write_texts(step, emitted, start + HEAD_SIZE, summary, out);
    if (rc >= 0)
        tcn_summary_finish(summary);
    return rc;
}

/* ---- reading ---- */

/* The next len bytes, or a failed reader. */
static tcn_str read_run(tcn_reader *reader, size_t len)
{
    if (reader->failed || len > reader->len - reader->pos) {
        reader->failed = true;
        return (tcn_str){0};
    }
    tcn_str run = tcn_str_of(reader->ptr + reader->pos, len);
    reader->pos += len;
    return run;
}

static void read_uuid(tcn_reader *reader, tcn_uuid *ret)
{
    tcn_reader_bytes(reader, ret->bytes, sizeof ret->bytes);
}

static void read_firing(tcn_reader *reader, tcn_record_firing *ret)
{
    ret->level = tcn_reader_u8(reader);
    ret->flags = tcn_reader_u8(reader);
    tcn_reader_bytes(reader, &ret->depth, sizeof ret->depth);
    ret->label_count = tcn_reader_u32(reader);
    read_uuid(reader, &ret->id);
    read_uuid(reader, &ret->automation_id);
    read_uuid(reader, &ret->trigger_id);
    ret->triggered_at_us = (int64_t)tcn_reader_u64(reader);
    ret->due_at_us = (int64_t)tcn_reader_u64(reader);
    read_uuid(reader, &ret->event_id);
    ret->event_position = tcn_reader_u64(reader);
    size_t labels_at = reader->pos;
    for (uint32_t i = 0; i < ret->label_count && !reader->failed; i++) {
        (void)tcn_reader_field(reader);
        (void)tcn_reader_field(reader);
    }
    ret->labels = tcn_str_of(reader->ptr + labels_at, reader->pos - labels_at);
}

static tcn_str read_firings(tcn_reader *reader, uint32_t count)
{
    size_t start = reader->pos;
    tcn_record_firing firing;
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_firing(reader, &firing);
    return tcn_str_of(reader->ptr + start, reader->pos - start);
}

static bool lengths_agree(const tcn_record *record)
{
    uint64_t sum = 0;
    for (size_t at = 0; at < record->entries.len; at += ENTRY_SIZE)
        sum += get_u32(record->entries.ptr + at + 12);
    return sum == record->texts.len;
}

int tcn_record_open(tcn_str plain, uint64_t sequence, tcn_record *ret)
{
    tcn_reader reader = tcn_reader_of(plain);
    tcn_record record = {.sequence = sequence};
    record.clock_us = (int64_t)tcn_reader_u64(&reader);
    uint32_t flags = tcn_reader_u32(&reader);
    record.is_jump = (flags & TCN_RECORD_JUMP) != 0;
    record.is_packed = (flags & TCN_RECORD_PACKED) != 0;
    record.taken = tcn_reader_u32(&reader);
    record.emitted = tcn_reader_u32(&reader);
    record.firings = tcn_reader_u32(&reader);
    if (reader.failed)
        return TCN_E_CORRUPT;
    if ((flags & ~(TCN_RECORD_JUMP | TCN_RECORD_PACKED)) != 0)
        return TCN_E_UNSUPPORTED;
    if (record.taken > TCN_POSITION_EMITTED || record.emitted > TCN_POSITION_EMITTED)
        return TCN_E_CORRUPT;

    record.entries =
        read_run(&reader, ((size_t)record.taken + record.emitted) * ENTRY_SIZE);
    record.firing_bytes = read_firings(&reader, record.firings);
    record.definitions = tcn_reader_field(&reader);
    record.engine_limits = tcn_reader_field(&reader);
    if (reader.failed)
        return TCN_E_CORRUPT;
    record.texts = read_run(&reader, reader.len - reader.pos);
    if (!lengths_agree(&record))
        return TCN_E_CORRUPT;
    *ret = record;
    return 0;
}

static uint64_t position_of(const tcn_record *record, uint32_t index)
{
    uint64_t place =
        index < record->taken ? index : TCN_POSITION_EMITTED + (index - record->taken);
    return record->sequence << TCN_POSITION_BITS | place;
}

bool tcn_record_next(const tcn_record *record, tcn_record_cursor *cursor,
                     tcn_record_entry *ret)
{
    if (cursor->index >= record->taken + record->emitted)
        return false;
    const char *entry = record->entries.ptr + cursor->index * ENTRY_SIZE;
    uint32_t length = get_u32(entry + 12);
    *ret = (tcn_record_entry){
        .position = position_of(record, cursor->index),
        .received_at_us = (int64_t)get_u64(entry),
        .depth = (uint16_t)get_u32(entry + 8),
        .is_emitted = cursor->index >= record->taken,
        .text = tcn_str_of(record->texts.ptr + cursor->offset, length),
    };
    cursor->index++;
    cursor->offset += length;
    return true;
}

int tcn_record_entry_at(const tcn_record *record, uint64_t position,
                        tcn_record_entry *ret)
{
    tcn_record_cursor cursor = {0};
    tcn_record_entry entry;
    while (tcn_record_next(record, &cursor, &entry)) {
        if (entry.position == position) {
            *ret = entry;
            return 0;
        }
    }
    return TCN_E_NOT_FOUND;
}

int tcn_record_event(const tcn_record_entry *entry, tcn_arena *arena, tcn_event *ret)
{
    /* It was within the limits when it came, and they may have become narrower since. */
    static const tcn_event_limits limits = {
        .event_size = TCN_PACK_MAX,
        .batch_events = 1,
        .json_depth = UINT32_MAX,
        .json_strings = UINT32_MAX,
    };
    tcn_event_error error;
    int rc = tcn_event_decode(entry->text, &limits, arena, ret, &error);
    if (rc == TCN_E_NOMEM)
        return rc;
    if (rc < 0)
        return TCN_E_CORRUPT;
    ret->received_at_us = entry->received_at_us;
    ret->depth = entry->depth;
    ret->position = entry->position;
    return 0;
}

bool tcn_record_next_firing(const tcn_record *record, size_t *pos, tcn_record_firing *ret)
{
    tcn_reader reader = tcn_reader_of(record->firing_bytes);
    reader.pos = *pos;
    if (tcn_reader_at_end(&reader))
        return false;
    read_firing(&reader, ret);
    *pos = reader.pos;
    return !reader.failed;
}
