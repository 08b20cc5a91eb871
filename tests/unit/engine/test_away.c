/* SPDX-License-Identifier: Apache-2.0 */
/* test_away.c - automations that their owner's redeploy takes out and brings back. */
#include "renewing.h"

#include "core/engine/engine_int.h"

#define OWNED(name, more, trigger)                                        \
    "{\"name\":\"" name                                                   \
    "\",\"owner_resource\":\"prefect.deployment.1\",\"actions\":[]," more \
    "\"trigger\":{" trigger "}}"
#define TWICE(event) "\"expect\":[\"" event "\"],\"threshold\":2,\"within\":600"
#define PAIR(first, second)                                                           \
    "\"type\":\"compound\",\"require\":\"all\",\"within\":null,\"triggers\":[{" first \
    "},{" second "}]"
#define EACH \
    "\"for_each\":[\"prefect.resource.id\"],\"expect\":[\"a\"],\"threshold\":2,\"within\":600"
#define SILENT "\"posture\":\"Proactive\",\"expect\":[\"never\"],\"within\":10"

static const char counted[] = OWNED("counted", "", TWICE("a"));
static const char each[] = OWNED("each", "", EACH);
static const char silent[] = OWNED("silent", "", SILENT);

static int64_t us(double at_s)
{
    return START_US + (int64_t)(at_s * 1e6 + 0.5);
}

static fixture *fixture_of(const char *text)
{
    return fixture_new(&tcn_engine_limits_default, text);
}

static tcn_uuid id_of(const char *name)
{
    return tcn_automation_owned_id("prefect.deployment.1", tcn_str_c(name));
}

static bool leave(fixture *f, const char *name, double at_s)
{
    tcn_uuid id = id_of(name);
    return tcn_engine_remove(f->engine, &id, TCN_REMOVED_BY_OWNER, us(at_s));
}

static void come(fixture *f, const char *text, double at_s)
{
    assert_int_equal(tcn_engine_put_own(f->engine, parse_text(text), us(at_s)), 0);
}

/* The whole set is text, or nothing. */
static void define(fixture *f, const char *text, double at_s)
{
    tcn_automation *all[1] = {text != NULL ? parse_text(text) : NULL};
    assert_int_equal(tcn_engine_define_own(f->engine, all, text != NULL, us(at_s)), 0);
}

static void restart(fixture *f, const tcn_buf *state)
{
    tcn_err err = {0};
    tcn_engine_free(f->engine);
    f->engine = tcn_engine_new(&tcn_engine_limits_default);
    if (tcn_engine_restore(f->engine, tcn_buf_str(state), &err) < 0)
        fail_msg("%s", err.text);
}

static void add_layer(fixture *f, bool is_whole, tcn_buf *state)
{
    bool was_whole = false;
    assert_int_equal(tcn_engine_save(f->engine, false, state, &was_whole), 0);
    assert_true(was_whole == is_whole);
}

static void what_was_counted_is_kept_for_a_minute_and_no_longer(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        fixture *f = fixture_of(counted);
        feed(f, 1, 1, "a", "r");
        assert_true(leave(f, "counted", 2));
        advance(f, 60, false);
        assert_int_equal(buckets(f), 1);
        come(f, counted, late ? 62.000001 : 62);
        assert_int_equal(buckets(f), late ? 0 : 1);
        feed(f, 63, 2, "a", "r");
        assert_int_equal(f->count, late ? 0 : 1);
        fixture_free(f);
    }
}

static void what_is_away_is_not_there(void **state)
{
    (void)state;
    fixture *f = fixture_of(counted);
    tcn_uuid id = id_of("counted");
    feed(f, 1, 1, "a", "r");
    define(f, NULL, 2);
    feed(f, 3, 2, "a", "r");
    feed(f, 3, 3, "a", "r");
    assert_int_equal(f->count, 0);
    assert_null(tcn_engine_automation(f->engine, &id));
    assert_int_equal(tcn_engine_automation_count(f->engine), 0);
    assert_false(leave(f, "counted", 4));
    fixture_free(f);
}

static void what_nobody_brings_back_loses_it_at_once(void **state)
{
    static const char alone[] =
        "{\"name\":\"alone\",\"actions\":[],\"trigger\":{" EACH "}}";
    (void)state;
    fixture *f = fixture_of(each);
    tcn_uuid id = id_of("each"), file_id = tcn_automation_file_id(TCN_STR("alone"));
    put(f, alone);
    feed(f, 1, 1, "a", "r");
    assert_int_equal(buckets(f), 2);
    assert_true(tcn_engine_remove(f->engine, &file_id, TCN_REMOVED_BY_OWNER, us(2)));
    assert_int_equal(buckets(f), 1);
    assert_true(tcn_engine_remove(f->engine, &id, TCN_REMOVED_BY_HAND, us(2)));
    assert_int_equal(buckets(f), 0);
    come(f, OWNED("each", "\"enabled\":false,", EACH), 3);
    assert_true(leave(f, "each", 4));
    assert_int_equal(f->engine->units_by_id.count, 0);
    fixture_free(f);
}

static void being_missing_once_more_changes_nothing(void **state)
{
    (void)state;
    fixture *f = fixture_of(counted);
    feed(f, 1, 1, "a", "r");
    define(f, NULL, 2);
    define(f, NULL, 50);
    come(f, counted, 62.1);
    assert_int_equal(buckets(f), 0);
    feed(f, 63, 2, "a", "r");
    assert_true(leave(f, "counted", 64));
    come(f, counted, 124);
    assert_int_equal(buckets(f), 1);
    assert_true(leave(f, "counted", 124));
    come(f, counted, 184);
    assert_int_equal(buckets(f), 1);
    fixture_free(f);
}

static void only_triggers_that_are_the_same_go_on(void **state)
{
    (void)state;
    fixture *f = fixture_of(OWNED("pair", "", PAIR(TWICE("a"), TWICE("b"))));
    feed(f, 1, 1, "a", "r");
    feed(f, 1, 2, "b", "r");
    define(f, NULL, 2);
    define(f, OWNED("pair", "", PAIR(TWICE("a"), "\"expect\":[\"b\"],\"threshold\":3")),
           3);
    assert_int_equal(buckets(f), 1);
    feed(f, 4, 3, "a", "r");
    for (uint8_t i = 4; i < 7; i++) {
        assert_int_equal(f->count, 0);
        feed(f, 5, i, "b", "r");
    }
    assert_int_equal(f->count, 1);
    fixture_free(f);
}

static void who_comes_back_disabled_loses_all(void **state)
{
    (void)state;
    fixture *f = fixture_of(counted);
    feed(f, 1, 1, "a", "r");
    define(f, NULL, 2);
    define(f, OWNED("counted", "\"enabled\":false,", TWICE("a")), 3);
    assert_int_equal(buckets(f), 0);
    define(f, counted, 4);
    feed(f, 5, 2, "a", "r");
    assert_int_equal(f->count, 0);
    fixture_free(f);
}

static void an_absence_goes_on_or_fires_once_late(void **state)
{
    (void)state;
    fixture *f = fixture_of(silent);
    advance(f, 5, false);
    define(f, NULL, 5);
    define(f, silent, 8);
    advance(f, 15, false);
    assert_int_equal(f->count, 1);
    assert_true(fired_s(f, 0) == 10);
    define(f, NULL, 15);
    advance(f, 45, false);
    assert_int_equal(f->count, 1);
    define(f, silent, 45);
    advance(f, 46, false);
    assert_int_equal(f->count, 2);
    assert_true(fired_s(f, 1) == 45);
    assert_int_equal(f->firings[1].due_us, us(20));
    advance(f, 56, false);
    assert_int_equal(f->count, 3);
    assert_true(fired_s(f, 2) == 55);
    fixture_free(f);
}

static void child_firings_wait_meanwhile(void **state)
{
    static const char pair[] =
        OWNED("pair", "", PAIR("\"expect\":[\"a\"]", "\"expect\":[\"b\"]"));
    (void)state;
    fixture *f = fixture_of(pair);
    feed(f, 1, 1, "a", "r");
    define(f, NULL, 2);
    feed(f, 3, 2, "b", "r");
    define(f, pair, 30);
    feed(f, 31, 3, "b", "r");
    assert_int_equal(f->count, 1);
    assert_int_equal(f->firings[0].child_count, 2);
    fixture_free(f);
}

static void its_buckets_count_until_then(void **state)
{
    tcn_engine_limits limits = tcn_engine_limits_default;
    (void)state;
    limits.max_buckets = 1;
    fixture *f = fixture_new(&limits, counted);
    feed(f, 1, 1, "a", "r");
    define(f, each, 2);
    feed(f, 62, 2, "a", "r");
    assert_int_equal(buckets(f), 1);
    feed(f, 62.000001, 3, "a", "r");
    feed(f, 63, 4, "a", "r");
    assert_int_equal(f->count, 1); /* of the third and the fourth */
    fixture_free(f);
}

static void it_returns_with_a_renewal(void **state)
{
    static const char *const texts[] = {counted};
    (void)state;
    fixture *f = fixture_of(counted);
    feed(f, 1, 1, "a", "r");
    define(f, NULL, 2);
    for (int i = 0; i < 2; i++) {
        tcn_renewal *renewal = renewal_of(texts, 1);
        prepare(f, renewal);
        assert_int_equal(tcn_engine_automation_count(f->engine), 0);
        feed(f, 3, (uint8_t)(2 + i), "a", "r");
        if (i == 0)
            tcn_engine_renewal_abort(renewal);
        else
            apply(f, renewal, 4);
        dispose(renewal);
        assert_int_equal(buckets(f), 1);
    }
    feed(f, 5, 4, "a", "r");
    assert_int_equal(f->count, 1);
    fixture_free(f);
}

/* What it shares with the renewal is there until that has ended. */
static void its_time_may_be_over_while_a_renewal_is_prepared(void **state)
{
    static const char *const texts[] = {counted};
    (void)state;
    for (int is_applied = 0; is_applied < 2; is_applied++) {
        fixture *f = fixture_of(counted);
        feed(f, 1, 1, "a", "r");
        define(f, NULL, 2);
        tcn_renewal *renewal = renewal_of(texts, 1);
        prepare(f, renewal);
        advance(f, 70, false);
        advance(f, 71, false);
        assert_int_equal(buckets(f), 0);
        if (is_applied)
            apply(f, renewal, 72);
        else
            tcn_engine_renewal_abort(renewal);
        dispose(renewal);
        feed(f, 73, 2, "a", "r");
        assert_int_equal(f->count, 0);
        assert_int_equal(f->engine->units_by_id.count, is_applied);
        feed(f, 74, 3, "a", "r");
        assert_int_equal(f->count, is_applied);
        fixture_free(f);
    }
}

static void it_is_part_of_the_saved_state(void **state)
{
    static const char pair[] = OWNED("pair", "", PAIR("\"expect\":[\"a\"]", TWICE("b")));
    (void)state;
    fixture *f = fixture_of(pair);
    tcn_buf saved;
    tcn_buf_init(&saved, (size_t)1 << 24);
    feed(f, 1, 1, "a", "r");
    feed(f, 1, 2, "b", "r");
    define(f, counted, 2);
    add_layer(f, true, &saved);
    restart(f, &saved);
    assert_int_equal(buckets(f), 1);
    assert_int_equal(tcn_engine_automation_count(f->engine), 1);
    feed(f, 61, 3, "a", "r");
    add_layer(f, false, &saved);
    restart(f, &saved);
    define(f, pair, 62);
    feed(f, 63, 4, "b", "r");
    assert_int_equal(f->count, 1);
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

/* The whole layer has it, a later one knows that it is too late. */
static void a_later_layer_ends_it(void **state)
{
    (void)state;
    fixture *f = fixture_of(each);
    tcn_buf saved;
    tcn_buf_init(&saved, (size_t)1 << 24);
    put(f, counted);
    feed(f, 1, 1, "a", "r.1");
    assert_true(leave(f, "each", 2));
    add_layer(f, true, &saved);
    feed(f, 63, 2, "b", "r.2");
    assert_int_equal(buckets(f), 1);
    add_layer(f, false, &saved);
    restart(f, &saved);
    assert_int_equal(buckets(f), 1);
    come(f, each, 64);
    feed(f, 65, 3, "a", "r.1");
    assert_int_equal(f->count, 1); /* of "counted" */
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

/* A round is about the instant at which it began. */
static void a_round_may_last_longer_than_it(void **state)
{
    (void)state;
    fixture *f = fixture_of(each);
    tcn_buf saved;
    bool is_whole = false;
    tcn_buf_init(&saved, (size_t)1 << 24);
    for (uint8_t i = 1; i < 40; i++) {
        char resource[16];
        (void)snprintf(resource, sizeof resource, "r.%u", i);
        feed(f, 1, i, "a", resource);
    }
    define(f, counted, 2);
    assert_int_equal(tcn_engine_save_begin(f->engine, &is_whole), 0);
    assert_int_equal(tcn_engine_save_slice(f->engine, 1, &saved), 1);
    advance(f, 70, false);
    advance(f, 71, false);
    assert_int_equal(buckets(f), 0);
    int rc = 1;
    while (rc == 1)
        rc = tcn_engine_save_slice(f->engine, 1, &saved);
    assert_int_equal(rc, 0);
    advance(f, 72, false);
    assert_int_equal(f->engine->units_by_id.count, 1);
    restart(f, &saved);
    assert_int_equal(buckets(f), 39);
    come(f, each, 62);
    assert_int_equal(buckets(f), 39);
    tcn_buf_deinit(&saved);
    fixture_free(f);
}

static void the_memory_of_many_is_freed_some_a_step(void **state)
{
    (void)state;
    fixture *f = fixture_of(NULL);
    size_t count = 300, steps = 0;
    for (size_t i = 0; i < count; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, OWNED("many %zu", "", SILENT), i);
        put(f, text);
    }
    define(f, NULL, 1);
    assert_int_equal(buckets(f), count);
    assert_false(tcn_engine_has_leftovers(f->engine));
    advance(f, 62, false);
    assert_int_equal(buckets(f), 0);
    while (tcn_engine_has_leftovers(f->engine)) {
        size_t before = f->engine->units_by_id.count;
        advance(f, 63 + (double)steps, false);
        assert_in_range(before - f->engine->units_by_id.count, 1, 100);
        steps++;
    }
    assert_int_equal(f->engine->units_by_id.count, 0);
    assert_int_equal(buckets(f), 0);
    assert_in_range(steps, 3, 20);
    assert_int_equal(f->count, 0);
    fixture_free(f);
}

static void open_many(fixture *f, uint32_t count)
{
    tcn_node *node = f->engine->units[0]->nodes[0];
    for (uint32_t i = 0; i < count; i++) {
        tcn_str key = tcn_str_of((const char *)&i, sizeof i);
        tcn_bucket *bucket = tcn_node_open_bucket(f->engine, node, key);
        assert_non_null(bucket);
        tcn_bucket_set_timer(f->engine, bucket);
    }
}

/* It may come back in the middle of it, with nothing. */
static void a_great_one_is_freed_piece_by_piece(void **state)
{
    (void)state;
    for (int comes_back = 0; comes_back < 2; comes_back++) {
        fixture *f = fixture_of(each);
        open_many(f, 12000);
        define(f, NULL, 1);
        advance(f, 62, false);
        assert_true(tcn_engine_has_leftovers(f->engine));
        advance(f, 63, false);
        assert_in_range(f->engine->leftovers.count, 6000, 11000);
        assert_int_equal(buckets(f), 0);
        if (comes_back)
            define(f, each, 64);
        for (int i = 0; i < 2; i++)
            advance(f, 65 + i, false);
        assert_false(tcn_engine_has_leftovers(f->engine));
        assert_int_equal(f->engine->units_by_id.count, comes_back);
        feed(f, 70, 1, "a", "r");
        feed(f, 70, 2, "a", "r");
        assert_int_equal(f->count, comes_back);
        assert_int_equal(buckets(f), comes_back);
        fixture_free(f);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_was_counted_is_kept_for_a_minute_and_no_longer),
    cmocka_unit_test(what_is_away_is_not_there),
    cmocka_unit_test(what_nobody_brings_back_loses_it_at_once),
    cmocka_unit_test(being_missing_once_more_changes_nothing),
    cmocka_unit_test(only_triggers_that_are_the_same_go_on),
    cmocka_unit_test(who_comes_back_disabled_loses_all),
    cmocka_unit_test(an_absence_goes_on_or_fires_once_late),
    cmocka_unit_test(child_firings_wait_meanwhile),
    cmocka_unit_test(its_buckets_count_until_then),
    cmocka_unit_test(it_returns_with_a_renewal),
    cmocka_unit_test(its_time_may_be_over_while_a_renewal_is_prepared),
    cmocka_unit_test(it_is_part_of_the_saved_state),
    cmocka_unit_test(a_later_layer_ends_it),
    cmocka_unit_test(a_round_may_last_longer_than_it),
    cmocka_unit_test(the_memory_of_many_is_freed_some_a_step),
    cmocka_unit_test(a_great_one_is_freed_piece_by_piece),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
