/* SPDX-License-Identifier: Apache-2.0 */
/* health.c - is it alive, is it ready, how is it. */
#include "core/api/api_int.h"

void tcn_api_health_get(tcn_api *api, tcn_request *request)
{
    (void)api;
    tcn_request_answer(request, 200, "application/json", TCN_STR("true"));
}

void tcn_api_ready_get(tcn_api *api, tcn_request *request)
{
    const char *why_not = api->options.not_ready(api->options.ud);
    if (why_not != NULL)
        tcn_api_answer_detail(request, 503, "%s", why_not);
    else
        tcn_api_answer_own(request, 200,
                           json_pack("{s:s, s:s*}", "message", "OK", "note",
                                     api->options.ready_note(api->options.ud)));
}

void tcn_api_status_get(tcn_api *api, tcn_request *request)
{
    tcn_api_answer_own(request, 200, api->options.status(api->options.ud));
}
