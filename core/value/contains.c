/* SPDX-License-Identifier: Apache-2.0 */
/* contains.c - membership as Python defines it. */
#include <math.h>

#include "core/base/err.h"
#include "core/value/ops.h"

static int contains_item(tcn_rt *rt, const tcn_vlist *list, tcn_value item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        int rc = tcn_charge(rt, 1);
        if (rc == 0)
            rc = tcn_item_equal(rt, list->items[i], item);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int contains_text(tcn_rt *rt, const tcn_text *text, tcn_value item)
{
    const tcn_text *needle = tcn_text_of(&item);
    if (needle == NULL)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "'in <string>' requires string as left operand, not %s",
                         item.type == TCN_V_UNDEF ? "ChainableUndefined"
                                                  : tcn_type_name(item));
    int rc = tcn_charge(rt, text->len / 64);
    return rc < 0 ? rc
                  : tcn_str_find(tcn_text_str(text), tcn_text_str(needle)) != SIZE_MAX;
}

static int contains_range(const tcn_range *range, tcn_value item)
{
    if (item.type == TCN_V_FLOAT && isfinite(item.real) &&
        item.real == floor(item.real) && fabs(item.real) < 9e18)
        item = tcn_int((int64_t)item.real);
    if (!tcn_is_integer(item))
        return 0;
    int64_t low = range->step > 0 ? range->start : range->stop + 1;
    int64_t end = range->step > 0 ? range->stop : range->start + 1;
    if (item.integer < low || item.integer >= end)
        return 0;
    uint64_t distance = range->step > 0 ? (uint64_t)item.integer - (uint64_t)range->start
                                        : (uint64_t)range->start - (uint64_t)item.integer;
    uint64_t step = range->step > 0 ? (uint64_t)range->step : 0 - (uint64_t)range->step;
    return distance % step == 0;
}

static int contains_view(tcn_rt *rt, tcn_value view, tcn_value item)
{
    if (view.sub == TCN_VIEW_KEYS)
        return tcn_contains(rt, tcn_of_dict(view.dict), item);
    tcn_value items;
    int rc = tcn_items(rt, view, &items);
    return rc < 0 ? rc : contains_item(rt, items.list, item);
}

static int contains_bytes(tcn_rt *rt, const tcn_text *bytes, tcn_value item)
{
    if (item.type == TCN_V_BYTES)
        return tcn_str_find(tcn_text_str(bytes), tcn_text_str(item.text)) != SIZE_MAX;
    if (tcn_is_integer(item) && item.integer >= 0 && item.integer <= 255)
        return bytes->len > 0 &&
               memchr(bytes->ptr, (int)item.integer, bytes->len) != NULL;
    if (tcn_is_integer(item) || item.type == TCN_V_BIG)
        return tcn_raise(rt, TCN_EXC_ValueError, "byte must be in range(0, 256)");
    return tcn_raise(rt, TCN_EXC_TypeError, "a bytes-like object is required, not '%s'",
                     tcn_type_name(item));
}

int tcn_contains(tcn_rt *rt, tcn_value container, tcn_value item)
{
    const tcn_text *text = tcn_text_of(&container);
    if (text != NULL)
        return contains_text(rt, text, item);
    int rc;
    switch (container.type) {
    case TCN_V_DICT:
        rc = tcn_check_hashable(rt, item);
        return rc < 0 ? rc : tcn_vdict_get(container.dict, item) != NULL;
    case TCN_V_SET: /* a set is looked up as a frozen one, which none of ours holds */
        rc = item.type == TCN_V_SET ? 0 : tcn_check_hashable(rt, item);
        return rc < 0 ? rc : contains_item(rt, container.list, item);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_LAZY:
        return contains_item(rt, container.list, item);
    case TCN_V_VIEW:
        return contains_view(rt, container, item);
    case TCN_V_RANGE:
        return contains_range(container.range, item);
    case TCN_V_BYTES:
        return contains_bytes(rt, container.text, item);
    case TCN_V_UNDEF:
        return 0;
    default:
        break;
    }
    if (container.type == TCN_V_OBJECT) {
        const tcn_object_type *type = container.object->type;
        if (type->contains != NULL)
            return type->contains(rt, container.object, item);
        tcn_value items;
        if (type->iter != NULL) {
            rc = type->iter(rt, container.object, &items);
            return rc < 0 ? rc : contains_item(rt, items.list, item);
        }
    }
    return tcn_raise(rt, TCN_EXC_TypeError, "argument of type '%s' is not iterable",
                     tcn_type_name(container));
}
