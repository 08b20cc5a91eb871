/* SPDX-License-Identifier: Apache-2.0 */
/* rendered.c - subject, body and payload of one action, in the canonical form of its
 * automation, where every default is spelled out. The first template that fails decides.
 */
#include "core/action/rendered.h"

#include "core/option/render_watch.h"
#include "core/value/json.h"

#define SCRATCH_KEEP ((size_t)256 << 10)
#define PAUSE_KEY    "{\"paused_until_us\":"

/* ---- rendering ---- */

static int fail(tcn_str source, const tcn_tpl_error *error, int rc,
                tcn_render_failure *ret_failure)
{
    ret_failure->error = *error;
    ret_failure->source = source;
    return rc == TCN_E_SYNTAX ? TCN_E_INVALID : rc;
}

static int copy(const tcn_spans_buf *out, tcn_arena *arena, tcn_str *ret,
                tcn_spans *ret_values)
{
    tcn_str text = tcn_arena_str(arena, tcn_buf_str(&out->text));
    if (text.ptr == NULL)
        return TCN_E_NOMEM;
    *ret = text;
    return tcn_spans_copy(out, arena, ret_values);
}

static int render(tcn_context *context, tcn_tpl_cache *cache, tcn_arena *scratch,
                  tcn_str source, tcn_str *ret, tcn_spans *ret_values,
                  tcn_render_failure *ret_failure)
{
    if (!tcn_tpl_is_template(source)) {
        *ret = source;
        *ret_values = (tcn_spans){.is_known = true};
        return 0;
    }
    const tcn_tpl *tpl = NULL;
    tcn_tpl_error error = {0};
    tcn_tpl_context noting = context->tpl;
    tcn_render_watch watch;
    noting.escape = tcn_spans_note;
    tcn_render_watch_begin(&watch, &cache->env->limits, &noting);
    int rc = tcn_tpl_cache_get(cache, source, &tpl, &error);
    tcn_spans_buf out;
    tcn_spans_buf_init(&out, cache->env->limits.output_bytes);
    if (rc >= 0)
        rc = tcn_tpl_render(tpl, &noting, scratch, &out.text, &error);
    if (rc >= 0)
        rc = copy(&out, context->arena, ret, ret_values);
    tcn_spans_buf_deinit(&out);
    tcn_arena_reset(scratch, SCRATCH_KEEP);
    return rc < 0 ? fail(source, &error, rc, ret_failure) : 0;
}

int tcn_rendered_make(tcn_context *context, tcn_tpl_cache *cache, tcn_arena *scratch,
                      tcn_rendered *ret, tcn_render_failure *ret_failure)
{
    const tcn_facts *facts = context->facts;
    tcn_rendered rendered = {0};
    int rc = 0;
    if (facts->type->means == TCN_ACTION_NOTIFY) {
        tcn_str subject = tcn_dict_text(facts->action, "subject");
        tcn_str body = tcn_dict_text(facts->action, "body");
        rc = render(context, cache, scratch, subject, &rendered.subject,
                    &rendered.subject_values, ret_failure);
        if (rc >= 0)
            rc = render(context, cache, scratch, body, &rendered.body,
                        &rendered.body_values, ret_failure);
    } else {
        tcn_str payload = tcn_dict_text(facts->action, "payload");
        tcn_spans values;
        rc = render(context, cache, scratch, payload, &rendered.payload, &values,
                    ret_failure);
    }
    if (rc >= 0)
        *ret = rendered;
    return rc;
}

/* ---- keeping ---- */

static void write_text(tcn_buf *out, const char *key, tcn_str text)
{
    if (text.len == 0)
        return;
    char last = out->ptr[out->len - 1];
    tcn_buf_printf(out, "%s\"%s\":", last == '{' ? "" : ",", key);
    tcn_buf_add_json(out, text);
}

/* Written also when there are none: a row without them is of a time before they were
 * noted. */
static void write_values(tcn_buf *out, const char *key, const tcn_spans *values)
{
    if (!values->is_known)
        return;
    char last = out->ptr[out->len - 1];
    tcn_buf_printf(out, "%s\"%s\":\"", last == '{' ? "" : ",", key);
    tcn_spans_write(values, out);
    tcn_buf_add_char(out, '"');
}

int tcn_rendered_write(const tcn_rendered *rendered, tcn_buf *out)
{
    int rc =
        rendered->paused_until_us > 0
            ? tcn_buf_printf(out, PAUSE_KEY "%lld", (long long)rendered->paused_until_us)
            : tcn_buf_add_char(out, '{');
    if (rc < 0)
        return rc;
    write_text(out, "subject", rendered->subject);
    write_text(out, "body", rendered->body);
    write_text(out, "payload", rendered->payload);
    write_values(out, "subject_values", &rendered->subject_values);
    write_values(out, "body_values", &rendered->body_values);
    tcn_buf_add_char(out, '}');
    return tcn_buf_status(out);
}

int64_t tcn_rendered_pause(tcn_str json)
{
    tcn_str key = TCN_STR(PAUSE_KEY);
    if (!tcn_str_starts(json, key))
        return 0;
    tcn_str digits = tcn_str_of(json.ptr + key.len, 0);
    while (key.len + digits.len < json.len && digits.ptr[digits.len] >= '0' &&
           digits.ptr[digits.len] <= '9')
        digits.len++;
    int64_t until_us = 0;
    return tcn_str_int(digits, 0, INT64_MAX, &until_us) ? until_us : 0;
}

static int read_values(tcn_value dict, const char *key, tcn_str text, tcn_arena *arena,
                       tcn_spans *ret)
{
    *ret = (tcn_spans){0};
    if (tcn_dict_value(dict, key).type != TCN_V_STR)
        return 0;
    return tcn_spans_read(tcn_dict_text(dict, key), text.len, arena, ret);
}

int tcn_rendered_read(tcn_str json, tcn_arena *arena, tcn_rendered *ret)
{
    tcn_value value = {.type = TCN_V_MISSING};
    int rc = tcn_json_read(json, arena, NULL, &value, NULL);
    if (rc == TCN_E_NOMEM)
        return rc;
    if (rc < 0 || value.type != TCN_V_DICT)
        return TCN_E_CORRUPT;
    *ret = (tcn_rendered){
        .subject = tcn_dict_text(value, "subject"),
        .body = tcn_dict_text(value, "body"),
        .payload = tcn_dict_text(value, "payload"),
        .paused_until_us = tcn_rendered_pause(json),
    };
    rc = read_values(value, "subject_values", ret->subject, arena, &ret->subject_values);
    return rc < 0
               ? rc
               : read_values(value, "body_values", ret->body, arena, &ret->body_values);
}
