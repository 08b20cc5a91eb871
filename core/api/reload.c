/* SPDX-License-Identifier: Apache-2.0 */
/* reload.c - POST /api/reload {"plan": true, "wait": true, "clear_quarantine": true}:
 * answered when the run is over, with what changed (200) or every problem (422). */
#include "core/api/api_int.h"

#include <stdio.h>

static void on_answer(int status, json_t *document, void *ud)
{
    tcn_api_answer_own(ud, status, json_incref(document));
}

/* false: it was answered. */
static bool read_body(tcn_request *request, const json_t *body, tcn_api_reload *asked)
{
    static const char *const names[] = {"plan", "wait", "clear_quarantine", NULL};
    bool *const places[] = {&asked->is_plan, &asked->waits_for_drain,
                            &asked->clears_quarantine};
    void *it = json_object_iter((json_t *)(uintptr_t)body);
    for (; it != NULL; it = json_object_iter_next((json_t *)(uintptr_t)body, it)) {
        const char *key = json_object_iter_key(it);
        const json_t *value = json_object_iter_value(it);
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], key) != 0)
            i++;
        char loc[80];
        (void)snprintf(loc, sizeof loc, "body.%.60s", key);
        if (names[i] == NULL) {
            tcn_api_answer_invalid(request, "extra_forbidden", loc,
                                   "Extra inputs are not permitted");
            return false;
        }
        if (!json_is_boolean(value)) {
            tcn_api_answer_invalid(request, "bool_type", loc,
                                   "Input should be a valid boolean");
            return false;
        }
        *places[i] = json_is_true(value);
    }
    return true;
}

void tcn_api_reload_post(tcn_api *api, tcn_request *request)
{
    json_t *body = NULL;
    tcn_api_reload asked = {.answer = on_answer, .ud = request};
    if (!tcn_api_body_read(request, &body))
        return;
    bool is_read = read_body(request, body, &asked);
    json_decref(body);
    if (!is_read)
        return;
    int rc = api->options.reload(&asked, api->options.ud);
    if (rc < 0)
        tcn_api_answer_busy(request, rc == TCN_E_STATE ? "The daemon is stopping"
                                                       : tcn_err_text(rc));
}
