/* SPDX-License-Identifier: Apache-2.0 */
/* filters_list.c - filters over sequences. Those that Python gives as generators give
 * lazy lists (computed at once). */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/html.h"
#include "core/template/strings.h"
#include "core/value/moment.h"

int tcn_filter_default(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    bool is_replaced =
        a[0].type == TCN_V_UNDEF || (tcn_arg_bool(a[2], false) && !tcn_truth(a[0]));
    if (!is_replaced)
        *ret = a[0];
    else if (tcn_is_missing(a[1]))
        return tcn_text_make(rt, "", 0, ret);
    else
        *ret = a[1];
    return 0;
}

int tcn_filter_length(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t length = 0;
    int rc = tcn_length(rt, a[0], &length);
    if (rc >= 0)
        *ret = tcn_int((int64_t)length);
    return rc;
}

int tcn_filter_first(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    int rc = tcn_items(rt, a[0], &items);
    if (rc < 0)
        return rc;
    *ret = items.list->count > 0
               ? items.list->items[0]
               : tcn_undef_hint(rt, "No first item, sequence was empty.");
    return 0;
}

static bool is_reversible(tcn_value v)
{
    if (v.type == TCN_V_OBJECT)
        return v.object->type->is_sequence;
    return tcn_is_iterable(v) && v.type != TCN_V_SET;
}

int tcn_filter_last(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    if (!is_reversible(a[0]))
        return tcn_raise(rt, TCN_EXC_TypeError, "'%s' object is not reversible",
                         tcn_type_name(a[0]));
    int rc = tcn_items(rt, a[0], &items);
    if (rc < 0)
        return rc;
    *ret = items.list->count > 0
               ? items.list->items[items.list->count - 1]
               : tcn_undef_hint(rt, "No last item, sequence was empty.");
    /* Going backwards asks Markup for its items, which are Markup. */
    if (a[0].type == TCN_V_STR && ret->type == TCN_V_STR)
        ret->sub = a[0].sub;
    return 0;
}

int tcn_filter_random(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    size_t length = 0;
    int rc = tcn_length(rt, a[0], &length);
    if (rc < 0)
        return rc;
    if (length == 0) {
        *ret = tcn_undef_hint(rt, "No random item, sequence was empty.");
        return 0;
    }
    uint64_t seed = (uint64_t)rt->now_us ^ (uint64_t)rt->steps_left;
    return tcn_item(rt, a[0],
                    tcn_int((int64_t)(tcn_hash(&seed, sizeof seed, 7) % length)), ret);
}

int tcn_filter_list(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0)
        *ret = tcn_of_list(TCN_V_LIST, items.list);
    return rc;
}

int tcn_filter_items(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value pairs;
    if (a[0].type == TCN_V_UNDEF)
        return tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    if (a[0].type != TCN_V_DICT)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "Can only get item pairs from a mapping.");
    tcn_value view = {.type = TCN_V_VIEW, .sub = TCN_VIEW_ITEMS, .dict = a[0].dict};
    int rc = tcn_items(rt, view, &pairs);
    if (rc >= 0)
        *ret = tcn_of_list(TCN_V_LAZY, pairs.list);
    return rc;
}

static int put_joined(tcn_rt *rt, const tcn_vlist *items, tcn_value separator,
                      tcn_value path, bool is_html)
{
    int (*put)(tcn_rt *, tcn_value, tcn_buf *) = is_html ? tcn_html_show : tcn_show;
    int rc = 0;
    for (uint32_t i = 0; rc >= 0 && i < items->count; i++) {
        tcn_value item = items->items[i];
        if (i > 0 && !tcn_is_missing(separator))
            rc = put(rt, separator, &rt->scratch);
        if (rc >= 0 && !tcn_is_missing(path))
            rc = tcn_path(rt, item, path, (tcn_value){0}, &item);
        if (rc >= 0)
            rc = put(rt, item, &rt->scratch);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
    }
    return rc;
}

/* Jinja looks at the items only when the separator is no Markup. */
static int joins_markup(tcn_rt *rt, const tcn_vlist *items, tcn_value separator,
                        tcn_value path)
{
    int rc = tcn_is_markup(separator);
    for (uint32_t i = 0; rc == 0 && i < items->count; i++) {
        tcn_value item = items->items[i];
        if (!tcn_is_missing(path))
            rc = tcn_path(rt, item, path, (tcn_value){0}, &item);
        if (rc >= 0)
            rc = tcn_is_markup(item) || item.type == TCN_V_UNDEF;
    }
    return rc;
}

int tcn_filter_join(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    tcn_value separator = {.type = TCN_V_MISSING};
    int is_html = 0;
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0 && !tcn_is_missing(a[1]))
        rc = tcn_to_text(rt, a[1], &separator);
    if (rc >= 0 && tcn_html_is_output(rt))
        rc = is_html = joins_markup(rt, items.list, separator, a[2]);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = put_joined(rt, items.list, separator, a[2], is_html > 0);
    if (rc >= 0)
        rc = tcn_scratch_end(rt, start, ret);
    if (rc >= 0 && is_html > 0)
        *ret = tcn_markup(*ret);
    return rc;
}

static int reverse_text(tcn_rt *rt, const tcn_text *text, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_charge(rt, text->len / 16);
    for (size_t end = text->len; end > 0 && rc >= 0;) {
        size_t from = end - 1;
        while (from > 0 && ((unsigned char)text->ptr[from] & 0xC0) == 0x80)
            from--;
        rc = tcn_put(rt, &rt->scratch, text->ptr + from, end - from);
        end = from;
    }
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

int tcn_filter_reverse(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    const tcn_text *text = tcn_text_of(&a[0]);
    if (text != NULL) {
        int rc = reverse_text(rt, text, ret);
        if (rc >= 0 && tcn_is_markup(a[0]))
            *ret = tcn_markup(*ret);
        return rc;
    }
    if (!tcn_is_iterable(a[0]))
        return tcn_raise(rt, TCN_EXC_FilterArgumentError, "argument must be iterable");
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LAZY, items.list->count, ret);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++)
        rc = tcn_list_push(rt, *ret, items.list->items[items.list->count - 1 - i]);
    return rc;
}

/* group += [filler] * (size - len(group)) when it is shorter than size. */
static int fill_up(tcn_rt *rt, tcn_value *group, tcn_value size, tcn_value filler)
{
    tcn_value count = tcn_int(group->list->count);
    tcn_value fill = tcn_none();
    tcn_value missing = tcn_none();
    int rc = tcn_compare(rt, TCN_LT, count, size);
    if (rc <= 0)
        return rc;
    rc = tcn_list_make(rt, TCN_V_LIST, 1, &fill);
    if (rc >= 0)
        rc = tcn_list_push(rt, fill, filler);
    if (rc >= 0)
        rc = tcn_arith(rt, TCN_SUB, size, count, &missing);
    if (rc >= 0)
        rc = tcn_arith(rt, TCN_MUL, fill, missing, &fill);
    return rc < 0 ? rc : tcn_arith(rt, TCN_ADD, *group, fill, group);
}

int tcn_filter_batch(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items, group = {0};
    int64_t size = 0;
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    if (rc < 0 || items.list->count == 0)
        return rc;
    if (tcn_is_number(a[1]) && a[1].type == TCN_V_FLOAT)
        size = a[1].real == (double)(int64_t)a[1].real ? (int64_t)a[1].real : -1;
    else if (!tcn_index_of(a[1], &size))
        size = -1; /* never equal to a length */
    rc = tcn_list_make(rt, TCN_V_LIST, 0, &group);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++) {
        if ((int64_t)group.list->count == size) {
            rc = tcn_list_push(rt, *ret, group);
            if (rc >= 0)
                rc = tcn_list_make(rt, TCN_V_LIST, 0, &group);
        }
        if (rc >= 0)
            rc = tcn_list_push(rt, group, items.list->items[i]);
    }
    bool is_filled = !tcn_is_missing(a[2]) && a[2].type != TCN_V_NONE;
    if (rc >= 0 && is_filled)
        rc = fill_up(rt, &group, a[1], a[2]);
    return rc < 0 ? rc : tcn_list_push(rt, *ret, group);
}

int tcn_filter_slice(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items, part;
    int64_t parts = 0;
    int rc = tcn_items(rt, a[0], &items);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    if (rc < 0)
        return rc;
    if (a[1].type == TCN_V_FLOAT)
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "'float' object cannot be interpreted as an integer");
    if (a[1].type == TCN_V_UNDEF)
        return tcn_raise_undef(rt, a[1]);
    if (!tcn_index_of(a[1], &parts))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "unsupported operand type(s) for //: 'int' and '%s'",
                         tcn_type_name(a[1]));
    if (parts == 0)
        return tcn_raise(rt, TCN_EXC_ZeroDivisionError,
                         "integer division or modulo by zero");
    int64_t each = parts > 0 ? items.list->count / parts : 0;
    int64_t longer = parts > 0 ? items.list->count % parts : 0;
    bool is_filled = !tcn_is_missing(a[2]) && a[2].type != TCN_V_NONE;
    size_t at = 0;
    for (int64_t i = 0; i < parts && rc >= 0; i++) {
        int64_t count = each + (i < longer);
        rc = tcn_list_make(rt, TCN_V_LIST, (size_t)count + 1, &part);
        for (int64_t j = 0; j < count && rc >= 0; j++)
            rc = tcn_list_push(rt, part, items.list->items[at++]);
        if (rc >= 0 && is_filled && i >= longer)
            rc = tcn_list_push(rt, part, a[2]);
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, part);
    }
    return rc;
}

int tcn_filter_sum(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items;
    int rc = tcn_items(rt, a[0], &items);
    *ret = tcn_is_missing(a[2]) ? tcn_int(0) : a[2];
    if (rc >= 0 && tcn_is_text(*ret))
        return tcn_raise(rt, TCN_EXC_TypeError,
                         "sum() can't sum strings [use ''.join(seq) instead]");
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++) {
        tcn_value item = items.list->items[i];
        rc = tcn_charge(rt, 1);
        if (rc >= 0 && !tcn_is_missing(a[1]))
            rc = tcn_path(rt, item, a[1], (tcn_value){0}, &item);
        if (rc >= 0)
            rc = tcn_arith(rt, TCN_ADD, *ret, item, ret);
    }
    return rc;
}

int tcn_filter_attr(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    if (!tcn_is_text(a[1]))
        return tcn_raise(rt, TCN_EXC_TypeError, "attribute name must be string, not '%s'",
                         tcn_type_name(a[1]));
    tcn_value name;
    int rc = tcn_to_text(rt, a[1], &name);
    return rc < 0 ? rc : tcn_attr_only(rt, a[0], name, ret);
}

/* Lower case for comparing, unless told otherwise. */
static int ignore_case(tcn_rt *rt, bool is_sensitive, tcn_value *v)
{
    const tcn_text *text = tcn_text_of(v);
    if (text == NULL || is_sensitive)
        return 0;
    return tcn_case_text(rt, tcn_text_str(text), TCN_CASE_LOWER, v);
}

static int key_of(tcn_rt *rt, tcn_value item, tcn_value path, bool is_sensitive,
                  tcn_value *ret)
{
    int rc = tcn_path(rt, item, path, (tcn_value){0}, ret);
    return rc < 0 ? rc : ignore_case(rt, is_sensitive, ret);
}

int tcn_filter_unique(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value items, key;
    tcn_value seen = tcn_dict_new(rt->arena, 8);
    int rc = tcn_is_missing(seen) ? tcn_raise_memory(rt) : tcn_items(rt, a[0], &items);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LAZY, 0, ret);
    for (uint32_t i = 0; rc >= 0 && i < items.list->count; i++) {
        rc = key_of(rt, items.list->items[i], a[2], tcn_arg_bool(a[1], false), &key);
        if (rc >= 0)
            rc = tcn_check_hashable(rt, key);
        if (rc < 0 || tcn_vdict_get(seen.dict, key) != NULL)
            continue;
        rc = tcn_dict_set(rt, seen, key, tcn_bool(true));
        if (rc >= 0)
            rc = tcn_list_push(rt, *ret, items.list->items[i]);
    }
    return rc;
}

static int extreme(tcn_rt *rt, tcn_value *a, enum tcn_order order, tcn_value *ret)
{
    tcn_value items, best, key;
    bool is_sensitive = tcn_arg_bool(a[1], false);
    int rc = tcn_items(rt, a[0], &items);
    if (rc < 0)
        return rc;
    if (items.list->count == 0) {
        *ret = tcn_undef_hint(rt, "No aggregated item, sequence was empty.");
        return 0;
    }
    *ret = items.list->items[0];
    rc = key_of(rt, *ret, a[2], is_sensitive, &best);
    for (uint32_t i = 1; rc >= 0 && i < items.list->count; i++) {
        rc = key_of(rt, items.list->items[i], a[2], is_sensitive, &key);
        if (rc >= 0)
            rc = tcn_charge(rt, 1);
        if (rc >= 0)
            rc = tcn_compare(rt, order, key, best);
        if (rc == 1) {
            best = key;
            *ret = items.list->items[i];
        }
    }
    return rc < 0 ? rc : 0;
}

int tcn_filter_min(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return extreme(rt, a, TCN_LT, ret);
}

int tcn_filter_max(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    return extreme(rt, a, TCN_GT, ret);
}
