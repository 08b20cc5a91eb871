/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_state.c - the newest complete state is the one that is loaded. */
#include "fixture.h"

#include <string.h>

typedef struct answer {
    int count, status;
} answer;

static void on_saved(int status, void *ud)
{
    answer *a = ud;
    a->count++;
    a->status = status;
}

/* size bytes that differ from place to place and from state to state. */
static tcn_buf make_state(size_t size, uint32_t seed)
{
    tcn_buf state;
    tcn_buf_init(&state, SIZE_MAX);
    for (size_t i = 0; i < size / 4; i++) {
        seed = seed * 1664525u + 1013904223u;
        assert_int_equal(tcn_buf_add_u32(&state, seed), 0);
    }
    return state;
}

static void assert_loads(fixture *f, size_t size, uint32_t seed, uint64_t expected)
{
    tcn_buf loaded, made = make_state(size, seed);
    tcn_buf_init(&loaded, SIZE_MAX);
    uint64_t sequence = 0;
    tcn_err err = {0};
    int rc = tcn_store_state_load(f->store, &loaded, &sequence, &err);
    if (rc < 0)
        fail_msg("%s %s", tcn_err_name(rc), err.text);
    assert_int_equal(sequence, expected);
    assert_true(tcn_str_eq(tcn_buf_str(&loaded), tcn_buf_str(&made)));
    tcn_buf_deinit(&loaded);
    tcn_buf_deinit(&made);
}

static int load_code(fixture *f)
{
    tcn_buf loaded;
    tcn_buf_init(&loaded, SIZE_MAX);
    uint64_t sequence = 0;
    tcn_err err = {0};
    int rc = tcn_store_state_load(f->store, &loaded, &sequence, &err);
    assert_int_equal(loaded.len, 0);
    tcn_buf_deinit(&loaded);
    return rc;
}

static int save_whole(fixture *f, tcn_buf *layer, uint64_t sequence, answer *a)
{
    return tcn_store_state_piece(f->store, layer, sequence,
                                 TCN_STORE_FIRST | TCN_STORE_LAST | TCN_STORE_WHOLE,
                                 on_saved, a);
}

static void save(fixture *f, size_t size, uint32_t seed, uint64_t sequence)
{
    tcn_buf state = make_state(size, seed);
    answer a = {0};
    assert_int_equal(save_whole(f, &state, sequence, &a), 0);
    assert_null(state.ptr);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.status, 0);
}

static void has_none_at_first(void **state)
{
    assert_int_equal(load_code(*state), TCN_E_NOT_FOUND);
}

static void keeps_the_newest_only(void **state)
{
    fixture *f = *state;
    save(f, 100, 1, 1);
    save(f, 8 << 20, 2, 2);
    assert_loads(f, 8 << 20, 2, 2);
    save(f, 3 << 20, 3, 3);
    fixture_reopen(f);
    assert_loads(f, 3 << 20, 3, 3);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM state"), 1);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM state_part"), 12);
}

static void saves_on_the_calling_thread(void **state)
{
    fixture *f = *state;
    tcn_buf made = make_state(1 << 20, 4);
    tcn_err err = {0};
    assert_int_equal(tcn_store_state_save_now(f->store, &made, 9, true, &err), 0);
    tcn_buf_deinit(&made);
    assert_loads(f, 1 << 20, 4, 9);
    fixture_reopen(f);
    assert_int_equal(tcn_store_next_sequence(f->store), 9);
}

static void an_empty_state_is_one(void **state)
{
    fixture *f = *state;
    save(f, 0, 0, 1);
    assert_loads(f, 0, 0, 1);
}

static void commits_go_on_meanwhile(void **state)
{
    fixture *f = *state;
    tcn_buf made = make_state(32 << 20, 5);
    answer a = {0};
    assert_int_equal(save_whole(f, &made, 1, &a), 0);
    assert_int_equal(save_whole(f, &made, 1, &a), TCN_E_BUSY);
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    assert_int_equal(a.count, 1); /* the loop ran until both were answered */
    assert_loads(f, 32 << 20, 5, 1);
}

static void a_save_that_was_cut_off_does_not_count(void **state)
{
    fixture *f = *state;
    save(f, 1 << 20, 6, 1);
    tcn_buf made = make_state(32 << 20, 7);
    answer a = {0};
    assert_int_equal(save_whole(f, &made, 2, &a), 0);
    fixture_reopen(f); /* at once: the state is not complete yet */
    assert_int_equal(a.count, 0);
    assert_loads(f, 1 << 20, 6, 1);
    save(f, 100, 8, 2);
    assert_loads(f, 100, 8, 2);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM state_part"), 1);
}

/* Else a layer could come to count that whoever goes on from what was loaded does not
 * know. */
static void a_piece_under_way_ends_when_the_state_is_loaded(void **state)
{
    fixture *f = *state;
    save(f, 1 << 20, 6, 1);
    tcn_buf made = make_state(32 << 20, 7);
    answer a = {0};
    assert_int_equal(save_whole(f, &made, 2, &a), 0);
    assert_loads(f, 1 << 20, 6, 1);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.count, 1);
    assert_int_equal(a.status, TCN_E_CANCELED);
    assert_loads(f, 1 << 20, 6, 1);
    save(f, 100, 8, 2);
    assert_loads(f, 100, 8, 2);
}

/* Bytes from to to of the state of that size and seed. */
static int save_piece(fixture *f, size_t size, uint32_t seed, size_t from, size_t to)
{
    tcn_buf state = make_state(size, seed), piece;
    tcn_buf_init(&piece, SIZE_MAX);
    assert_int_equal(tcn_buf_add(&piece, state.ptr + from, to - from), 0);
    answer a = {0};
    unsigned flags = TCN_STORE_WHOLE | (from == 0 ? TCN_STORE_FIRST : 0) |
                     (to == size ? TCN_STORE_LAST : 0);
    assert_int_equal(tcn_store_state_piece(f->store, &piece, seed, flags, on_saved, &a),
                     0);
    assert_null(piece.ptr);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.count, 1);
    tcn_buf_deinit(&state);
    return a.status;
}

static void comes_in_pieces_and_counts_with_the_last(void **state)
{
    fixture *f = *state;
    save(f, 1000, 1, 1);
    assert_int_equal(save_piece(f, 1 << 20, 2, 0, 300000), 0);
    assert_int_equal(save_piece(f, 1 << 20, 2, 300000, 300004), 0);
    assert_loads(f, 1000, 1, 1);
    assert_int_equal(save_piece(f, 1 << 20, 2, 300004, 1 << 20), 0);
    assert_loads(f, 1 << 20, 2, 2);
    fixture_reopen(f);
    assert_loads(f, 1 << 20, 2, 2);
}

static void a_state_that_is_not_ended_goes_when_another_begins(void **state)
{
    fixture *f = *state;
    assert_int_equal(save_piece(f, 1 << 20, 3, 0, 600000), 0);
    assert_int_equal(save_piece(f, 5000, 4, 0, 1000), 0);
    assert_int_equal(save_piece(f, 5000, 4, 1000, 5000), 0);
    assert_loads(f, 5000, 4, 4);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM state_part"), 2);
}

static void a_piece_of_no_state_is_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(save_piece(f, 5000, 5, 1000, 5000), TCN_E_STATE);
    assert_int_equal(save_piece(f, 5000, 5, 0, 1000), 0);
    fixture_reopen(f);
    assert_int_equal(save_piece(f, 5000, 5, 1000, 5000), TCN_E_STATE);
    assert_int_equal(load_code(f), TCN_E_NOT_FOUND);
}

/* A layer of 4 bytes, in one piece. */
static void add_layer(fixture *f, uint32_t value, uint64_t sequence, unsigned flags)
{
    tcn_buf layer;
    tcn_buf_init(&layer, SIZE_MAX);
    assert_int_equal(tcn_buf_add_u32(&layer, value), 0);
    answer a = {0};
    flags |= TCN_STORE_FIRST | TCN_STORE_LAST;
    assert_int_equal(
        tcn_store_state_piece(f->store, &layer, sequence, flags, on_saved, &a), 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(a.status, 0);
}

static void assert_layers(fixture *f, const uint32_t *values, size_t count,
                          uint64_t expected)
{
    tcn_buf loaded;
    tcn_buf_init(&loaded, SIZE_MAX);
    uint64_t sequence = 0;
    tcn_err err = {0};
    assert_int_equal(tcn_store_state_load(f->store, &loaded, &sequence, &err), 0);
    assert_int_equal(sequence, expected);
    tcn_reader reader = tcn_reader_of(tcn_buf_str(&loaded));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(tcn_reader_u32(&reader), values[i]);
    assert_true(!reader.failed && tcn_reader_at_end(&reader));
    tcn_buf_deinit(&loaded);
}

static void layers_stand_behind_the_whole_one(void **state)
{
    fixture *f = *state;
    add_layer(f, 7, 1, TCN_STORE_WHOLE);
    add_layer(f, 8, 3, 0);
    add_layer(f, 9, 4, 0);
    assert_layers(f, (uint32_t[]){7, 8, 9}, 3, 4);
    fixture_reopen(f);
    add_layer(f, 10, 6, 0);
    assert_layers(f, (uint32_t[]){7, 8, 9, 10}, 4, 6);
    tcn_buf last;
    tcn_buf_init(&last, SIZE_MAX);
    tcn_err err = {0};
    assert_int_equal(tcn_buf_add_u32(&last, 11), 0);
    assert_int_equal(tcn_store_state_save_now(f->store, &last, 8, false, &err), 0);
    tcn_buf_deinit(&last);
    assert_layers(f, (uint32_t[]){7, 8, 9, 10, 11}, 5, 8);
    add_layer(f, 12, 9, TCN_STORE_WHOLE);
    assert_layers(f, (uint32_t[]){12}, 1, 9);
    fixture_close(f);
    assert_int_equal(fixture_sql_number(f, "SELECT count(*) FROM state_part"), 1);
}

static void a_layer_that_was_cut_off_leaves_those_before(void **state)
{
    fixture *f = *state;
    add_layer(f, 1, 1, TCN_STORE_WHOLE);
    add_layer(f, 2, 2, 0);
    tcn_buf piece = make_state(1 << 20, 3);
    answer a = {0};
    assert_int_equal(
        tcn_store_state_piece(f->store, &piece, 3, TCN_STORE_FIRST, on_saved, &a), 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    fixture_reopen(f);
    assert_layers(f, (uint32_t[]){1, 2}, 2, 2);
    add_layer(f, 4, 4, 0);
    assert_layers(f, (uint32_t[]){1, 2, 4}, 3, 4);
}

static void an_empty_piece_is_none(void **state)
{
    fixture *f = *state;
    add_layer(f, 1, 1, TCN_STORE_WHOLE);
    static const unsigned flags[] = {TCN_STORE_FIRST, 0, TCN_STORE_LAST};
    for (size_t i = 0; i < 3; i++) {
        tcn_buf piece;
        tcn_buf_init(&piece, SIZE_MAX);
        answer a = {0};
        assert_int_equal(
            tcn_store_state_piece(f->store, &piece, 2, flags[i], on_saved, &a), 0);
        uv_run(&f->loop, UV_RUN_DEFAULT);
        assert_int_equal(a.count, 1);
        assert_int_equal(a.status, 0);
    }
    assert_layers(f, (uint32_t[]){1}, 1, 2);
}

static void a_state_that_begins_with_changes_is_damaged(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    add_layer(f, 1, 1, TCN_STORE_WHOLE);
    add_layer(f, 2, 2, 0);
    fixture_close(f);
    fixture_sql(f, "DELETE FROM state WHERE is_whole");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    assert_int_equal(load_code(f), TCN_E_NOT_FOUND); /* made again from the log */
}

static void a_damaged_state_is_made_again_from_the_log(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    save(f, 1 << 20, 9, 2);
    fixture_close(f);
    fixture_sql(f, "UPDATE state_part SET body = zeroblob(100) WHERE id & 3 = 2");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    assert_int_equal(load_code(f), TCN_E_NOT_FOUND);
}

static void a_damaged_state_without_its_log_is_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    save(f, 1 << 20, 9, 2);
    fixture_close(f);
    fixture_sql(f, "DELETE FROM log; DELETE FROM state_part WHERE id & 3 = 2");
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    assert_int_equal(load_code(f), TCN_E_CORRUPT);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(has_none_at_first, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(keeps_the_newest_only, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(saves_on_the_calling_thread, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(an_empty_state_is_one, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(commits_go_on_meanwhile, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_save_that_was_cut_off_does_not_count, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_piece_under_way_ends_when_the_state_is_loaded,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(comes_in_pieces_and_counts_with_the_last,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_state_that_is_not_ended_goes_when_another_begins,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_piece_of_no_state_is_refused, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(layers_stand_behind_the_whole_one, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_layer_that_was_cut_off_leaves_those_before,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(an_empty_piece_is_none, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_state_that_begins_with_changes_is_damaged,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_damaged_state_is_made_again_from_the_log,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_damaged_state_without_its_log_is_refused,
                                    fixture_setup, fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
