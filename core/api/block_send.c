/* SPDX-License-Identifier: Apache-2.0 */
/* block_send.c - POST /api/tocsin/blocks/NAME/send: a test message, answered when its one
 * attempt has ended, with what went over the wire. Body: {"subject", "body", "payload",
 * "dry_run"}, all optional. */
#include "core/api/api_int.h"

#include <stdio.h>

#include "core/action/trial.h"

static void on_tried(const json_t *report, void *ud)
{
    tcn_request *request = ud;
    tcn_api_answer_own(request, 200, json_incref((json_t *)(uintptr_t)report));
}

/* false: it was answered. */
static bool read_text(tcn_request *request, const json_t *body, const char *key,
                      tcn_str *ret)
{
    const json_t *value = json_object_get(body, key);
    if (value != NULL && !json_is_string(value) && !json_is_null(value)) {
        char loc[64];
        snprintf(loc, sizeof loc, "body.%s", key);
        tcn_api_answer_invalid(request, "string_type", loc,
                               "Input should be a valid string");
        return false;
    }
    *ret = tcn_str_of(json_string_value(value), json_string_length(value));
    return true;
}

static bool read_trial(tcn_request *request, const json_t *body, tcn_trial *ret)
{
    const json_t *is_dry = json_object_get(body, "dry_run");
    if (is_dry != NULL && !json_is_boolean(is_dry)) {
        tcn_api_answer_invalid(request, "bool_type", "body.dry_run",
                               "Input should be a valid boolean");
        return false;
    }
    ret->is_dry = json_is_true(is_dry);
    return read_text(request, body, "subject", &ret->subject) &&
           read_text(request, body, "body", &ret->body) &&
           read_text(request, body, "payload", &ret->payload);
}

static void answer_refusal(tcn_request *request, int rc, const tcn_err *err)
{
    if (rc == TCN_E_NOMEM)
        tcn_api_answer_busy(request, "Out of memory");
    else
        tcn_api_answer_detail(request,
                              rc == TCN_E_NOT_FOUND ? 404
                              : rc == TCN_E_STATE   ? 409
                                                    : 422,
                              "%s", err->text);
}

void tcn_api_block_send_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    if (!tcn_api_body_read(request, &body))
        return;
    tcn_trial trial = {.block = api->params[0]};
    tcn_err err = {0};
    if (read_trial(request, body, &trial)) {
        int rc =
            tcn_trial_start(api->options.dispatcher, &trial, on_tried, request, &err);
        if (rc < 0)
            answer_refusal(request, rc, &err);
    }
    json_decref(body);
}
