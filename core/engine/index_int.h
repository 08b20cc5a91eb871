/* SPDX-License-Identifier: Apache-2.0 */
/* index_int.h - how the match index is laid out: index.c registers triggers in it,
 * index_entry.c keeps its fields and entries, index_find.c looks events up. */
#ifndef TCN_ENGINE_INDEX_INT_H
#define TCN_ENGINE_INDEX_INT_H

#include "core/engine/index.h"

#define TCN_INDEX_PREFIX_MAX 64 /* bytes of a literal start that count */
#define TCN_INDEX_DEPTH_MAX  4  /* indexes inside indexes */

typedef struct tcn_index_item {
    struct tcn_node *node;
    uint32_t posting; /* which of the node's postings */
} tcn_index_item;

/* Most entries have one node, which stands in the field's lines instead of them: a
 * look-up finds it without reading the entry. Who needs the entry looks through the
 * node's postings, so only the first of them are listed in this way. */
#define TCN_INDEX_LISTED 64
struct tcn_index_entry {
    tcn_index_item *items;
    tcn_index *inner; /* further nodes, told apart by another condition; NULL: none */
    uint32_t count, capacity;
    tcn_index_item one; /* where the first item stands while there is only one */
    tcn_index_field *field;
    const void *listed; /* what stands for it in the field's lines */
    uint32_t hash, len;
    bool is_prefix;
    char value[];
};

/* What stands in lines is the address of an entry, or of a node and this bit. */
#define TCN_INDEX_NODE ((uintptr_t)1)
static inline bool tcn_index_is_node(const void *listed)
{
    return ((uintptr_t)listed & TCN_INDEX_NODE) != 0;
}
static inline struct tcn_node *tcn_index_node(const void *listed)
{
    return (struct tcn_node *)((uintptr_t)listed - TCN_INDEX_NODE);
}

struct tcn_index_field {
    tcn_table_link link; /* in the index's fields */
    tcn_index *index;
    tcn_index_kind kind;
    tcn_lines lines; /* entries by the hash of their value */
    uint32_t exact_count;
    uint64_t exact_lens;  /* bit n: values of n bytes (modulo 64) have occurred */
    uint64_t prefix_lens; /* bit n: starts of n + 1 bytes occur */
    uint64_t prefix_ends[TCN_INDEX_PREFIX_MAX]; /* of n + 1 bytes: a bit for each byte
                                                   that has occurred as their last one */
    uint32_t prefix_counts[TCN_INDEX_PREFIX_MAX + 1];
    uint32_t len;
    char label[];
};

/* One of 64 bits for a byte. */
static inline uint64_t tcn_index_byte_bit(char byte)
{
    return UINT64_C(1) << (byte & 63);
}

/* Hashing of a value at its full length and at shorter ones in one pass: the state goes
 * over the words before the last one, a hash is the state and what is left. */
static inline uint64_t tcn_index_mix(uint64_t state, uint64_t word)
{
    tcn_u128 product = (tcn_u128)(state ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
/* The 8 bytes at that place, zeros behind the end. */
static inline uint64_t tcn_index_word(tcn_str value, size_t at)
{
    uint64_t word = 0;
    size_t left = value.len - at;
    if (left >= sizeof word) {
        memcpy(&word, value.ptr + at, sizeof word);
    } else if (at > 0 && left > 0) {
        memcpy(&word, value.ptr + value.len - sizeof word, sizeof word);
        word >>= 8 * (sizeof word - left);
    } else {
        for (size_t i = 0; i < left; i++)
            word |= (uint64_t)(uint8_t)value.ptr[i] << 8 * i;
    }
    return word;
}
/* Of len bytes, the last 1 to 8 of them in word (none when len is 0). */
static inline uint32_t tcn_index_hash_end(uint64_t state, uint64_t word, size_t len,
                                          bool is_prefix)
{
    word = len > 0 ? word & UINT64_MAX >> (7 - (len - 1) % 8) * 8 : 0;
    state += (len * 2 + is_prefix) * UINT64_C(0xd1342543de82ef95);
    return (uint32_t)tcn_index_mix(state, word);
}
/* Of the whole value. */
uint32_t tcn_index_hash(const tcn_index *index, tcn_str value, bool is_prefix);

/* The field that looks that label up, or NULL. */
tcn_index_field *tcn_index_field_of(const tcn_index *index, tcn_index_kind kind,
                                    tcn_str label);
/* The same, or a new one without entries; NULL when out of memory. */
tcn_index_field *tcn_index_open_field(tcn_index *index, tcn_index_kind kind,
                                      tcn_str label);
/* Nothing happens when it has entries. */
void tcn_index_close_field(tcn_index_field *field);

/* The field's entry for that value, or NULL; hash is tcn_index_hash's. */
tcn_index_entry *tcn_index_entry_of(const tcn_index_field *field, tcn_str value,
                                    bool is_prefix, uint32_t hash);
/* The same, or a new one without nodes; NULL when out of memory. */
tcn_index_entry *tcn_index_open_entry(tcn_index_field *field, tcn_str value,
                                      bool is_prefix);
/* Nothing happens when it has nodes. Its field goes with its last entry. */
void tcn_index_close_entry(tcn_index_entry *entry);
/* One that is in no field; NULL when out of memory. */
tcn_index_entry *tcn_index_new_entry(tcn_pool *pool, tcn_str value);
void tcn_index_free_entry(tcn_pool *pool, tcn_index_entry *entry);
/* Of a node, whose posting says so already. 0 or TCN_E_NOMEM. */
int tcn_index_add_item(tcn_index_entry *entry, tcn_index_item item);
/* The last item takes that place, and is returned. */
tcn_index_item tcn_index_take_item(tcn_index_entry *entry, uint32_t place);
void tcn_index_set_inner(tcn_index_entry *entry, tcn_index *inner);
static inline bool tcn_index_is_id(tcn_str label)
{
    return tcn_str_eq(label, TCN_STR("prefect.resource.id"));
}

/* One of 64 bits for a label, without reading all of it. */
static inline uint64_t tcn_index_label_bit(tcn_str label)
{
    if (label.len == 0)
        return 1;
    unsigned first = (unsigned char)label.ptr[label.len / 2];
    unsigned last = (unsigned char)label.ptr[label.len - 1];
    return UINT64_C(1) << ((label.len * 7 + first * 3 + last) & 63);
}

#endif
