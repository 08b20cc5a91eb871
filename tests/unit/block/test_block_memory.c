/* SPDX-License-Identifier: Apache-2.0 */
/* test_block_memory.c - the n-th allocation of the loop's thread fails, for every n: a
 * change happens or does not, and what did not happen left nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/block/catalog.h"
#include "core/store/store.h"
#include "tests/unit/failing_alloc.h"
#include "tests/unit/plugin/rig.h"

#define TRIES_MAX 3000

static pthread_t loop_thread;

static bool is_loop_thread(void)
{
    return pthread_equal(pthread_self(), loop_thread) != 0;
}

typedef struct fixture {
    rig r;
    char folder[64], path[96];
    tcn_store *store;
    tcn_catalog *catalog;
    tcn_uuid own, type, schema, document;
    bool is_done;
    int status;
    tcn_uuid id;
} fixture;

static fixture f;

static void on_done(int status, const tcn_uuid *id, void *ud)
{
    (void)ud;
    f.is_done = true;
    f.status = status;
    f.id = *id;
}

static const tcn_catalog_done done = {on_done, NULL};

/* The status in the end of what began with rc. */
static int wait(int rc)
{
    if (rc != 0)
        return rc;
    while (!f.is_done)
        (void)uv_run(&f.r.loop, UV_RUN_ONCE);
    return f.status;
}

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static int create_type(void)
{
    json_t *attributes = parse("{\"name\": \"Own\", \"slug\": \"own\"}");
    tcn_err err = {0};
    int rc = wait(tcn_catalog_type_create(f.catalog, attributes, done, &err));
    json_decref(attributes);
    if (rc == 0)
        f.own = f.id;
    return rc;
}

static int remove_type(void)
{
    tcn_err err = {0};
    return wait(tcn_catalog_type_remove(f.catalog, &f.own, done, &err));
}

static int create_document(void)
{
    json_t *data = parse("{\"url\": \"http://127.0.0.1:9/canary\"}");
    const tcn_document_change change = {
        .name = "made", .data = data, .type = &f.type, .schema = &f.schema};
    tcn_err err = {0};
    int rc = wait(tcn_catalog_document_create(f.catalog, &change, done, &err));
    json_decref(data);
    if (rc == 0)
        f.document = f.id;
    return rc;
}

static int update_document(void)
{
    json_t *data = parse("{\"url\": \"********\", \"notify_type\": \"failure\"}");
    const tcn_document_change change = {.data = data, .is_merged = true};
    tcn_err err = {0};
    int rc =
        wait(tcn_catalog_document_update(f.catalog, &f.document, &change, done, &err));
    json_decref(data);
    return rc;
}

static int remove_document(void)
{
    tcn_err err = {0};
    return wait(tcn_catalog_document_remove(f.catalog, &f.document, done, &err));
}

/* Does the operation until no allocation of it fails; undo, once it worked. */
static void try_all(int (*operation)(void), int (*undo)(void))
{
    size_t n = 1;
    for (;; n++) {
        f.is_done = false;
        allocations = 0;
        fail_at = n;
        int rc = operation();
        bool has_failed = allocations >= n;
        fail_at = 0;
        if (rc != 0 && rc != TCN_E_NOMEM)
            fail_msg("%zu: %s", n, tcn_err_name(rc));
        if (!has_failed) {
            assert_int_equal(rc, 0);
            break;
        }
        f.is_done = false;
        if (rc == 0 && undo != NULL)
            assert_int_equal(undo(), 0);
        assert_in_range(n, 1, TRIES_MAX);
    }
    assert_true(n > 3);
    f.is_done = false;
}

static int setup(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    loop_thread = pthread_self();
    may_fail = is_loop_thread;
    snprintf(f.folder, sizeof f.folder, "%s/tcn_block_XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(f.folder));
    snprintf(f.path, sizeof f.path, "%s/t.db", f.folder);
    rig_start(&f.r);
    rig_load(&f.r, TEST_PLUGIN_DIR "/served.so");
    static const uint8_t key[32] = {1};
    tcn_store_options store = {
        .path = f.path, .secret_key = key, .loop = &f.r.loop, .log = f.r.log};
    tcn_err err = {0};
    assert_int_equal(tcn_store_open(&store, &f.store, &err), 0);
    tcn_catalog_options options = {.loop = &f.r.loop,
                                   .log = f.r.log,
                                   .store = f.store,
                                   .plugins = f.r.plugins,
                                   .documents = 100};
    assert_int_equal(tcn_catalog_new(&options, &f.catalog), 0);
    assert_int_equal(tcn_catalog_load(f.catalog, &err), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tcn_catalog_stop(f.catalog);
    tcn_catalog_close(f.catalog);
    tcn_store_close(f.store);
    (void)rig_stop(&f.r);
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < TCN_COUNT(suffixes); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", f.path, suffixes[i]);
        (void)unlink(path);
    }
    return rmdir(f.folder);
}

static void find_served(void)
{
    json_t *type = tcn_catalog_type_by_slug(f.catalog, TCN_STR("slack-webhook"));
    assert_non_null(type);
    const char *id = json_string_value(json_object_get(type, "id"));
    assert_true(tcn_uuid_parse(tcn_str_c(id), &f.type));
    json_t *schemas = tcn_catalog_schemas(f.catalog), *schema;
    size_t i;
    json_array_foreach(schemas, i, schema)
    {
        const char *of = json_string_value(json_object_get(schema, "block_type_id"));
        if (strcmp(of, id) == 0)
            assert_true(tcn_uuid_parse(
                tcn_str_c(json_string_value(json_object_get(schema, "id"))), &f.schema));
    }
    json_decref(schemas);
    json_decref(type);
}

static void types_come_and_go_whole(void **state)
{
    (void)state;
    try_all(create_type, remove_type);
    try_all(remove_type, create_type);
}

static void documents_come_change_and_go_whole(void **state)
{
    (void)state;
    find_served();
    try_all(create_document, remove_document);
    const tcn_block *block = tcn_plugins_block(f.r.plugins, TCN_STR("made"));
    assert_non_null(block);
    assert_int_equal(tcn_block_info_get(block)->severity, 0);
    try_all(update_document, NULL);
    block = tcn_plugins_block(f.r.plugins, TCN_STR("made"));
    assert_int_equal(tcn_block_info_get(block)->severity, TOCSIN_FAILURE);
    try_all(remove_document, create_document);
    assert_null(tcn_plugins_block(f.r.plugins, TCN_STR("made")));
    json_t *documents = tcn_catalog_documents(f.catalog);
    assert_int_equal(json_array_size(documents), 0);
    json_decref(documents);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(types_come_and_go_whole, setup, teardown),
    cmocka_unit_test_setup_teardown(documents_come_change_and_go_whole, setup, teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
