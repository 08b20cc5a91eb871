/* SPDX-License-Identifier: Apache-2.0 */
/* render.c - a template sees the names of its message first, then the message's context.
 */
#include "core/plugin/render.h"

#include "core/base/clock.h"

#define SCRATCH_KEEP ((size_t)64 << 10)
#define OWN_LIMIT    ((size_t)8 << 20)

static const char *severity_name(uint32_t severity)
{
    static const char *const names[] = {
        [TOCSIN_INFO] = "info",
        [TOCSIN_SUCCESS] = "success",
        [TOCSIN_WARNING] = "warning",
        [TOCSIN_FAILURE] = "failure",
    };
    bool is_known = severity >= TOCSIN_INFO && severity <= TOCSIN_FAILURE;
    return names[is_known ? severity : TOCSIN_INFO];
}

/* ---- the message's own texts ---- */

static int add_value(const tcn_render_job *job, tcn_str value, tcn_buf *out)
{
    tcn_tpl_escape_fn escape = tcn_tpl_escape_of(job->type);
    return escape != NULL ? escape(value, out) : tcn_buf_add_str(out, value);
}

static int add_escaped(const tcn_render_job *job, tocsin_str text,
                       const tcn_spans *values, tcn_buf *out)
{
    size_t at = 0;
    if (values == NULL || !values->is_known)
        return add_value(job, tcn_str_of(text.ptr, text.len), out);
    for (size_t i = 0; i < values->count; i++) {
        const tcn_span *span = &values->items[i];
        int rc = tcn_buf_add(out, text.ptr + at, span->from - at);
        if (rc == 0)
            rc = add_value(job, tcn_str_of(text.ptr + span->from, span->len), out);
        if (rc < 0)
            return rc;
        at = span->from + span->len;
    }
    return tcn_buf_add(out, text.ptr + at, text.len - at);
}

static bool own_name(const tocsin_message *message, tcn_str name, tcn_str *ret)
{
    if (tcn_str_eq_c(name, "subject"))
        *ret = tcn_str_of(message->subject.ptr, message->subject.len);
    else if (tcn_str_eq_c(name, "body"))
        *ret = tcn_str_of(message->body.ptr, message->body.len);
    else if (tcn_str_eq_c(name, "severity"))
        *ret = tcn_str_c(severity_name(message->severity));
    else if (tcn_str_eq_c(name, "invocation"))
        *ret = tcn_str_of(message->invocation.ptr, message->invocation.len);
    else
        return false;
    return true;
}

/* What the author of the message wrote stays live in the block's own templates, too. */
static int own_markup(const tcn_render_job *job, tcn_str name, tcn_arena *arena,
                      tcn_value *ret)
{
    bool is_subject = tcn_str_eq_c(name, "subject");
    tcn_buf out;
    tcn_buf_init(&out, OWN_LIMIT);
    int rc = is_subject
                 ? add_escaped(job, job->message->subject, job->subject_values, &out)
                 : add_escaped(job, job->message->body, job->body_values, &out);
    if (rc == 0)
        *ret = tcn_str_new(arena, tcn_buf_str(&out));
    tcn_buf_deinit(&out);
    if (rc < 0)
        return rc;
    if (tcn_is_missing(*ret))
        return TCN_E_NOMEM;
    *ret = tcn_markup_as(*ret, TCN_TEXT_SAFE);
    return 1;
}

static int look_up(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret)
{
    const tcn_render_job *job = ud;
    tcn_str text;
    if (job->is_markup && (tcn_str_eq_c(name, "subject") || tcn_str_eq_c(name, "body")))
        return own_markup(job, name, arena, ret);
    if (own_name(job->message, name, &text)) {
        *ret = tcn_str_new(arena, text);
        return tcn_is_missing(*ret) ? TCN_E_NOMEM : 1;
    }
    if (job->context == NULL)
        return 0;
    if (job->context->values != NULL) {
        tcn_value key = tcn_str_new(arena, name);
        const tcn_value *found =
            tcn_is_missing(key) ? NULL : tcn_vdict_get(job->context->values, key);
        if (found != NULL) {
            *ret = *found;
            return 1;
        }
    }
    return job->context->lookup == NULL
               ? 0
               : job->context->lookup(job->context->ud, name, arena, ret);
}

static int render_template(const tcn_render_job *job, tcn_buf *out, tcn_err *reterr)
{
    tcn_render_job own = *job;
    tcn_tpl_context context = {
        .lookup = look_up,
        .ud = &own,
        .now_us = job->context != NULL ? job->context->now_us : tcn_clock_wall_us(),
    };
    int rc = tcn_option_template_render(job->source.tpl, &context, job->type,
                                        job->scratch, out, reterr);
    tcn_arena_reset(job->scratch, SCRATCH_KEEP);
    return rc;
}

static int render_secret(tcn_secret *secret, tcn_buf *out, tcn_err *reterr)
{
    int rc = tcn_buf_reserve(out, TCN_SECRET_MAX + 1);
    if (rc < 0)
        return rc;
    size_t len = 0;
    rc = tcn_secret_read(secret, tcn_clock_mono_ms(), out->ptr, out->capacity, &len,
                         reterr);
    if (rc == 0)
        out->len = len;
    return rc;
}

int tcn_render_own(const tcn_render_job *job, const char *name, tcn_buf *out)
{
    const tocsin_message *message = job->message;
    int rc = TCN_E_NOT_FOUND;
    if (strcmp(name, "@subject") == 0)
        rc = add_escaped(job, message->subject, job->subject_values, out);
    else if (strcmp(name, "@body") == 0)
        rc = add_escaped(job, message->body, job->body_values, out);
    if (rc == 0 && tcn_tpl_form_of(job->type)->is_one_line)
        tcn_tpl_one_line(out, 0);
    if (rc == 0)
        rc = tcn_buf_reserve(out, 1);
    if (rc == 0)
        out->ptr[out->len] = '\0';
    return rc;
}

int32_t tcn_render_code(int rc)
{
    switch (rc) {
    case TCN_E_NOT_FOUND:
        return TOCSIN_E_NOT_FOUND;
    case TCN_E_NOMEM:
        return TOCSIN_E_NOMEM;
    case TCN_E_LIMIT:
        return TOCSIN_E_LIMIT;
    case TCN_E_IO:
        return TOCSIN_E_IO;
    default:
        return TOCSIN_E_INVALID;
    }
}

int tcn_render(const tcn_render_job *job, tcn_buf *out, tcn_err *reterr)
{
    int rc = job->source.tpl != NULL ? render_template(job, out, reterr)
                                     : render_secret(job->source.secret, out, reterr);
    if (rc == 0)
        rc = tcn_buf_reserve(out, 1);
    if (rc == 0)
        out->ptr[out->len] = '\0';
    return rc;
}
