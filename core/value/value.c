/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - makes values in an arena. */
#include "core/value/value.h"

#include "core/base/err.h"

static const tcn_value missing = {.type = TCN_V_MISSING};

static tcn_text *text_init(void *memory, const char *ptr, size_t len)
{
    tcn_text *text = memory;
    text->ptr = ptr;
    text->len = (uint32_t)len;
    text->count = (uint32_t)tcn_utf8_length(tcn_str_of(ptr, len));
    text->hash = 0;
    return text;
}

tcn_value tcn_str_borrow(tcn_arena *arena, tcn_str bytes)
{
    if (bytes.len > UINT32_MAX)
        return missing;
    void *memory = tcn_arena_alloc(arena, sizeof(tcn_text));
    if (memory == NULL)
        return missing;
    return tcn_of_text(text_init(memory, bytes.len > 0 ? bytes.ptr : "", bytes.len));
}

tcn_value tcn_str_new(tcn_arena *arena, tcn_str bytes)
{
    if (bytes.len > UINT32_MAX)
        return missing;
    char *memory = tcn_arena_alloc(arena, sizeof(tcn_text) + bytes.len);
    if (memory == NULL)
        return missing;
    char *copy = memory + sizeof(tcn_text);
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return tcn_of_text(text_init(memory, copy, bytes.len));
}

tcn_value tcn_bytes_new(tcn_arena *arena, tcn_str bytes)
{
    tcn_value v = tcn_str_new(arena, bytes);
    if (tcn_is_missing(v))
        return v;
    v.text->count = v.text->len;
    v.type = TCN_V_BYTES;
    return v;
}

tcn_value tcn_markup(tcn_value str)
{
    str.sub = TCN_SUB_MARKUP;
    return str;
}

tcn_value tcn_markup_as(tcn_value str, enum tcn_text_origin origin)
{
    tcn_value v = tcn_markup(str);
    v.aux = origin;
    return v;
}

tcn_value tcn_list_new(tcn_arena *arena, enum tcn_value_type type, size_t capacity)
{
    if (capacity > UINT32_MAX)
        return missing;
    tcn_vlist *list =
        tcn_arena_alloc(arena, sizeof(tcn_vlist) + capacity * sizeof(tcn_value));
    if (list == NULL)
        return missing;
    list->items = (tcn_value *)(void *)(list + 1);
    list->count = 0;
    list->capacity = (uint32_t)capacity;
    return tcn_of_list(type, list);
}

int tcn_vlist_add(tcn_arena *arena, tcn_vlist *list, tcn_value item)
{
    if (list->count == list->capacity) {
        uint64_t capacity = list->capacity < 8 ? 8 : (uint64_t)list->capacity * 2;
        if (capacity > UINT32_MAX)
            return TCN_E_NOMEM;
        tcn_value *items = tcn_arena_alloc(arena, capacity * sizeof(tcn_value));
        if (items == NULL)
            return TCN_E_NOMEM;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(tcn_value));
        list->items = items;
        list->capacity = (uint32_t)capacity;
    }
    list->items[list->count++] = item;
    return 0;
}

tcn_value tcn_range_new(tcn_arena *arena, int64_t start, int64_t stop, int64_t step)
{
    tcn_range *range = tcn_arena_alloc(arena, sizeof *range);
    if (range == NULL)
        return missing;
    *range = (tcn_range){start, stop, step};
    return (tcn_value){.type = TCN_V_RANGE, .range = range};
}

uint64_t tcn_range_count(const tcn_range *range)
{
    uint64_t start = (uint64_t)range->start;
    uint64_t stop = (uint64_t)range->stop;
    if (range->step > 0)
        return range->start >= range->stop
                   ? 0
                   : (stop - start - 1) / (uint64_t)range->step + 1;
    return range->start <= range->stop
               ? 0
               : (start - stop - 1) / (0 - (uint64_t)range->step) + 1;
}

tcn_value tcn_datetime_new(tcn_arena *arena, int64_t at_us, int offset_s)
{
    tcn_moment *moment = tcn_arena_alloc(arena, sizeof *moment);
    if (moment == NULL)
        return missing;
    *moment = (tcn_moment){.at_us = at_us, .offset_s = offset_s};
    return (tcn_value){.type = TCN_V_DATETIME, .moment = moment};
}

tcn_value tcn_uuid_new(tcn_arena *arena, const tcn_uuid *id)
{
    tcn_uuid *copy = tcn_arena_alloc(arena, sizeof *copy);
    if (copy == NULL)
        return missing;
    *copy = *id;
    return (tcn_value){.type = TCN_V_UUID, .uuid = copy};
}
