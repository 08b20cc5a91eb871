/* SPDX-License-Identifier: Apache-2.0 */
/* test_client_tls.c - certificates that must not be believed, and versions that must not
 * be spoken. The folder tls holds an authority's certificate and three that it signed for
 * one key: a good one for localhost and 127.0.0.1, an expired one, and one for another
 * name. All but the expired one are good until 2120. */
#include <microhttpd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "asker.h"

#define FOLDER "tests/unit/net/tls/"
#define NORMAL "NORMAL"

static asker a;
static asked got;
static struct MHD_Daemon *server;
static struct MHD_Response *empty;
static atomic_int requests;
static char url[64];
static char certificate[4096];
static char key[4096];

static void file_read(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(out, 1, size - 1, file);
    out[len] = '\0';
    (void)fclose(file);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection,
                                 const char *path, const char *method,
                                 const char *version, const char *data, size_t *data_len,
                                 void **context)
{
    (void)cls;
    (void)path;
    (void)method;
    (void)version;
    (void)data;
    (void)context;
    (void)data_len;
    (void)atomic_fetch_add(&requests, 1);
    return MHD_queue_response(connection, 204, empty);
}

static void serve(const char *name, const char *priorities)
{
    static char nothing[1];
    file_read(name, certificate, sizeof certificate);
    file_read(FOLDER "server.key", key, sizeof key);
    empty = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    server = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL,
                              on_access, NULL, MHD_OPTION_HTTPS_MEM_CERT, certificate,
                              MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_PRIORITIES,
                              priorities, MHD_OPTION_END);
    assert_non_null(server);
    (void)snprintf(
        url, sizeof url, "https://127.0.0.1:%u/",
        (unsigned)MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    atomic_store(&requests, 0);
}

static void stop(void)
{
    MHD_stop_daemon(server);
    MHD_destroy_response(empty);
}

static int setup(void **state)
{
    (void)state;
    asker_start(&a, NULL, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    asker_stop(&a);
    return 0;
}

static void ask(const char *ca_file, uint32_t flags)
{
    tcn_http_request request = {.url = url, .ca_file = ca_file, .flags = flags};
    asker_ask(&a, &request, &got);
}

static void believes_a_good_certificate(void **state)
{
    (void)state;
    serve(FOLDER "good.pem", NORMAL);
    ask(FOLDER "ca.pem", 0);
    assert_string_equal(got.text, "");
    assert_int_equal(got.status, 204);
    stop();
}

static void sends_nothing_to_who_is_not_believed(void **state)
{
    (void)state;
    static const struct {
        const char *certificate, *ca_file;
    } bad[] = {
        {FOLDER "good.pem", NULL},
        {FOLDER "other.pem", FOLDER "ca.pem"},
        {FOLDER "expired.pem", FOLDER "ca.pem"},
        {FOLDER "good.pem", FOLDER "no-such-file.pem"},
    };
    for (size_t i = 0; i < TCN_COUNT(bad); i++) {
        serve(bad[i].certificate, NORMAL);
        ask(bad[i].ca_file, 0);
        if (got.error != TCN_E_TLS)
            fail_msg("case %zu: %s (%s)", i, tcn_err_name(got.error), got.text);
        assert_int_equal(atomic_load(&requests), 0);
        stop();
    }
}

/* Reading it would wait for ever, and the loop with it. */
static void reads_no_certificates_from_a_pipe(void **state)
{
    (void)state;
    int ends[2];
    char path[32];
    assert_int_equal(pipe(ends), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    serve(FOLDER "good.pem", NORMAL);
    ask(path, 0);
    assert_int_equal(got.error, TCN_E_TLS);
    assert_non_null(strstr(got.text, "is not a regular file"));
    assert_int_equal(atomic_load(&requests), 0);
    stop();
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void believes_anything_when_told_so(void **state)
{
    (void)state;
    serve(FOLDER "expired.pem", NORMAL);
    ask(NULL, TCN_HTTP_NO_VERIFY);
    assert_int_equal(got.status, 204);
    /* The open connection is not for those who check. */
    ask(FOLDER "ca.pem", 0);
    assert_int_equal(got.error, TCN_E_TLS);
    stop();
}

static void speaks_no_old_version(void **state)
{
    (void)state;
    serve(FOLDER "good.pem", "NORMAL:-VERS-ALL:+VERS-TLS1.1");
    ask(FOLDER "ca.pem", 0);
    assert_int_equal(got.error, TCN_E_TLS);
    assert_int_equal(atomic_load(&requests), 0);
    stop();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(believes_a_good_certificate),
    CASE(sends_nothing_to_who_is_not_believed),
    CASE(reads_no_certificates_from_a_pipe),
    CASE(believes_anything_when_told_so),
    CASE(speaks_no_old_version),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
