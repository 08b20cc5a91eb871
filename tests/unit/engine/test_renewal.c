/* SPDX-License-Identifier: Apache-2.0 */
/* test_renewal.c - another set of automations, prepared while events go on: until the
 * swap nothing of it is seen, afterwards nothing of what it replaced. */
#include "renewing.h"

#define AUTOMATION(name, trigger) \
    "{\"name\":\"" name "\",\"actions\":[],\"trigger\":{" trigger "}}"
#define COUNTED(name, expect) \
    AUTOMATION(name, "\"expect\":[\"" expect "\"],\"threshold\":2,\"within\":600")
#define STANDING(name) \
    AUTOMATION(name, "\"expect\":[\"never\"],\"posture\":\"Proactive\",\"within\":10")

static void what_is_prepared_sleeps_and_what_was_replaced_never_wakes(void **state)
{
    static const char *const texts[] = {COUNTED("kept", "a"), COUNTED("changed", "c"),
                                        STANDING("new")};
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, COUNTED("kept", "a"));
    put(f, COUNTED("changed", "b"));
    put(f, STANDING("gone"));
    feed(f, 1, 1, "a", "r");
    feed(f, 1, 2, "b", "r");
    tcn_renewal *renewal = renewal_of(texts, 3);
    prepare(f, renewal);
    feed(f, 2, 3, "c", "r");
    feed(f, 2, 4, "c", "r");
    assert_int_equal(f->count, 0);
    assert_int_equal(buckets(f), 3);
    assert_int_equal(tcn_engine_automation_count(f->engine), 3);

    apply(f, renewal, 3);
    assert_int_equal(buckets(f), 2); /* of "kept", and the standing one of "new" */
    feed(f, 4, 5, "b", "r");         /* would be the second one */
    advance(f, 12, false);           /* "gone" would fire */
    assert_int_equal(f->count, 0);
    feed(f, 12.1, 6, "a", "r");
    assert_int_equal(f->count, 1);
    advance(f, 14, false);
    assert_int_equal(f->count, 2);
    assert_true(fired_s(f, 1) == 13);
    dispose(renewal);
    feed(f, 15, 7, "b", "r");
    feed(f, 15, 8, "c", "r");
    feed(f, 15, 9, "c", "r");
    assert_int_equal(f->count, 3);
    fixture_free(f);
}

static void an_abort_leaves_all_as_it_was(void **state)
{
    static const char *const texts[] = {COUNTED("changed", "c"), COUNTED("new", "a")};
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, COUNTED("changed", "b"));
    feed(f, 1, 1, "b", "r");
    tcn_renewal *renewal = renewal_of(texts, 2);
    prepare(f, renewal);
    tcn_engine_renewal_abort(renewal);
    feed(f, 2, 2, "b", "r");
    assert_int_equal(f->count, 1);
    dispose(renewal);
    feed(f, 3, 3, "a", "r");
    feed(f, 3, 4, "a", "r");
    feed(f, 3, 5, "c", "r");
    feed(f, 3, 6, "c", "r");
    assert_int_equal(f->count, 1);
    assert_null(tcn_engine_automation(f->engine, &(tcn_uuid){.bytes = {0}}));
    assert_int_equal(tcn_engine_automation_count(f->engine), 1);
    fixture_free(f);
}

static void what_stays_need_not_be_given_but_must_be_there(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, COUNTED("kept", "a"));
    put(f, COUNTED("other", "b"));
    feed(f, 1, 1, "a", "r");
    tcn_uuid ids[] = {tcn_automation_file_id(TCN_STR("other")),
                      tcn_automation_file_id(TCN_STR("kept")),
                      tcn_automation_file_id(TCN_STR("unknown"))};
    tcn_renewal *renewal = NULL;
    assert_int_equal(tcn_renewal_new(2, &renewal), 0);
    tcn_renewal_set_own(renewal, 0, &ids[0], NULL);
    tcn_renewal_set_own(renewal, 1, &ids[1], NULL);
    prepare(f, renewal);
    apply(f, renewal, 2);
    dispose(renewal);
    assert_string_equal(tcn_engine_automation_at(f->engine, 0)->name, "other");
    feed(f, 3, 2, "a", "r");
    assert_int_equal(f->count, 1);

    assert_int_equal(tcn_renewal_new(1, &renewal), 0);
    tcn_renewal_set_own(renewal, 0, &ids[2], NULL);
    assert_int_equal(tcn_engine_renewal_begin(f->engine, renewal), 0);
    assert_int_equal(tcn_engine_renewal_prepare(f->engine, renewal), TCN_E_NOT_FOUND);
    tcn_engine_renewal_abort(renewal);
    dispose(renewal);
    assert_int_equal(tcn_engine_automation_count(f->engine), 2);
    fixture_free(f);
}

static void an_engine_may_go_before_its_renewal(void **state)
{
    static const char *const texts[] = {COUNTED("a", "a"), COUNTED("b", "b")};
    (void)state;
    for (int i = 0; i < 4; i++) {
        fixture *f = fixture_new(&tcn_engine_limits_default, COUNTED("old", "b"));
        tcn_renewal *renewal = renewal_of(texts, 2), *other = renewal_of(texts, 1);
        assert_int_equal(tcn_engine_renewal_begin(f->engine, renewal), 0);
        assert_int_equal(tcn_engine_renewal_begin(f->engine, other), TCN_E_BUSY);
        for (int k = 0; k < i && k < 2; k++)
            assert_true(tcn_engine_renewal_prepare(f->engine, renewal) >= 0);
        if (i == 3)
            apply(f, renewal, 1);
        fixture_free(f);
        assert_false(tcn_engine_renewal_dispose(renewal));
        tcn_renewal_free(renewal);
        tcn_renewal_free(other);
    }
}

static void one_that_is_put_alone_ends_the_renewal(void **state)
{
    static const char *const texts[] = {COUNTED("new", "c")};
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, COUNTED("old", "b"));
    tcn_renewal *renewal = renewal_of(texts, 1);
    prepare(f, renewal);
    put(f, COUNTED("more", "c"));
    assert_false(tcn_renewal_is_ready(renewal, f->engine));
    tcn_renewal_free(renewal);
    feed(f, 1, 1, "c", "r");
    feed(f, 1, 2, "c", "r");
    assert_int_equal(f->count, 1);
    fixture_free(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_prepared_sleeps_and_what_was_replaced_never_wakes),
    cmocka_unit_test(an_abort_leaves_all_as_it_was),
    cmocka_unit_test(what_stays_need_not_be_given_but_must_be_there),
    cmocka_unit_test(an_engine_may_go_before_its_renewal),
    cmocka_unit_test(one_that_is_put_alone_ends_the_renewal),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
