/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - a record of the log: everything that one step put into the engine, and what
 * came out of it. Packed (pack.h) into one blob; its plain bytes, little-endian:
 *
 *   i64 clock_us          to which time was advanced
 *   u32 flags             TCN_RECORD_JUMP: in one leap; TCN_RECORD_PACKED: the field
 *                         definitions is packed itself
 *   u32 taken, u32 emitted, u32 firings     counts
 *   taken + emitted entries of 16 bytes: i64 received_us, u32 depth, u32 length
 *   firings, parents before their children; 96 bytes and their labels:
 *     u8 level (0: root), u8 flags, u16 depth, u32 labels,
 *     id[16], automation[16], trigger[16], i64 triggered_us, i64 due_us,
 *     event id[16], u64 event position; then for each label its key and value as fields
 *   field definitions, field engine limits  (u32 length, bytes)
 *   texts of the entries, one after another: taken events as their bytes came, emitted
 * ones complete, as tcn_event_encode writes them
 *
 * An event's position (event.h) names its entry. What stands in the past is never
 * rewritten: a new form gets a new number in its flags. */
#ifndef TCN_STORE_RECORD_H
#define TCN_STORE_RECORD_H

#include "core/store/store.h"
#include "core/store/summary.h"

struct tcn_packer;

#define TCN_RECORD_JUMP   UINT32_C(1)
#define TCN_RECORD_PACKED UINT32_C(2)

enum tcn_record_firing_flag {
    TCN_RECORD_HAS_EVENT = 1,
    TCN_RECORD_SUPPRESSED = 2,
};

/* Appends the plain bytes of step to out and fills summary, whose sequence is set.
 * emitted holds the complete JSON of each emitted event. TCN_E_LIMIT: more than a
 * position or TCN_PACK_MAX can hold. */
int tcn_record_write(const tcn_store_step *step, const tcn_str *emitted,
                     tcn_summary *summary, tcn_buf *out);

/* A record that was checked. Borrows its plain bytes. */
typedef struct tcn_record {
    uint64_t sequence;
    int64_t clock_us;
    bool is_jump, is_packed;
    uint32_t taken, emitted, firings;
    tcn_str entries, firing_bytes, definitions, engine_limits, texts;
} tcn_record;

/* Every length and count in it is true afterwards. TCN_E_CORRUPT, TCN_E_UNSUPPORTED. */
int tcn_record_open(tcn_str plain, uint64_t sequence, tcn_record *ret);

/* Its definitions; scratch is for packed ones. TCN_E_CORRUPT, TCN_E_NOMEM. */
int tcn_record_definitions(const tcn_record *record, struct tcn_packer *packer,
                           tcn_buf *scratch, tcn_str *ret);

/* One entry after the other, in the order of their positions. Begin with a zeroed cursor.
 */
typedef struct tcn_record_entry {
    uint64_t position;
    int64_t received_at_us;
    uint16_t depth;
    bool is_emitted;
    tcn_str text;
} tcn_record_entry;
typedef struct tcn_record_cursor {
    uint32_t index;
    size_t offset;
} tcn_record_cursor;
bool tcn_record_next(const tcn_record *record, tcn_record_cursor *cursor,
                     tcn_record_entry *ret);
/* The entry at a position; TCN_E_NOT_FOUND. */
int tcn_record_entry_at(const tcn_record *record, uint64_t position,
                        tcn_record_entry *ret);
/* Its event, in arena and borrowing from the record. TCN_E_CORRUPT: the text is not an
 * event. */
int tcn_record_event(const tcn_record_entry *entry, tcn_arena *arena, tcn_event *ret);

/* A firing as it was recorded. Begin with *pos = 0. Labels are read past: *ret_labels is
 * their bytes, key and value fields in turn. */
typedef struct tcn_record_firing {
    uint8_t level, flags;
    uint16_t depth;
    uint32_t label_count;
    tcn_uuid id, automation_id, trigger_id, event_id;
    int64_t triggered_at_us, due_at_us;
    uint64_t event_position;
    tcn_str labels;
} tcn_record_firing;
bool tcn_record_next_firing(const tcn_record *record, size_t *pos,
                            tcn_record_firing *ret);

#endif
