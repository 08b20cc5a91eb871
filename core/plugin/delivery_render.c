/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_render.c - host->render: what was rendered for a delivery lives as long as the
 * plugin has it, and is wiped, for it may hold secrets. */
#include "core/base/alloc.h"
#include "core/plugin/delivery_int.h"
#include "core/plugin/host.h"
#include "core/plugin/render.h"

#define RENDER_LIMIT ((size_t)8 << 20)

/* One rendered text. */
typedef struct rendered {
    tcn_list link;
    tcn_buf text;
} rendered;

static int32_t render_into(tcn_delivery *delivery, const tcn_render_job *job,
                           const char *key, tocsin_str *ret, tocsin_error *reterr)
{
    rendered *r = tcn_alloc_zero(sizeof *r);
    if (r == NULL)
        return TOCSIN_E_NOMEM;
    tcn_buf_init(&r->text, RENDER_LIMIT);
    tcn_list_append(&delivery->rendered, &r->link);
    tcn_err err = {0};
    int rc = key[0] == '@' ? tcn_render_own(job, key, &r->text)
                           : tcn_render(job, &r->text, &err);
    if (rc < 0) {
        int32_t code = tcn_render_code(rc);
        tcn_host_error(reterr, code, key,
                       tcn_err_is_set(&err) ? err.text : tcn_err_text(rc));
        return code;
    }
    *ret = (tocsin_str){r->text.ptr, r->text.len};
    return TOCSIN_OK;
}

int32_t tcn_delivery_render(tocsin_delivery *handle, const char *key, const char *sub,
                            uint32_t escape, tocsin_str *ret, tocsin_error *reterr)
{
    if (!tcn_plugins_on_loop(tcn_slot_plugins(handle)))
        return TOCSIN_E_STATE;
    tcn_delivery *delivery = tcn_slot_delivery(handle);
    if (delivery == NULL || delivery->state == TCN_DELIVERY_ABANDONED)
        return TOCSIN_E_STATE;
    tcn_render_job job = {
        .context = delivery->context,
        .message = &delivery->message,
        .subject_values = &delivery->subject_values,
        .body_values = &delivery->body_values,
        .is_markup = escape == TOCSIN_ESC_HTML || escape == TOCSIN_ESC_SLACK ||
                     escape == TOCSIN_ESC_CARD,
        .scratch = &delivery->self->plugins->scratch,
    };
    if (tcn_escape_type(escape, &job.type) < 0)
        return TOCSIN_E_UNSUPPORTED;
    int32_t rc = TOCSIN_OK;
    if (key[0] != '@')
        rc = tcn_options_template(delivery->self->config, key, sub, &job.source);
    return rc != TOCSIN_OK ? rc : render_into(delivery, &job, key, ret, reterr);
}

void tcn_delivery_forget_rendered(tcn_delivery *delivery)
{
    tcn_list_foreach (link, &delivery->rendered) {
        rendered *r = tcn_container_of(link, rendered, link);
        if (r->text.ptr != NULL)
            tcn_secret_wipe(r->text.ptr, r->text.capacity);
        tcn_buf_deinit(&r->text);
        tcn_free(r);
    }
    tcn_list_init(&delivery->rendered);
}
