/* SPDX-License-Identifier: Apache-2.0 */
/* target.c - the server room with the least behind it, as a target for hostile clients:
 * health is good, every event is refused. `target LISTEN_FILE`; SIGTERM ends it, and then
 * nothing may be left. */
#include <signal.h>
#include <stdio.h>

#include "core/net/server.h"

typedef struct target {
    uv_loop_t loop;
    uv_signal_t signal;
    tcn_server *server;
} target;

static void on_request(tcn_request *request, void *ud)
{
    (void)ud;
    tcn_str method = tcn_request_method(request);
    tcn_str path = tcn_request_path(request);
    bool is_get = tcn_str_eq_c(method, "GET") || tcn_str_eq_c(method, "HEAD");
    if (tcn_str_eq_c(path, "/api/health") && is_get)
        tcn_request_answer(request, 200, "application/json", TCN_STR("true"));
    else if (tcn_str_eq_c(path, "/api/events") && tcn_str_eq_c(method, "POST"))
        tcn_request_answer_detail(request, 422, "no event is good enough");
    else if (tcn_str_eq_c(path, "/api/events") || tcn_str_eq_c(path, "/api/health"))
        tcn_request_answer_detail(request, 405, "Method Not Allowed");
    else
        tcn_request_answer_detail(request, 404, "Not Found");
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    target *t = handle->data;
    tcn_server_close(t->server, NULL, NULL);
    uv_close((uv_handle_t *)handle, NULL);
}

static int address_write(const char *path, const char *address)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return -1;
    (void)fprintf(file, "%s\n", address);
    return fclose(file);
}

int main(int argc, char **argv)
{
    static target t;
    tcn_err err = {0};
    (void)uv_loop_init(&t.loop);
    (void)uv_signal_init(&t.loop, &t.signal);
    t.signal.data = &t;
    if (argc != 2 ||
        tcn_server_new(&t.loop, &tcn_server_limits_default, NULL, on_request, &t,
                       &t.server) < 0 ||
        tcn_server_listen(t.server, TCN_STR("127.0.0.1:0"), &err) < 0 ||
        address_write(argv[1], tcn_server_address(t.server, 0)) != 0) {
        (void)fprintf(stderr, "target: cannot start: %s\n", err.text);
        return 1;
    }
    (void)uv_signal_start(&t.signal, on_signal, SIGTERM);
    (void)uv_run(&t.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&t.loop) == 0 ? 0 : 1;
}
