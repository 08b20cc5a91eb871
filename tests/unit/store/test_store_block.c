/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_block.c - rows of blocks come back as they were written, and their secrets
 * stand in the file only as the key seals them. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/store/seal.h"
#include "core/store/stored_block.h"

#define CANARY "canary-7f3a9c"

static const uint8_t key_a[TCN_SEAL_KEY] = {1, 2, 3, 4};
static const uint8_t key_b[TCN_SEAL_KEY] = {5, 6, 7, 8};

typedef struct answer {
    int count, status;
} answer;

typedef struct rows {
    size_t count;
    int secret_status;
    enum tcn_stored_kind kinds[8];
    char body[128], secret[128]; /* of the last one */
} rows;

static void open_with(fixture *f, const uint8_t *key)
{
    tcn_store_options options = {.path = f->path, .secret_key = key, .loop = &f->loop};
    tcn_err err = {0};
    fixture_close(f);
    int rc = tcn_store_open(&options, &f->store, &err);
    if (rc < 0)
        fail_msg("%s", err.text);
}

static void on_written(int status, void *ud)
{
    answer *a = ud;
    a->count++;
    a->status = status;
}

static int write_changes(fixture *f, const tcn_stored_change *changes, size_t count)
{
    answer a = {0};
    assert_int_equal(tcn_store_blocks_write(f->store, changes, count, on_written, &a), 0);
    while (a.count == 0)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(a.count, 1);
    return a.status;
}

static tcn_stored_change document(unsigned n, const char *secret)
{
    return (tcn_stored_change){.row = {.kind = TCN_STORED_DOCUMENT,
                                       .id = fixture_id(3, n),
                                       .body = TCN_STR("{\"name\":\"x\"}"),
                                       .secret = tcn_str_c(secret)}};
}

static int keep_row(const tcn_stored_block *row, void *ud)
{
    rows *r = ud;
    r->kinds[r->count++] = row->kind;
    r->secret_status = row->secret_status;
    snprintf(r->body, sizeof r->body, "%.*s", TCN_STR_ARG(row->body));
    snprintf(r->secret, sizeof r->secret, "%.*s", TCN_STR_ARG(row->secret));
    return 0;
}

static rows load(fixture *f)
{
    rows r = {0};
    tcn_err err = {0};
    int rc = tcn_store_blocks_load(f->store, keep_row, &r, &err);
    if (rc < 0)
        fail_msg("%s %s", tcn_err_name(rc), err.text);
    return r;
}

/* Do the store's files hold that text? */
static bool files_hold(fixture *f, const char *text)
{
    bool found = false;
    for (int i = 0; i < 2; i++) {
        char *path = fixture_text(f, "%s%s", f->path, i == 0 ? "" : "-wal");
        FILE *file = fopen(path, "rbe");
        if (file == NULL)
            continue;
        size_t size = (size_t)4 << 20;
        char *bytes = tcn_alloc(size);
        assert_non_null(bytes);
        size_t len = fread(bytes, 1, size, file);
        fclose(file);
        found =
            found || tcn_str_find(tcn_str_of(bytes, len), tcn_str_c(text)) != SIZE_MAX;
        tcn_free(bytes);
    }
    return found;
}

static void rows_come_back_by_kind(void **state)
{
    fixture *f = *state;
    tcn_stored_change changes[] = {
        document(1, "{\"url\":\"" CANARY "\"}"),
        {.row = {TCN_STORED_SCHEMA, fixture_id(2, 1), TCN_STR("{}"), {0}, 0}},
        {.row = {TCN_STORED_TYPE, fixture_id(1, 1), TCN_STR("{}"), {0}, 0}},
    };
    assert_int_equal(write_changes(f, changes, TCN_COUNT(changes)), 0);
    fixture_reopen(f);
    rows r = load(f);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.kinds[0], TCN_STORED_TYPE);
    assert_int_equal(r.kinds[1], TCN_STORED_SCHEMA);
    assert_int_equal(r.kinds[2], TCN_STORED_DOCUMENT);
    assert_string_equal(r.body, "{\"name\":\"x\"}");
    assert_string_equal(r.secret, "{\"url\":\"" CANARY "\"}");
}

static void a_row_is_replaced_and_removed(void **state)
{
    fixture *f = *state;
    tcn_stored_change change = document(1, "first");
    assert_int_equal(write_changes(f, &change, 1), 0);
    change.row.secret = TCN_STR("second");
    assert_int_equal(write_changes(f, &change, 1), 0);
    rows r = load(f);
    assert_int_equal(r.count, 1);
    assert_string_equal(r.secret, "second");
    change.is_removal = true;
    assert_int_equal(write_changes(f, &change, 1), 0);
    assert_int_equal(load(f).count, 0);
}

static void the_file_never_holds_a_sealed_secret(void **state)
{
    fixture *f = *state;
    open_with(f, key_a);
    tcn_stored_change change = document(1, CANARY);
    assert_int_equal(write_changes(f, &change, 1), 0);
    assert_false(files_hold(f, CANARY));
    open_with(f, key_a);
    assert_string_equal(load(f).secret, CANARY);
    fixture_close(f);
    assert_false(files_hold(f, CANARY));
}

static void another_key_or_none_opens_nothing(void **state)
{
    fixture *f = *state;
    open_with(f, key_a);
    tcn_stored_change change = document(1, CANARY);
    assert_int_equal(write_changes(f, &change, 1), 0);
    const uint8_t *keys[] = {key_b, NULL};
    for (size_t i = 0; i < TCN_COUNT(keys); i++) {
        open_with(f, keys[i]);
        rows r = load(f);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.secret_status, TCN_E_DENIED);
        assert_string_equal(r.secret, "");
        assert_string_equal(r.body, "{\"name\":\"x\"}");
    }
    open_with(f, key_a);
    assert_string_equal(load(f).secret, CANARY);
}

static void a_secret_does_not_open_in_another_row(void **state)
{
    fixture *f = *state;
    open_with(f, key_a);
    tcn_stored_change changes[] = {document(1, "one"), document(2, "two")};
    assert_int_equal(write_changes(f, changes, 2), 0);
    fixture_close(f);
    fixture_sql(f, "UPDATE block SET secret ="
                   " (SELECT secret FROM block ORDER BY id LIMIT 1)");
    open_with(f, key_a);
    rows r = load(f);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.secret_status, TCN_E_DENIED);
}

static void what_stood_unsealed_is_sealed_once_there_is_a_key(void **state)
{
    fixture *f = *state;
    tcn_stored_change change = document(1, CANARY);
    assert_int_equal(write_changes(f, &change, 1), 0);
    fixture_close(f);
    assert_true(files_hold(f, CANARY));
    open_with(f, key_a);
    assert_string_equal(load(f).secret, CANARY);
    fixture_close(f);
    assert_false(files_hold(f, CANARY));
    open_with(f, key_a);
    assert_string_equal(load(f).secret, CANARY);
}

static void a_damaged_secret_is_told_from_a_good_one(void **state)
{
    fixture *f = *state;
    static const char *const damages[] = {"x'01'", "x'0100112233'", "x'07aa'"};
    static const int codes[] = {TCN_E_CORRUPT, TCN_E_CORRUPT, TCN_E_UNSUPPORTED};
    for (size_t i = 0; i < TCN_COUNT(damages); i++) {
        open_with(f, key_a);
        tcn_stored_change change = document(1, CANARY);
        assert_int_equal(write_changes(f, &change, 1), 0);
        fixture_close(f);
        fixture_sql(f, fixture_text(f, "UPDATE block SET secret = %s", damages[i]));
        open_with(f, key_a);
        assert_int_equal(load(f).secret_status, codes[i]);
    }
}

static void the_blocks_of_files_are_sealed_too(void **state)
{
    fixture *f = *state;
    open_with(f, key_a);
    const tcn_store_step step = {.clock_us = BASE_US, .blocks = TCN_STR(CANARY)};
    assert_int_equal(fixture_commit(f, &step), 0);
    assert_false(files_hold(f, CANARY));
    tcn_buf text;
    tcn_buf_init(&text, 1000);
    assert_int_equal(tcn_store_meta_get(f->store, TCN_STORE_BLOCKS, &text), 0);
    assert_string_equal(text.ptr, CANARY);
    open_with(f, key_b);
    assert_int_equal(tcn_store_meta_get(f->store, TCN_STORE_BLOCKS, &text), TCN_E_DENIED);
    tcn_buf_deinit(&text);
    fixture_close(f);
    assert_false(files_hold(f, CANARY));
}

static void a_store_of_the_first_form_gets_the_table(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    fixture_close(f);
    fixture_sql(f, "DROP TABLE block; ALTER TABLE state DROP COLUMN is_whole;"
                   " PRAGMA user_version = 1");
    open_with(f, key_a);
    tcn_stored_change change = document(1, "s");
    assert_int_equal(write_changes(f, &change, 1), 0);
    assert_int_equal(load(f).count, 1);
    assert_int_equal(tcn_store_next_sequence(f->store), 2);
}

static void changes_go_on_beside_commits(void **state)
{
    fixture *f = *state;
    answer a = {0};
    for (unsigned i = 0; i < 20; i++) {
        tcn_stored_change change = document(i, "s");
        assert_int_equal(tcn_store_blocks_write(f->store, &change, 1, on_written, &a), 0);
        assert_int_equal(fixture_commit_events(f, i * 10, 10), 0);
    }
    while (a.count < 20)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(a.status, 0);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM block"), 20);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
static const struct CMUnitTest cases[] = {
    CASE(rows_come_back_by_kind),
    CASE(a_row_is_replaced_and_removed),
    CASE(the_file_never_holds_a_sealed_secret),
    CASE(another_key_or_none_opens_nothing),
    CASE(a_secret_does_not_open_in_another_row),
    CASE(what_stood_unsealed_is_sealed_once_there_is_a_key),
    CASE(a_damaged_secret_is_told_from_a_good_one),
    CASE(the_blocks_of_files_are_sealed_too),
    CASE(a_store_of_the_first_form_gets_the_table),
    CASE(changes_go_on_beside_commits),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
