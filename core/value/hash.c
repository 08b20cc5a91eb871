/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c - what can be a key, and its hash: equal keys have equal hashes across their
 * types. */
#include <math.h>

#include "core/base/err.h"
#include "core/value/big.h"

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xD6E8FEB86659FD93);
    x ^= x >> 32;
    return x | 1;
}

static bool hash_real(double f, uint64_t *ret)
{
    if (f == floor(f) && fabs(f) < 9.2e18) {
        *ret = mix((uint64_t)(int64_t)f);
        return true;
    }
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    *ret = mix(bits);
    return true;
}

static bool hash_tuple(const tcn_vlist *list, unsigned depth, uint64_t *ret);

static bool hash_value(tcn_value v, unsigned depth, uint64_t *ret)
{
    switch ((enum tcn_value_type)v.type) {
    case TCN_V_STR:
        *ret = tcn_text_hash(v.text);
        return true;
    case TCN_V_ENUM:
        *ret = tcn_text_hash(&v.member->value);
        return true;
    case TCN_V_BOOL:
    case TCN_V_INT:
    case TCN_V_DELTA:
        *ret = mix((uint64_t)v.integer);
        return true;
    case TCN_V_FLOAT:
        return hash_real(v.real, ret);
    case TCN_V_BIG:
        *ret = mix(tcn_big_hash(v.big));
        return true;
    case TCN_V_TUPLE:
        return hash_tuple(v.list, depth, ret);
    case TCN_V_BYTES:
        *ret = tcn_text_hash(v.text) ^ 5;
        return true;
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
        *ret = mix((uint64_t)v.moment->at_us);
        return true;
    case TCN_V_UUID:
        *ret = tcn_hash(v.uuid->bytes, sizeof v.uuid->bytes, 1);
        return true;
    case TCN_V_RANGE:
        *ret = mix((uint64_t)v.range->start);
        return true;
    case TCN_V_OBJECT:
        *ret = mix((uint64_t)(uintptr_t)v.object);
        return v.object->type->is_hashable;
    case TCN_V_LAZY:
        *ret = mix((uint64_t)(uintptr_t)v.list);
        return true;
    case TCN_V_NONE:
    case TCN_V_UNDEF:
        *ret = mix(v.type);
        return true;
    case TCN_V_MISSING:
    case TCN_V_LIST:
    case TCN_V_SET:
    case TCN_V_DICT:
    case TCN_V_VIEW:
        return false;
    }
    return false;
}

static bool hash_tuple(const tcn_vlist *list, unsigned depth, uint64_t *ret)
{
    uint64_t hash = list->count + 1;
    if (depth == 0)
        return false;
    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t part;
        if (!hash_value(list->items[i], depth - 1, &part))
            return false;
        hash = mix(hash * 31 + part);
    }
    *ret = hash;
    return true;
}

bool tcn_key_hash(tcn_value v, uint64_t *ret)
{
    return hash_value(v, 100, ret);
}

static const char *unhashable_type(tcn_value v, unsigned depth)
{
    uint64_t hash;
    if (v.type == TCN_V_TUPLE && depth > 0) {
        for (uint32_t i = 0; i < v.list->count; i++) {
            const char *name = unhashable_type(v.list->items[i], depth - 1);
            if (name != NULL)
                return name;
        }
        return NULL;
    }
    return tcn_key_hash(v, &hash) ? NULL : tcn_type_name(v);
}

int tcn_check_hashable(tcn_rt *rt, tcn_value v)
{
    uint64_t hash;
    if (tcn_key_hash(v, &hash))
        return 0;
    const char *name = unhashable_type(v, 100);
    if (name == NULL)
        return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    return tcn_raise(rt, TCN_EXC_TypeError, "unhashable type: '%s'", name);
}
