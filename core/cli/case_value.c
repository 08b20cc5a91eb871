/* SPDX-License-Identifier: Apache-2.0 */
/* case_value.c - tagged values of template cases: what JSON lacks, as an object whose one
 * key begins with '$'. */
#include <math.h>
#include <stdlib.h>

#include "core/base/datetime.h"
#include "core/cli/render_cases.h"
#include "core/template/prefect.h"
#include "core/value/big.h"

static int missing_is_no_memory(const tcn_value *v)
{
    return tcn_is_missing(*v) ? TCN_E_NOMEM : 0;
}

static int list_value(tcn_value plain, enum tcn_value_type type, tcn_arena *arena,
                      tcn_value *ret)
{
    if (plain.type != TCN_V_LIST)
        return TCN_E_INVALID;
    *ret = tcn_list_new(arena, type, plain.list->count);
    int rc = missing_is_no_memory(ret);
    for (uint32_t i = 0; i < plain.list->count && rc >= 0; i++) {
        tcn_value item;
        rc = tcn_case_value(plain.list->items[i], arena, &item);
        if (rc >= 0)
            rc = tcn_vlist_add(arena, ret->list, item);
    }
    return rc;
}

static int map_value(tcn_value plain, tcn_arena *arena, tcn_value *ret)
{
    if (plain.type != TCN_V_LIST)
        return TCN_E_INVALID;
    *ret = tcn_dict_new(arena, plain.list->count);
    int rc = missing_is_no_memory(ret);
    for (uint32_t i = 0; i < plain.list->count && rc >= 0; i++) {
        tcn_value pair;
        rc = tcn_case_value(plain.list->items[i], arena, &pair);
        if (rc >= 0 && (pair.type != TCN_V_LIST || pair.list->count != 2))
            rc = TCN_E_INVALID;
        if (rc >= 0)
            rc =
                tcn_vdict_put(arena, ret->dict, pair.list->items[0], pair.list->items[1]);
    }
    return rc;
}

static int range_value(tcn_value plain, tcn_arena *arena, tcn_value *ret)
{
    if (plain.type != TCN_V_LIST || plain.list->count != 3)
        return TCN_E_INVALID;
    const tcn_value *items = plain.list->items;
    if (items[0].type != TCN_V_INT || items[1].type != TCN_V_INT ||
        items[2].type != TCN_V_INT || items[2].integer == 0)
        return TCN_E_INVALID;
    *ret = tcn_range_new(arena, items[0].integer, items[1].integer, items[2].integer);
    return missing_is_no_memory(ret);
}

static int int_value(tcn_str digits, tcn_arena *arena, tcn_value *ret)
{
    tcn_rt_limits limits;
    tcn_rt rt;
    bool is_negative = digits.len > 0 && digits.ptr[0] == '-';
    tcn_rt_limits_default(&limits);
    limits.digits = 100000;
    limits.steps = INT64_MAX;
    tcn_rt_init(&rt, arena, &limits);
    return tcn_big_parse(&rt,
                         tcn_str_of(digits.ptr + is_negative, digits.len - is_negative),
                         10, is_negative, ret);
}

static int bytes_value(tcn_str hex, tcn_arena *arena, tcn_value *ret)
{
    char *bytes = tcn_arena_alloc(arena, hex.len / 2 + 1);
    if (bytes == NULL)
        return TCN_E_NOMEM;
    for (size_t i = 0; i + 1 < hex.len; i += 2) {
        char pair[3] = {hex.ptr[i], hex.ptr[i + 1], '\0'};
        bytes[i / 2] = (char)strtoul(pair, NULL, 16);
    }
    *ret = tcn_bytes_new(arena, tcn_str_of(bytes, hex.len / 2));
    return missing_is_no_memory(ret);
}

static int float_value(tcn_str name, tcn_value *ret)
{
    bool is_negative = name.len > 0 && name.ptr[0] == '-';
    tcn_str word = tcn_str_of(name.ptr + is_negative, name.len - is_negative);
    double f = tcn_str_eq_c(word, "nan") ? (double)NAN : HUGE_VAL;
    *ret = tcn_real(is_negative ? -f : f);
    return 0;
}

/* Tags whose value is text. */
static int text_value(tcn_str tag, tcn_str text, tcn_arena *arena, tcn_value *ret)
{
    tcn_uuid id;
    int64_t at_us = 0;
    int offset_s = 0;
    if (tcn_str_eq_c(tag, "int"))
        return int_value(text, arena, ret);
    if (tcn_str_eq_c(tag, "float"))
        return float_value(text, ret);
    if (tcn_str_eq_c(tag, "bytes"))
        return bytes_value(text, arena, ret);
    if (tcn_str_eq_c(tag, "markup")) {
        *ret = tcn_markup(tcn_str_new(arena, text));
        return missing_is_no_memory(ret);
    }
    if (tcn_str_eq_c(tag, "uuid") && tcn_uuid_parse(text, &id)) {
        *ret = tcn_uuid_new(arena, &id);
        return missing_is_no_memory(ret);
    }
    if (tcn_str_eq_c(tag, "datetime") && tcn_datetime_parse(text, &at_us, &offset_s)) {
        *ret = tcn_datetime_new(arena, at_us, offset_s);
        return missing_is_no_memory(ret);
    }
    return TCN_E_INVALID;
}

static int tagged(tcn_str tag, tcn_value plain, tcn_arena *arena, tcn_value *ret)
{
    enum tcn_prefect_kind kind = tcn_prefect_kind_of(tag);
    if (kind != TCN_PREFECT_NONE)
        return tcn_prefect_object(kind, plain, arena, ret);
    if (tcn_str_eq_c(tag, "tuple"))
        return list_value(plain, TCN_V_TUPLE, arena, ret);
    if (tcn_str_eq_c(tag, "set"))
        return list_value(plain, TCN_V_SET, arena, ret);
    if (tcn_str_eq_c(tag, "map"))
        return map_value(plain, arena, ret);
    if (tcn_str_eq_c(tag, "range"))
        return range_value(plain, arena, ret);
    if (tcn_str_eq_c(tag, "timedelta")) {
        double seconds = plain.type == TCN_V_FLOAT ? plain.real : (double)plain.integer;
        *ret = tcn_delta((int64_t)rint(seconds * 1e6));
        return 0;
    }
    return plain.type == TCN_V_STR ? text_value(tag, tcn_text_str(plain.text), arena, ret)
                                   : TCN_E_INVALID;
}

int tcn_case_value(tcn_value plain, tcn_arena *arena, tcn_value *ret)
{
    if (plain.type == TCN_V_LIST)
        return list_value(plain, TCN_V_LIST, arena, ret);
    *ret = plain;
    if (plain.type != TCN_V_DICT)
        return 0;
    const tcn_vdict *dict = plain.dict;
    if (dict->count == 1) {
        tcn_str key = tcn_text_str(dict->entries[0].key.text);
        if (key.len > 1 && key.ptr[0] == '$')
            return tagged(tcn_str_of(key.ptr + 1, key.len - 1), dict->entries[0].value,
                          arena, ret);
    }
    *ret = tcn_dict_new(arena, dict->count);
    int rc = missing_is_no_memory(ret);
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        tcn_value item;
        rc = tcn_case_value(dict->entries[i].value, arena, &item);
        if (rc >= 0)
            rc = tcn_vdict_put(arena, ret->dict, dict->entries[i].key, item);
    }
    return rc;
}
