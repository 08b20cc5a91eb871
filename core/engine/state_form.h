/* SPDX-License-Identifier: Apache-2.0 */
/* state_form.h - the saved state's form, which state_write.c writes and state_read.c
 * reads. A state is one layer or several, one behind the other (save.h); a layer is magic
 * and version, records, and a record with the sum of all that. A record is its kind (u8),
 * the length of its body (u32) and the body. The head comes first, units stand in their
 * order, behind them those that are away, ids oldest first; else records stand in any
 * order. What a later layer says of a bucket, by its sequence, or of a unit, by its
 * place, is what counts; clock, counts, queue and waiting events are those of the last
 * layer, and of all ids in the layers those that are remembered are the last ones. A
 * change of the form or of what the engine does with it needs a new version: states of
 * another one are refused, and the log is replayed instead. */
#ifndef TCN_ENGINE_STATE_FORM_H
#define TCN_ENGINE_STATE_FORM_H

#include "core/base/buf.h"

#define TCN_STATE_MAGIC   UINT32_C(0x454e4354) /* "TCNE" */
#define TCN_STATE_VERSION UINT32_C(7)
#define TCN_STATE_BEGIN   8  /* bytes of magic and version */
#define TCN_STATE_RECORD  5  /* bytes of kind and length */
#define TCN_STATE_SUM     13 /* bytes of the record with the sum */

enum tcn_state_kind {
    TCN_STATE_HEAD = 1, /* the layer's place, limits, clock, lag, limits that were told
                           or are still to be, the present instant, the queue, how much
                           there is */
    TCN_STATE_UNIT,     /* an automation's place and document; in whole layers only */
    TCN_STATE_AWAY,     /* the same of one that is away, and when it left */
    TCN_STATE_FIRED,    /* a unit's memory: the loop breaker's, child firings */
    TCN_STATE_BUCKET,
    TCN_STATE_GONE, /* sequences of buckets of earlier layers */
    TCN_STATE_FOLLOWER,
    TCN_STATE_ID,
    TCN_STATE_END, /* the sum */
    TCN_STATE_KINDS,
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

/* The sum of a layer goes on from record to record, from that of magic and version on, so
 * that it can be made while they are written. */
static inline uint64_t tcn_state_add(uint64_t sum, tcn_str record)
{
    return tcn_hash(record.ptr, record.len, sum);
}

#endif
