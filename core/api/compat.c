/* SPDX-License-Identifier: Apache-2.0 */
/* compat.c - what Prefect's clients ask before they do anything: is there a token against
 * forged requests (no: Host and Origin are checked), and which version is this. */
#include "core/api/api_int.h"

#define PREFECT_VERSION "\"3.8.8\"" /* the release whose answers these are */
#define API_VERSION     "\"0.8.4\""

void tcn_api_csrf_get(tcn_api *api, tcn_request *request)
{
    (void)api;
    tcn_api_answer_detail(request, 422, "CSRF protection is disabled.");
}

void tcn_api_admin_version_get(tcn_api *api, tcn_request *request)
{
    (void)api;
    tcn_request_answer(request, 200, "application/json", TCN_STR(PREFECT_VERSION));
}

void tcn_api_version_get(tcn_api *api, tcn_request *request)
{
    (void)api;
    tcn_request_answer(request, 200, "application/json", TCN_STR(API_VERSION));
}
