/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - which handler a request goes to. Paths are taken with or without a slash at
 * the end, as Prefect's clients send both. */
#include "core/api/api_int.h"

#include "core/base/alloc.h"

typedef void (*route_fn)(tcn_api *api, tcn_request *request);

static const struct route {
    const char *method, *path;
    enum tcn_scope scope;
    route_fn handler;
} routes[] = {
    {"POST", "/api/events", TCN_SCOPE_EMIT, tcn_api_events_post},
    {"GET", "/api/tocsin/blocks", TCN_SCOPE_READ, tcn_api_blocks_get},
    {"GET", "/api/tocsin/blocks/{}", TCN_SCOPE_READ, tcn_api_block_get},
    {"POST", "/api/tocsin/blocks", TCN_SCOPE_WRITE, tcn_api_block_create_post},
    {"DELETE", "/api/tocsin/blocks/{}", TCN_SCOPE_WRITE, tcn_api_block_delete},
    {"POST", "/api/tocsin/blocks/{}/send", TCN_SCOPE_WRITE, tcn_api_block_send_post},
    {"GET", "/api/tocsin/events", TCN_SCOPE_READ, tcn_api_log_get},
    {"POST", "/api/tocsin/explain", TCN_SCOPE_READ, tcn_api_explain_post},
    {"GET", "/api/tocsin/outbox", TCN_SCOPE_READ, tcn_api_outbox_get},
    {"GET", "/api/tocsin/outbox/{}", TCN_SCOPE_READ, tcn_api_outbox_one_get},
    {"POST", "/api/tocsin/outbox/{}/retry", TCN_SCOPE_WRITE, tcn_api_outbox_retry_post},
    {"POST", "/api/tocsin/outbox/{}/drop", TCN_SCOPE_WRITE, tcn_api_outbox_drop_post},
    {"POST", "/api/block_types", TCN_SCOPE_WRITE, tcn_api_block_type_post},
    {"POST", "/api/block_types/filter", TCN_SCOPE_READ, tcn_api_block_types_filter},
    {"POST", "/api/block_types/install_system_block_types", TCN_SCOPE_WRITE,
     tcn_api_block_types_install},
    {"GET", "/api/block_types/slug/{}", TCN_SCOPE_READ, tcn_api_block_type_slug_get},
    {"GET", "/api/block_types/slug/{}/block_documents", TCN_SCOPE_READ,
     tcn_api_block_documents_of_type_get},
    {"GET", "/api/block_types/slug/{}/block_documents/name/{}", TCN_SCOPE_READ,
     tcn_api_block_document_name_get},
    {"GET", "/api/block_types/{}", TCN_SCOPE_READ, tcn_api_block_type_get},
    {"PATCH", "/api/block_types/{}", TCN_SCOPE_WRITE, tcn_api_block_type_patch},
    {"DELETE", "/api/block_types/{}", TCN_SCOPE_WRITE, tcn_api_block_type_delete},
    {"POST", "/api/block_schemas", TCN_SCOPE_WRITE, tcn_api_block_schema_post},
    {"POST", "/api/block_schemas/filter", TCN_SCOPE_READ, tcn_api_block_schemas_filter},
    {"GET", "/api/block_schemas/checksum/{}", TCN_SCOPE_READ,
     tcn_api_block_schema_checksum_get},
    {"GET", "/api/block_schemas/{}", TCN_SCOPE_READ, tcn_api_block_schema_get},
    {"DELETE", "/api/block_schemas/{}", TCN_SCOPE_WRITE, tcn_api_block_schema_delete},
    {"GET", "/api/block_capabilities", TCN_SCOPE_READ, tcn_api_block_capabilities_get},
    {"POST", "/api/block_documents", TCN_SCOPE_WRITE, tcn_api_block_document_post},
    {"POST", "/api/block_documents/filter", TCN_SCOPE_READ,
     tcn_api_block_documents_filter},
    {"POST", "/api/block_documents/count", TCN_SCOPE_READ, tcn_api_block_documents_count},
    {"GET", "/api/block_documents/{}", TCN_SCOPE_READ, tcn_api_block_document_get},
    {"PATCH", "/api/block_documents/{}", TCN_SCOPE_WRITE, tcn_api_block_document_patch},
    {"DELETE", "/api/block_documents/{}", TCN_SCOPE_WRITE, tcn_api_block_document_delete},
    {"GET", "/api/csrf-token", TCN_SCOPE_READ, tcn_api_csrf_get},
    {"GET", "/api/admin/version", TCN_SCOPE_READ, tcn_api_admin_version_get},
    {"GET", "/api/version", TCN_SCOPE_READ, tcn_api_version_get},
    {"GET", "/api/health", TCN_SCOPE_OPEN, tcn_api_health_get},
    {"GET", "/api/ready", TCN_SCOPE_OPEN, tcn_api_ready_get},
    {"POST", "/api/reload", TCN_SCOPE_ADMIN, tcn_api_reload_post},
    {"GET", "/api/status", TCN_SCOPE_READ, tcn_api_status_get},
};

int tcn_api_new(const tcn_api_options *options, tcn_api **ret)
{
    tcn_api *api = tcn_alloc_zero(sizeof *api);
    if (api == NULL)
        return TCN_E_NOMEM;
    api->options = *options;
    *ret = api;
    return 0;
}

void tcn_api_free(tcn_api *api)
{
    if (api == NULL)
        return;
    tcn_api_hosts_reset(api);
    tcn_free(api);
}

/* A part of the pattern that is "{}" takes any part that is not empty. */
static bool is_path(tcn_str path, const char *pattern, tcn_str params[TCN_API_PARAMS_MAX])
{
    tcn_str wanted = tcn_str_c(pattern), part, want;
    size_t count = 0;
    while (tcn_str_split(&wanted, '/', &want)) {
        if (!tcn_str_split(&path, '/', &part))
            return false;
        bool is_param = tcn_str_eq(want, TCN_STR("{}"));
        if (is_param && part.len > 0 && count < TCN_API_PARAMS_MAX)
            params[count++] = part;
        else if (!tcn_str_eq(part, want))
            return false;
    }
    return path.len == 0;
}

void tcn_api_events_set(tcn_api *api, const tcn_event_limits *events)
{
    api->options.events = *events;
}

void tcn_api_auth_set(tcn_api *api, const tcn_auth *auth)
{
    api->options.auth = auth;
}

/* Prefect's clients look for "Unauthorized". */
static bool is_admitted(const tcn_api *api, tcn_request *request, enum tcn_scope scope)
{
    int refusal = tcn_auth_check(api->options.auth, request, scope);
    if (refusal == 401) {
        tcn_request_answer_header(request, "WWW-Authenticate", "Bearer");
        tcn_api_answer_own(request, 401,
                           json_pack("{s:s}", "exception_message", "Unauthorized"));
    } else if (refusal != 0) {
        tcn_api_answer_detail(request, 403, "This key does not have the scope for that");
    }
    return refusal == 0;
}

static bool is_method(tcn_str asked, const char *method)
{
    return tcn_str_eq_c(asked, method) || (tcn_str_eq(asked, TCN_STR("HEAD")) &&
                                           tcn_str_eq(tcn_str_c(method), TCN_STR("GET")));
}

void tcn_api_handle(tcn_request *request, void *ud)
{
    tcn_api *api = ud;
    if (!tcn_api_host_is_ours(api, request)) {
        tcn_api_answer_detail(
            request, 403,
            "The Host or Origin of this request is not one of this daemon's");
        return;
    }
    tcn_str path = tcn_request_path(request);
    if (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    const struct route *other = NULL;
    for (size_t i = 0; i < TCN_COUNT(routes); i++) {
        if (!is_path(path, routes[i].path, api->params))
            continue;
        if (is_method(tcn_request_method(request), routes[i].method)) {
            if (is_admitted(api, request, routes[i].scope))
                routes[i].handler(api, request);
            return;
        }
        other = &routes[i];
    }
    if (other != NULL) {
        tcn_request_answer_header(request, "Allow", other->method);
        tcn_api_answer_detail(request, 405, "Method Not Allowed");
    } else if (is_admitted(api, request, TCN_SCOPE_READ)) {
        tcn_api_answer_detail(request, 404, "Not Found");
    }
}
