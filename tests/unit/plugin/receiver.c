/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.c - see receiver.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "receiver.h"

static const char *const watched[] = {
    "webhook-id",
    "webhook-timestamp",
    "webhook-attempt",
    "Idempotency-Key",
    "Content-Type",
    "Authorization",
    "webhook-signature",
    "X-Hub-Signature-256",
    "X-Custom",
    "User-Agent",
    "Content-Length",
    "X-Secret",
    "Accept",
    "Cookie",
};

static void keep(char *to, size_t size, tcn_str text)
{
    (void)snprintf(to, size, "%.*s", TCN_STR_ARG(text));
}

static void keep_content(receiver *in, tcn_str body)
{
    unsigned place = in->count - 1 < RECEIVER_KEPT ? in->count - 1 : RECEIVER_KEPT - 1;
    free(in->contents[place]);
    char *copy = malloc(body.len + 1);
    assert_non_null(copy);
    if (body.len > 0)
        memcpy(copy, body.ptr, body.len);
    copy[body.len] = '\0';
    in->content = in->contents[place] = copy;
}

static void answer(receiver *in)
{
    if (in->count <= in->good) {
        tcn_request_answer(in->held, 200, "text/plain", tcn_str_c(in->good_body));
        return;
    }
    if (in->status == 0)
        return;
    if (in->retry_after != NULL)
        tcn_request_answer_header(in->held, "Retry-After", in->retry_after);
    if (in->location != NULL && in->count == 1)
        tcn_request_answer_header(in->held, "Location", in->location);
    int status = in->location != NULL && in->count > 1 ? 200 : in->status;
    tcn_request_answer(in->held, status, in->body == NULL ? NULL : "text/plain",
                       tcn_str_c(in->body));
}

static void on_request(tcn_request *request, void *ud)
{
    receiver *in = ud;
    in->count++;
    keep(in->method, sizeof in->method, tcn_request_method(request));
    keep(in->path, sizeof in->path, tcn_request_path(request));
    keep(in->query, sizeof in->query, tcn_request_query(request, "q"));
    keep_content(in, tcn_request_body(request));
    for (size_t i = 0; i < TCN_COUNT(watched); i++)
        keep(in->headers[i], sizeof in->headers[i],
             tcn_request_header(request, watched[i]));
    in->held = request;
    answer(in);
}

const char *receiver_header(const fixture *f, const char *name)
{
    for (size_t i = 0; i < TCN_COUNT(watched); i++)
        if (strcmp(watched[i], name) == 0)
            return f->in.headers[i];
    fail_msg("%s is not watched", name);
    return NULL;
}

int receiver_set_up(void **state, const char *plugin)
{
    static fixture f;
    char path[512];
    tcn_err err = {0};
    memset(&f, 0, sizeof f);
    rig_start(&f.r);
    (void)snprintf(path, sizeof path, "%s/%s.so", WEBHOOK_DIR, plugin);
    rig_load(&f.r, path);
    assert_int_equal(tcn_server_new(&f.r.loop, &tcn_server_limits_default, f.r.log,
                                    on_request, &f.in, &f.in.server),
                     0);
    assert_int_equal(tcn_server_listen(f.in.server, TCN_STR("127.0.0.1:0"), &err), 0);
    const char *port = strrchr(tcn_server_address(f.in.server, 0), ':');
    (void)snprintf(f.url, sizeof f.url, "http://127.0.0.1%s", port);
    f.in.status = 200;
    *state = &f;
    return 0;
}

static void set_flag(void *ud)
{
    *(bool *)ud = true;
}

int receiver_tear_down(void **state)
{
    fixture *f = *state;
    bool is_closed = false;
    tcn_server_close(f->in.server, set_flag, &is_closed);
    rig_wait(&f->r, &is_closed);
    (void)rig_stop(&f->r);
    for (size_t i = 0; i < RECEIVER_KEPT; i++)
        free(f->in.contents[i]);
    return 0;
}

tcn_block *receiver_block(fixture *f, const char *plugin, const char *options)
{
    char text[4096];
    const char *place = strstr(options, "URL");
    int before = place == NULL ? (int)strlen(options) : (int)(place - options);
    (void)snprintf(text, sizeof text, "{%.*s%s%s}", before, options,
                   place == NULL ? "" : f->url, place == NULL ? "" : place + 3);
    return rig_block(&f->r, plugin, text);
}

outcome receiver_send(fixture *f, const char *plugin, const char *options)
{
    tcn_message message = rig_message();
    return rig_send(&f->r, receiver_block(f, plugin, options), &message);
}
