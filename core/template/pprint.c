/* SPDX-License-Identifier: Apache-2.0 */
/* pprint.c - Python's pprint: what does not fit into 80 columns is spread over lines, one
 * item each; dicts by sorted keys, which a sorted copy takes care of. */
#include "core/base/err.h"
#include "core/template/filters.h"
#include "core/template/strings.h"

enum {
    WIDTH = 80
};

static int enter(tcn_rt *rt)
{
    if (++rt->depth > rt->limits->depth)
        return tcn_raise_limit(rt, "nesting of a value", rt->limits->depth);
    return tcn_charge(rt, 1);
}

/* Keys of different kinds go by the names of their types. */
static int key_before(tcn_rt *rt, tcn_value a, tcn_value b)
{
    int rc = tcn_compare(rt, TCN_LT, a, b);
    if (rc >= 0 || rt->exc.exc_class != TCN_EXC_TypeError)
        return rc;
    rt->exc.exc_class = TCN_EXC_NONE;
    return strcmp(tcn_type_name(a), tcn_type_name(b)) < 0;
}

static int sorted_copy(tcn_rt *rt, tcn_value v, tcn_value *ret);

static int sorted_dict(tcn_rt *rt, const tcn_vdict *dict, tcn_value *ret)
{
    uint32_t *order = tcn_arena_alloc(rt->arena, dict->count * sizeof *order + 1);
    tcn_value copy = tcn_dict_new(rt->arena, dict->count);
    if (order == NULL || tcn_is_missing(copy))
        return tcn_raise_memory(rt);
    int rc = 0;
    for (uint32_t i = 0; i < dict->count; i++) {
        uint32_t at = i;
        for (; at > 0; at--) {
            rc = key_before(rt, dict->entries[i].key, dict->entries[order[at - 1]].key);
            if (rc < 0 || tcn_charge(rt, 1) < 0)
                return TCN_E_LIMIT;
            if (rc == 0)
                break;
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
    rc = 0;
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        tcn_value item;
        rc = sorted_copy(rt, dict->entries[order[i]].value, &item);
        if (rc >= 0)
            rc = tcn_dict_set(rt, copy, dict->entries[order[i]].key, item);
    }
    *ret = copy;
    return rc;
}

static int sorted_copy(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    *ret = v;
    if (v.type != TCN_V_DICT && v.type != TCN_V_LIST && v.type != TCN_V_TUPLE)
        return 0;
    int rc = enter(rt);
    if (rc >= 0 && v.type == TCN_V_DICT) {
        rc = sorted_dict(rt, v.dict, ret);
    } else if (rc >= 0) {
        tcn_value copy;
        rc = tcn_list_make(rt, (enum tcn_value_type)v.type, v.list->count, &copy);
        for (uint32_t i = 0; i < v.list->count && rc >= 0; i++) {
            tcn_value item;
            rc = sorted_copy(rt, v.list->items[i], &item);
            if (rc >= 0)
                rc = tcn_list_push(rt, copy, item);
        }
        if (rc >= 0)
            *ret = copy;
    }
    rt->depth--;
    return rc;
}

static int repr_of(tcn_rt *rt, tcn_value v, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_repr(rt, v, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

static int new_line(tcn_rt *rt, size_t indent)
{
    int rc = tcn_put_char(rt, &rt->scratch, '\n');
    return rc < 0 ? rc : tcn_put_fill(rt, &rt->scratch, ' ', indent);
}

static int print_value(tcn_rt *rt, tcn_value v, size_t indent, size_t allowance,
                       int level);

static int print_items(tcn_rt *rt, const tcn_vlist *list, size_t indent, size_t allowance,
                       int level)
{
    int rc = 0;
    indent++;
    for (uint32_t i = 0; i < list->count && rc >= 0; i++) {
        if (i > 0) {
            rc = tcn_put_char(rt, &rt->scratch, ',');
            if (rc >= 0)
                rc = new_line(rt, indent);
        }
        bool is_last = i + 1 == list->count;
        if (rc >= 0)
            rc = print_value(rt, list->items[i], indent, is_last ? allowance : 1, level);
    }
    return rc;
}

static int print_dict(tcn_rt *rt, const tcn_vdict *dict, size_t indent, size_t allowance,
                      int level)
{
    int rc = tcn_put_char(rt, &rt->scratch, '{');
    indent++;
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        tcn_value key;
        if (i > 0) {
            rc = tcn_put_char(rt, &rt->scratch, ',');
            if (rc >= 0)
                rc = new_line(rt, indent);
        }
        if (rc >= 0)
            rc = repr_of(rt, dict->entries[i].key, &key);
        if (rc >= 0)
            rc = tcn_show(rt, key, &rt->scratch);
        if (rc >= 0)
            rc = tcn_put(rt, &rt->scratch, ": ", 2);
        bool is_last = i + 1 == dict->count;
        if (rc >= 0)
            rc = print_value(rt, dict->entries[i].value, indent + key.text->count + 2,
                             is_last ? allowance + 1 : 1, level);
    }
    return rc < 0 ? rc : tcn_put_char(rt, &rt->scratch, '}');
}

static size_t smaller_by(size_t a, size_t b)
{
    return a > b ? a - b : 0;
}

static int repr_part(tcn_rt *rt, tcn_str part, tcn_value *ret)
{
    size_t start = tcn_scratch_begin(rt);
    int rc = tcn_repr_text(rt, part, &rt->scratch);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}

/* The next run of non-spaces and the spaces behind it. */
static size_t part_end(tcn_str s, size_t from)
{
    size_t at = from;
    bool in_space = false;
    while (at < s.len) {
        size_t next = at;
        bool is_space = tcn_unicode_is(tcn_utf8_decode(s, &next), TCN_U_SPACE);
        if (in_space && !is_space)
            break;
        in_space = is_space;
        at = next;
    }
    return at;
}

/* One line of a long text as as few quoted chunks as fit. */
static int split_line(tcn_rt *rt, tcn_str line, size_t width, size_t last_allowance,
                      tcn_value chunks)
{
    size_t from = 0; /* of the chunk under way */
    size_t at = 0;
    tcn_value shown;
    int rc = 0;
    while (at < line.len && rc >= 0) {
        size_t end = part_end(line, at);
        size_t room = end == line.len ? smaller_by(width, last_allowance) : width;
        rc = repr_part(rt, tcn_str_of(line.ptr + from, end - from), &shown);
        if (rc >= 0 && shown.text->count > room) {
            if (at > from) {
                rc = repr_part(rt, tcn_str_of(line.ptr + from, at - from), &shown);
                if (rc >= 0)
                    rc = tcn_list_push(rt, chunks, shown);
            }
            from = at;
        }
        at = end;
    }
    if (rc >= 0 && at > from)
        rc = repr_part(rt, tcn_str_of(line.ptr + from, at - from), &shown);
    return rc < 0 || at == from ? rc : tcn_list_push(rt, chunks, shown);
}

static int print_text(tcn_rt *rt, tcn_value v, size_t indent, size_t allowance, int level)
{
    tcn_value lines, chunks, shown = v;
    if (level == 1) {
        indent++;
        allowance++;
    }
    size_t width = smaller_by(WIDTH, indent);
    int rc = tcn_splitlines(rt, tcn_text_str(v.text), true, &lines);
    if (rc >= 0)
        rc = tcn_list_make(rt, TCN_V_LIST, 8, &chunks);
    for (uint32_t i = 0; rc >= 0 && i < lines.list->count; i++) {
        bool is_last = i + 1 == lines.list->count;
        rc = repr_of(rt, lines.list->items[i], &shown);
        if (rc < 0)
            break;
        if (shown.text->count <= (is_last ? smaller_by(width, allowance) : width))
            rc = tcn_list_push(rt, chunks, shown);
        else
            rc = split_line(rt, tcn_text_str(lines.list->items[i].text), width,
                            is_last ? allowance : 0, chunks);
    }
    if (rc < 0)
        return rc;
    if (chunks.list->count == 1)
        return tcn_show(rt, shown, &rt->scratch);
    if (level == 1)
        rc = tcn_put_char(rt, &rt->scratch, '(');
    for (uint32_t i = 0; rc >= 0 && i < chunks.list->count; i++) {
        if (i > 0)
            rc = new_line(rt, indent);
        if (rc >= 0)
            rc = tcn_show(rt, chunks.list->items[i], &rt->scratch);
    }
    return rc < 0 || level != 1 ? rc : tcn_put_char(rt, &rt->scratch, ')');
}

static int print_long(tcn_rt *rt, tcn_value v, tcn_value shown, size_t indent,
                      size_t allowance, int level)
{
    int rc;
    bool is_single = v.type == TCN_V_TUPLE && v.list->count == 1;
    switch (v.type) {
    case TCN_V_DICT:
        return print_dict(rt, v.dict, indent, allowance, level);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
        rc = tcn_put_char(rt, &rt->scratch, v.type == TCN_V_LIST ? '[' : '(');
        if (rc >= 0)
            rc = print_items(rt, v.list, indent, allowance + 1 + is_single, level);
        if (rc < 0)
            return rc;
        return tcn_put_c(rt, &rt->scratch,
                         v.type == TCN_V_LIST ? "]" : (is_single ? ",)" : ")"));
    case TCN_V_STR:
        if (v.sub == 0 && v.text->len > 0)
            return print_text(rt, v, indent, allowance, level);
        break;
    default:
        break;
    }
    return tcn_show(rt, shown, &rt->scratch);
}

static int print_value(tcn_rt *rt, tcn_value v, size_t indent, size_t allowance,
                       int level)
{
    tcn_value shown;
    int rc = enter(rt);
    if (rc >= 0)
        rc = repr_of(rt, v, &shown);
    if (rc >= 0 && shown.text->count + indent + allowance <= WIDTH)
        rc = tcn_show(rt, shown, &rt->scratch);
    else if (rc >= 0)
        rc = print_long(rt, v, shown, indent, allowance, level + 1);
    rt->depth--;
    return rc;
}

int tcn_filter_pprint(tcn_rt *rt, tcn_value *a, tcn_value *ret)
{
    tcn_value sorted;
    int rc = sorted_copy(rt, a[0], &sorted);
    size_t start = tcn_scratch_begin(rt);
    if (rc >= 0)
        rc = print_value(rt, sorted, 0, 0, 0);
    return rc < 0 ? rc : tcn_scratch_end(rt, start, ret);
}
