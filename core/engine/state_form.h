/* SPDX-License-Identifier: Apache-2.0 */
/* state_form.h - the saved state's form, which save.c writes and restore.c reads: magic
 * and version, records, and a sum of all that. A record is its kind (u8), the length of
 * its body (u32) and the body. The head comes first, units stand in their order, ids
 * oldest first; else records stand in any order. A change of the form or of what the
 * engine does with it needs a new version: states of another one are refused, and the log
 * is replayed instead. */
#ifndef TCN_ENGINE_STATE_FORM_H
#define TCN_ENGINE_STATE_FORM_H

#include "core/base/buf.h"

#define TCN_STATE_MAGIC   UINT32_C(0x454e4354) /* "TCNE" */
#define TCN_STATE_VERSION UINT32_C(3)
#define TCN_STATE_BEGIN   8 /* bytes of magic and version */

enum tcn_state_kind {
    TCN_STATE_HEAD = 1, /* clock, lag, limits that were told, the present instant, the
                           queue, how much follows */
    TCN_STATE_UNIT,     /* an automation's place and document */
    TCN_STATE_FIRED,    /* a unit's memory: the loop breaker's, child firings */
    TCN_STATE_BUCKET,
    TCN_STATE_FOLLOWER,
    TCN_STATE_ID,
};

/* Takes the next record, with its kind and length, off the reader; false at the end or
 * when what is left is none. */
static inline bool tcn_state_next(tcn_reader *reader, tcn_str *ret_record)
{
    tcn_reader ahead = *reader;
    (void)tcn_reader_u8(&ahead);
    (void)tcn_reader_field(&ahead);
    if (ahead.failed)
        return false;
    *ret_record = tcn_str_of(reader->ptr + reader->pos, ahead.pos - reader->pos);
    *reader = ahead;
    return true;
}

/* The sum goes on from record to record, so that it can be made while they are written.
 */
static inline uint64_t tcn_state_add(uint64_t sum, tcn_str record)
{
    return tcn_hash(record.ptr, record.len, sum);
}

/* The sum at the end, over everything before it. */
static inline uint64_t tcn_state_sum(tcn_str form)
{
    size_t begin = form.len < TCN_STATE_BEGIN ? form.len : TCN_STATE_BEGIN;
    uint64_t sum = tcn_state_add(TCN_STATE_MAGIC, tcn_str_of(form.ptr, begin));
    tcn_reader reader = tcn_reader_of(form);
    reader.pos = begin;
    tcn_str record;
    while (tcn_state_next(&reader, &record))
        sum = tcn_state_add(sum, record);
    return tcn_state_add(sum, tcn_str_of(form.ptr + reader.pos, form.len - reader.pos));
}

#endif
