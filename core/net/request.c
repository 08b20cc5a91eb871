/* SPDX-License-Identifier: Apache-2.0 */
/* request.c - one request: what handlers read of it, its answer, and the pool that it
 * comes from. A request holds copies of everything, so that it stays valid when its
 * connection goes first. */
#include <strings.h>

#include "core/base/alloc.h"
#include "core/net/server_int.h"

#define TEXT_LIMIT  ((size_t)1 << 20)
#define TEXT_KEPT   ((size_t)64 << 10)
#define SPARE_MAX   256
#define SPARE_BODY  ((size_t)64 << 10) /* a body of this size is always kept */
#define SPARE_BYTES ((size_t)32 << 20) /* larger ones up to here */
#define DETAIL_MAX  8192               /* 1 KiB of text, all of it escaped */
#define HEADER_TEXT 4096
/* Answers of this size are always given: they are bounded by the connections. */
#define ANSWER_SMALL ((size_t)16 << 10)

static tcn_request *request_new(tcn_server *server)
{
    tcn_request *request = tcn_alloc_zero(sizeof *request);
    if (request == NULL)
        return NULL;
    request->server = server;
    tcn_buf_init(&request->text, TEXT_LIMIT);
    tcn_buf_init(&request->body, server->limits.request_size);
    tcn_list_init(&request->link);
    return request;
}

tcn_request *tcn_request_begin(tcn_server *server, tcn_conn *conn,
                               struct MHD_Connection *mhd, const char *target)
{
    tcn_list *first = tcn_list_first(&server->spare);
    tcn_request *request = NULL;
    if (first != NULL) {
        request = tcn_container_of(first, tcn_request, link);
        tcn_list_remove(first);
        server->spare_count--;
        server->spare_bytes -= request->body.capacity;
        request->body.limit = server->limits.request_size; /* may have changed */
    } else {
        request = request_new(server);
    }
    if (request == NULL)
        return NULL;
    tcn_str t = tcn_str_c(target);
    if (tcn_buf_add_str(&request->text, t) < 0) {
        tcn_request_destroy(request);
        return NULL;
    }
    request->target_len = t.len;
    request->target_at = (uintptr_t)target;
    request->conn = conn;
    request->mhd = mhd;
    request->state = TCN_REQUEST_STARTED;
    return request;
}

int tcn_request_field_add(tcn_request *request, tcn_str name, tcn_str value)
{
    size_t count = request->header_count + request->param_count;
    void *array = request->fields;
    int rc =
        tcn_grow(&array, &request->field_capacity, count + 1, sizeof *request->fields);
    if (rc < 0)
        return rc;
    request->fields = array;
    request->fields[count] = (tcn_field){name, value};
    return 0;
}

static void answer_headers_clear(tcn_request *request)
{
    for (size_t i = 0; i < request->answer_header_count; i++) {
        tcn_free(request->answer_headers[i].name);
        tcn_free(request->answer_headers[i].value);
    }
    request->answer_header_count = 0;
}

void tcn_request_destroy(tcn_request *request)
{
    answer_headers_clear(request);
    tcn_buf_deinit(&request->text);
    tcn_buf_deinit(&request->body);
    tcn_free(request->fields);
    tcn_free(request);
}

static void spare_put(tcn_server *server, tcn_request *request)
{
    tcn_buf *body = &request->body;
    bool is_small = body->capacity <= SPARE_BODY;
    if (!is_small && server->spare_bytes + body->capacity > SPARE_BYTES) {
        tcn_buf_deinit(body);
        tcn_buf_init(body, server->limits.request_size);
    }
    if (request->text.capacity > TEXT_KEPT) {
        tcn_buf_deinit(&request->text);
        tcn_buf_init(&request->text, TEXT_LIMIT);
    }
    tcn_buf_reset(&request->text);
    tcn_buf_reset(body);
    tcn_list_prepend(&server->spare, &request->link);
    server->spare_count++;
    server->spare_bytes += body->capacity;
}

void tcn_request_end(tcn_request *request)
{
    tcn_server *server = request->server;
    if (request->data_free != NULL)
        request->data_free(request->data);
    if (request->response != NULL && request->response != server->empty)
        MHD_destroy_response(request->response);
    server->body_bytes -= request->body.len;
    server->answer_bytes -= request->answer_len;
    answer_headers_clear(request);
    request->response = NULL;
    request->answer_len = 0;
    request->data = NULL;
    request->data_free = NULL;
    request->conn = NULL;
    request->mhd = NULL;
    request->header_count = 0;
    request->param_count = 0;
    if (server->spare_count < SPARE_MAX)
        spare_put(server, request);
    else
        tcn_request_destroy(request);
}

tcn_str tcn_request_method(const tcn_request *request)
{
    return request->method;
}

tcn_str tcn_request_path(const tcn_request *request)
{
    return request->path;
}

tcn_str tcn_request_query(const tcn_request *request, const char *name)
{
    size_t end = request->header_count + request->param_count;
    for (size_t i = request->header_count; i < end; i++)
        if (tcn_str_eq_c(request->fields[i].name, name))
            return request->fields[i].value;
    return (tcn_str){0};
}

tcn_str tcn_request_header(const tcn_request *request, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < request->header_count; i++) {
        const tcn_field *field = &request->fields[i];
        if (field->name.len == len && strncasecmp(field->name.ptr, name, len) == 0)
            return field->value;
    }
    return (tcn_str){0};
}

size_t tcn_request_header_count(const tcn_request *request)
{
    return request->header_count;
}

void tcn_request_header_at(const tcn_request *request, size_t i, tcn_str *ret_name,
                           tcn_str *ret_value)
{
    *ret_name = request->fields[i].name;
    *ret_value = request->fields[i].value;
}

tcn_str tcn_request_target(const tcn_request *request)
{
    return tcn_str_of(request->text.ptr, request->target_len);
}

tcn_str tcn_request_body(const tcn_request *request)
{
    return tcn_buf_str(&request->body);
}

void tcn_request_data_set(tcn_request *request, void *data, void (*data_free)(void *))
{
    request->data = data;
    request->data_free = data_free;
}

void *tcn_request_data_get(const tcn_request *request)
{
    return request->data;
}

static char *field_copy(const char *text)
{
    tcn_str s = tcn_str_c(text);
    return s.len < HEADER_TEXT ? tcn_strdup_n(s.ptr, s.len) : NULL;
}

void tcn_request_answer_header(tcn_request *request, const char *name, const char *value)
{
    if (request->answer_header_count >= TCN_ANSWER_HEADERS_MAX)
        return;
    tcn_answer_header made = {field_copy(name), field_copy(value)};
    if (made.name == NULL || made.value == NULL) {
        tcn_free(made.name);
        tcn_free(made.value);
        return;
    }
    request->answer_headers[request->answer_header_count++] = made;
}

void tcn_detail_write(tcn_buf *json, const char *text)
{
    (void)tcn_buf_add_c(json, "{\"detail\":");
    (void)tcn_buf_add_json(json, tcn_str_c(text));
    (void)tcn_buf_add_char(json, '}');
}

static struct MHD_Response *response_make(tcn_request *request, const char *content_type,
                                          tcn_str body)
{
    tcn_server *server = request->server;
    if (content_type == NULL && request->answer_header_count == 0 && !server->is_quiet)
        return server->empty;
    /* The library copies the bytes and leaves them alone. */
    void *bytes = (void *)(uintptr_t)(body.ptr != NULL ? body.ptr : "");
    size_t len = content_type != NULL ? body.len : 0;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return NULL;
    if (content_type != NULL)
        (void)MHD_add_response_header(response, "Content-Type", content_type);
    for (size_t i = 0; i < request->answer_header_count; i++)
        (void)MHD_add_response_header(response, request->answer_headers[i].name,
                                      request->answer_headers[i].value);
    if (server->is_quiet)
        (void)MHD_add_response_header(response, "Connection", "close");
    return response;
}

/* The client has gone: nobody waits for the answer. */
static void orphan_end(tcn_request *request)
{
    tcn_server *server = request->server;
    tcn_request_end(request);
    tcn_server_orphan_ended(server);
}

static void answer_set(tcn_request *request, int status, const char *content_type,
                       tcn_str body)
{
    request->response = response_make(request, content_type, body);
    request->status = status;
    request->answer_len = content_type != NULL ? body.len : 0;
    request->server->answer_bytes += request->answer_len;
    request->conn->answer_bytes = request->answer_len;
}

static void detail_set(tcn_request *request, int status, const char *text)
{
    tcn_buf json;
    tcn_buf_init(&json, DETAIL_MAX);
    tcn_detail_write(&json, text);
    answer_set(request, status, "application/json", tcn_buf_str(&json));
    tcn_buf_deinit(&json);
}

/* Who asks for much and does not read it would fill the memory. One answer is given
 * whatever its size is. */
static bool is_too_much(const tcn_server *server, size_t len)
{
    return len > ANSWER_SMALL && server->answer_bytes > 0 &&
           server->answer_bytes + len > server->limits.answers;
}

void tcn_request_answer(tcn_request *request, int status, const char *content_type,
                        tcn_str body)
{
    request->server->pending--;
    if (request->conn == NULL) {
        orphan_end(request);
        return;
    }
    if (is_too_much(request->server, body.len)) {
        answer_headers_clear(request);
        tcn_request_answer_header(request, "Retry-After", "1");
        detail_set(request, 503, "too many answers wait to be read");
    } else {
        answer_set(request, status, content_type, body);
    }
    bool is_suspended = request->state == TCN_REQUEST_SUSPENDED;
    request->state = TCN_REQUEST_ANSWERED;
    if (is_suspended) {
        MHD_resume_connection(request->mhd);
        tcn_listener_kick(request->conn->listener);
    }
}

void tcn_request_answer_detail(tcn_request *request, int status, const char *text)
{
    tcn_buf json;
    tcn_buf_init(&json, DETAIL_MAX);
    tcn_detail_write(&json, text);
    tcn_request_answer(request, status, "application/json", tcn_buf_str(&json));
    tcn_buf_deinit(&json);
}

void tcn_request_refuse(tcn_request *request, int status, const char *text)
{
    detail_set(request, status, text);
    request->state = TCN_REQUEST_REFUSED;
    request->server->counts.refused++;
}
