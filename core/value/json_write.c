/* SPDX-License-Identifier: Apache-2.0 */
/* json_write.c - values to compact JSON in UTF-8, for our own documents. What templates
 * print is Python's json.dumps, which is the template room's. */
#include <math.h>

#include "core/base/err.h"
#include "core/value/big.h"
#include "core/value/json.h"
#include "core/value/moment.h"
#include "core/value/number.h"

typedef struct writer {
    tcn_rt rt;
    tcn_buf *out;
} writer;

static int write_value(writer *w, tcn_value v);

static int write_shown(writer *w, tcn_value v)
{
    int rc = tcn_put_char(&w->rt, w->out, '"');
    if (rc >= 0 && v.type == TCN_V_UUID)
        rc = tcn_show(&w->rt, v, w->out);
    else if (rc >= 0)
        rc = tcn_moment_json(&w->rt, v, w->out);
    return rc < 0 ? rc : tcn_put_char(&w->rt, w->out, '"');
}

static int write_items(writer *w, const tcn_vlist *list)
{
    int rc = tcn_put_char(&w->rt, w->out, '[');
    for (uint32_t i = 0; i < list->count && rc >= 0; i++) {
        if (i > 0)
            rc = tcn_put_char(&w->rt, w->out, ',');
        if (rc >= 0)
            rc = write_value(w, list->items[i]);
    }
    return rc < 0 ? rc : tcn_put_char(&w->rt, w->out, ']');
}

static int write_key(writer *w, tcn_value key)
{
    const tcn_text *text = tcn_text_of(&key);
    if (text != NULL)
        return tcn_buf_add_json(w->out, tcn_text_str(text));
    if (!tcn_is_number(key) && key.type != TCN_V_NONE)
        return TCN_E_INVALID;
    int rc = tcn_put_char(&w->rt, w->out, '"');
    if (rc >= 0)
        rc = write_value(w, key);
    return rc < 0 ? rc : tcn_put_char(&w->rt, w->out, '"');
}

static int write_dict(writer *w, const tcn_vdict *dict)
{
    int rc = tcn_put_char(&w->rt, w->out, '{');
    for (uint32_t i = 0; i < dict->count && rc >= 0; i++) {
        if (i > 0)
            rc = tcn_put_char(&w->rt, w->out, ',');
        if (rc >= 0)
            rc = write_key(w, dict->entries[i].key);
        if (rc >= 0)
            rc = tcn_put_char(&w->rt, w->out, ':');
        if (rc >= 0)
            rc = write_value(w, dict->entries[i].value);
    }
    return rc < 0 ? rc : tcn_put_char(&w->rt, w->out, '}');
}

static int write_real(writer *w, double f)
{
    if (!isfinite(f))
        return tcn_put_c(&w->rt, w->out,
                         isnan(f) ? "NaN" : (f < 0 ? "-Infinity" : "Infinity"));
    return tcn_show(&w->rt, tcn_real(f), w->out);
}

static int write_nested(writer *w, tcn_value v)
{
    if (v.type == TCN_V_DICT)
        return write_dict(w, v.dict);
    if (v.type != TCN_V_OBJECT)
        return write_items(w, v.list);
    if (v.object->type->plain == NULL)
        return TCN_E_INVALID;
    tcn_value plain;
    int rc = v.object->type->plain(&w->rt, v.object, &plain);
    return rc < 0 ? rc : write_value(w, plain);
}

static int write_value(writer *w, tcn_value v)
{
    const tcn_text *text = tcn_text_of(&v);
    if (text != NULL)
        return tcn_buf_add_json(w->out, tcn_text_str(text));
    switch (v.type) {
    case TCN_V_NONE:
        return tcn_put_c(&w->rt, w->out, "null");
    case TCN_V_BOOL:
        return tcn_put_c(&w->rt, w->out, v.boolean ? "true" : "false");
    case TCN_V_INT:
    case TCN_V_BIG:
        return tcn_show(&w->rt, v, w->out);
    case TCN_V_FLOAT:
        return write_real(w, v.real);
    case TCN_V_DELTA:
        return write_real(w, tcn_delta_seconds(v.integer));
    case TCN_V_UUID:
    case TCN_V_DATETIME:
    case TCN_V_DATE:
    case TCN_V_TIME:
        return write_shown(w, v);
    case TCN_V_LIST:
    case TCN_V_TUPLE:
    case TCN_V_SET:
    case TCN_V_LAZY:
    case TCN_V_DICT:
    case TCN_V_OBJECT:
        break;
    default:
        return TCN_E_INVALID;
    }
    if (++w->rt.depth > w->rt.limits->depth)
        return TCN_E_LIMIT;
    int rc = write_nested(w, v);
    w->rt.depth--;
    return rc;
}

int tcn_json_write(tcn_value v, tcn_buf *out)
{
    tcn_rt_limits limits;
    writer w = {.out = out};
    tcn_arena arena;
    tcn_rt_limits_default(&limits);
    limits.depth = 200;
    limits.steps = INT64_MAX;
    tcn_arena_init(&arena, (size_t)64 << 20);
    tcn_rt_init(&w.rt, &arena, &limits);
    int rc = write_value(&w, v);
    tcn_arena_deinit(&arena);
    return rc;
}
