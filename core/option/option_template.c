/* SPDX-License-Identifier: Apache-2.0 */
/* option_template.c - a sequence of pieces: text that is copied, and templates. A plain
 * text option is one template; a JSON value is its own text cut where strings with
 * templates stand. */
#include "core/option/option_template.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/option/render_watch.h"
#include "core/value/document.h"

#define DEPTH_MAX 64

typedef struct piece {
    tcn_str text; /* owned; used when tpl is NULL */
    tcn_tpl *tpl;
} piece;

struct tcn_option_template {
    const tcn_tpl_env *env;
    piece *pieces;
    size_t count, capacity;
    bool is_json;
};

/* A JSON value on its way into pieces. */
typedef struct cutter {
    tcn_option_template *tpl;
    const tcn_tpl_env *env;
    tcn_buf text; /* JSON text since the last piece */
} cutter;

static int add_piece(tcn_option_template *tpl, tcn_str text, tcn_tpl *compiled)
{
    int rc = tcn_grow((void **)&tpl->pieces, &tpl->capacity, tpl->count + 1,
                      sizeof *tpl->pieces);
    if (rc == 0)
        tpl->pieces[tpl->count++] = (piece){text, compiled};
    return rc;
}

static int report(int rc, const tcn_tpl_error *error, tcn_err *reterr)
{
    if (error->line == 0)
        return tcn_err_set(reterr, rc, "%s: %.300s", tcn_tpl_error_class(error),
                           error->message);
    return tcn_err_set(reterr, rc, "template line %u, column %u: %s: %.300s", error->line,
                       error->column, tcn_tpl_error_class(error), error->message);
}

static int compile(tcn_option_template *tpl, const tcn_tpl_env *env, tcn_str source,
                   tcn_err *reterr)
{
    tcn_tpl_error error = {0};
    tcn_tpl *compiled = NULL;
    int rc = tcn_tpl_validate(env, source, &error);
    if (rc == 0)
        rc = tcn_tpl_compile(&compiled, env, source, &error);
    if (rc < 0)
        return rc == TCN_E_NOMEM ? tcn_err_no_memory(reterr) : report(rc, &error, reterr);
    rc = add_piece(tpl, (tcn_str){NULL, 0}, compiled);
    if (rc < 0) {
        tcn_tpl_unref(compiled);
        return tcn_err_no_memory(reterr);
    }
    return 0;
}

int tcn_option_template_text(const tcn_tpl_env *env, tcn_str source,
                             tcn_option_template **ret, tcn_err *reterr)
{
    tcn_option_template *tpl = tcn_alloc_zero(sizeof *tpl);
    if (tpl == NULL)
        return tcn_err_no_memory(reterr);
    tpl->env = env;
    int rc = compile(tpl, env, source, reterr);
    if (rc < 0) {
        tcn_option_template_free(tpl);
        return rc;
    }
    *ret = tpl;
    return 0;
}

static int flush(cutter *cut, tcn_err *reterr)
{
    if (tcn_buf_status(&cut->text) < 0)
        return tcn_err_set(reterr, tcn_buf_status(&cut->text), "is too long");
    if (cut->text.len == 0)
        return 0;
    size_t len;
    char *text = tcn_buf_take(&cut->text, &len);
    if (add_piece(cut->tpl, tcn_str_of(text, len), NULL) == 0)
        return 0;
    tcn_free(text);
    return tcn_err_no_memory(reterr);
}

static int cut_string(cutter *cut, const json_t *value, tcn_err *reterr)
{
    tcn_str source = {json_string_value(value), json_string_length(value)};
    if (!tcn_tpl_is_template(source)) {
        (void)tcn_buf_add_json(&cut->text, source);
        return 0;
    }
    int rc = flush(cut, reterr);
    return rc < 0 ? rc : compile(cut->tpl, cut->env, source, reterr);
}

static int cut_value(cutter *cut, const json_t *value, unsigned depth, tcn_err *reterr);

static int cut_array(cutter *cut, const json_t *value, unsigned depth, tcn_err *reterr)
{
    (void)tcn_buf_add_char(&cut->text, '[');
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i > 0)
            (void)tcn_buf_add_char(&cut->text, ',');
        int rc = cut_value(cut, json_array_get(value, i), depth + 1, reterr);
        if (rc < 0) {
            char place[32];
            (void)snprintf(place, sizeof place, "[%zu]", i);
            tcn_err_within(reterr, place);
            return rc;
        }
    }
    (void)tcn_buf_add_char(&cut->text, ']');
    return 0;
}

static int cut_object(cutter *cut, const json_t *value, unsigned depth, tcn_err *reterr)
{
    const char *key;
    json_t *item;
    bool is_first = true;
    (void)tcn_buf_add_char(&cut->text, '{');
    json_object_foreach((json_t *)(uintptr_t)value, key, item)
    {
        if (!is_first)
            (void)tcn_buf_add_char(&cut->text, ',');
        is_first = false;
        (void)tcn_buf_add_json(&cut->text, tcn_str_c(key));
        (void)tcn_buf_add_char(&cut->text, ':');
        int rc = cut_value(cut, item, depth + 1, reterr);
        if (rc < 0) {
            tcn_err_within(reterr, key);
            return rc;
        }
    }
    (void)tcn_buf_add_char(&cut->text, '}');
    return 0;
}

static int cut_value(cutter *cut, const json_t *value, unsigned depth, tcn_err *reterr)
{
    if (depth > DEPTH_MAX)
        return tcn_err_set(reterr, TCN_E_LIMIT, "is nested more than %d deep", DEPTH_MAX);
    if (json_is_string(value))
        return cut_string(cut, value, reterr);
    if (json_is_array(value))
        return cut_array(cut, value, depth, reterr);
    if (json_is_object(value))
        return cut_object(cut, value, depth, reterr);
    (void)tcn_document_write(value, &cut->text);
    return 0;
}

int tcn_option_template_json(const tcn_tpl_env *env, const json_t *value,
                             tcn_option_template **ret, tcn_err *reterr)
{
    cutter cut = {.tpl = tcn_alloc_zero(sizeof *cut.tpl), .env = env};
    if (cut.tpl == NULL)
        return tcn_err_no_memory(reterr);
    cut.tpl->env = env;
    cut.tpl->is_json = true;
    tcn_buf_init(&cut.text, (size_t)1 << 20);
    int rc = cut_value(&cut, value, 0, reterr);
    if (rc == 0)
        rc = flush(&cut, reterr);
    tcn_buf_deinit(&cut.text);
    if (rc < 0) {
        tcn_option_template_free(cut.tpl);
        return rc;
    }
    *ret = cut.tpl;
    return 0;
}

void tcn_option_template_free(tcn_option_template *tpl)
{
    if (tpl == NULL)
        return;
    for (size_t i = 0; i < tpl->count; i++) {
        tcn_free((void *)(uintptr_t)tpl->pieces[i].text.ptr);
        tcn_tpl_unref(tpl->pieces[i].tpl);
    }
    tcn_free(tpl->pieces);
    tcn_free(tpl);
}

static int render_piece(const piece *part, const tcn_tpl_context *context,
                        tcn_arena *arena, tcn_buf *out, tcn_err *reterr)
{
    tcn_tpl_error error = {0};
    int rc = tcn_tpl_render(part->tpl, context, arena, out, &error);
    return rc < 0 ? report(rc, &error, reterr) : 0;
}

/* A string of a JSON value: rendered whole, then written as JSON. */
static int render_string(const piece *part, const tcn_tpl_context *context,
                         tcn_arena *arena, tcn_buf *out, tcn_err *reterr)
{
    tcn_buf text;
    tcn_buf_init(&text, out->limit);
    int rc = render_piece(part, context, arena, &text, reterr);
    if (rc == 0)
        rc = tcn_buf_add_json(out, tcn_buf_str(&text));
    tcn_buf_deinit(&text);
    return rc;
}

int tcn_option_template_render(const tcn_option_template *tpl,
                               const tcn_tpl_context *context, enum tcn_tpl_type type,
                               tcn_arena *arena, tcn_buf *out, tcn_err *reterr)
{
    tcn_tpl_context own = *context;
    /* A string of a JSON value is written as JSON in any case. */
    bool is_double = tpl->is_json && type == TCN_TPL_JSON;
    tcn_render_watch watch;
    own.type = is_double ? TCN_TPL_TEXT : type;
    tcn_render_watch_begin(&watch, &tpl->env->limits, &own);
    for (size_t i = 0; i < tpl->count; i++) {
        const piece *part = &tpl->pieces[i];
        int rc;
        if (part->tpl == NULL)
            rc = tcn_buf_add_str(out, part->text);
        else if (tpl->is_json)
            rc = render_string(part, &own, arena, out, reterr);
        else
            rc = render_piece(part, &own, arena, out, reterr);
        if (rc < 0)
            return tcn_err_set(reterr, rc,
                               "the rendered text is too long or out of memory");
    }
    return 0;
}
