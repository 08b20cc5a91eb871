/* SPDX-License-Identifier: Apache-2.0 */
/* An event that very many triggers want: taken in small pieces it does what it does in
 * one. */
#include "tests/unit/engine/fixture.h"

#define MANY 3000

/* Half of them fire at once, half when the window ends without another event; every one
 * that ends with 7 is replaced, so that the index does not hold them in their order. */
static fixture *fixture_of_many(void)
{
    fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            char text[256];
            (void)snprintf(text, sizeof text,
                           "{\"name\":\"%d\",\"actions\":[],\"trigger\":{%s\"expect\":"
                           "[\"a.*\",\"a.b*\"],\"within\":%d}}",
                           i,
                           i % 2 == 0 ? "\"posture\":\"Reactive\","
                                      : "\"posture\":\"Proactive\",\"threshold\":2,",
                           10 + round);
            if (round == 0 || i % 10 == 7)
                put(f, text);
        }
    }
    return f;
}

static int finish(fixture *f, uint32_t patience, int rc, size_t *pieces)
{
    while (rc == TCN_ENGINE_PAUSED) {
        ++*pieces;
        tcn_engine_rest(f->engine, patience);
        rc = tcn_engine_go_on(f->engine);
    }
    return rc;
}

static size_t play(fixture *f, uint32_t patience)
{
    size_t pieces = 0;
    begin(f);
    tcn_engine_rest(f->engine, patience);
    assert_int_equal(finish(f, patience, give(f, 1, 1, 1, "a.bc", "r", 0), &pieces), 0);
    end(f);
    for (int rc = 1; rc == 1;) {
        begin(f);
        tcn_engine_rest(f->engine, patience);
        rc = tcn_engine_advance(f->engine, START_US + 30 * TCN_SECOND_US, false);
        rc = finish(f, patience, rc, &pieces);
        end(f);
    }
    return pieces;
}

static void no_result_depends_on_pauses(void **state)
{
    (void)state;
    fixture *whole = fixture_of_many();
    assert_int_equal(play(whole, 0), 0);
    assert_true(whole->count >= MANY);
    for (uint32_t patience = 1; patience < 5000; patience = patience * 3 + 4) {
        fixture *cut = fixture_of_many();
        size_t pieces = play(cut, patience);
        assert_true(pieces >= MANY / (patience + 1000));
        assert_int_equal(cut->count, whole->count);
        for (size_t i = 0; i < cut->count; i++) {
            assert_memory_equal(&cut->firings[i].id, &whole->firings[i].id,
                                sizeof(tcn_uuid));
            assert_int_equal(cut->firings[i].at_us, whole->firings[i].at_us);
        }
        fixture_free(cut);
    }
    fixture_free(whole);
}

static void a_step_that_ends_in_a_pause_leaves_nothing_behind(void **state)
{
    (void)state;
    fixture *f = fixture_of_many();
    begin(f);
    tcn_engine_rest(f->engine, 10);
    assert_int_equal(give(f, 1, 1, 1, "a.bc", "r", 0), TCN_ENGINE_PAUSED);
    end(f);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_result_depends_on_pauses),
        cmocka_unit_test(a_step_that_ends_in_a_pause_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
