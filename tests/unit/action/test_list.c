/* SPDX-License-Identifier: Apache-2.0 */
/* test_list.c - the rows that a firing queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/action/dispatcher.h"

static const char text[] =
    "{\"name\":\"a\",\"actions\":[{\"type\":\"do-nothing\"},"
    "{\"type\":\"send-notification\",\"block\":\"ops\",\"body\":\"caf\xc3\xa9\"}],"
    "\"actions_on_trigger\":[{\"type\":\"call-webhook\",\"payload\":\"\","
    "\"block_document_id\":\"3d50f57b-f631-4ae9-b484-6095da907e45\"}]}";

typedef struct fixture {
    tcn_automation automation;
    tcn_firing firing;
    tcn_arena arena;
    tcn_outbox_new *rows;
    size_t count;
} fixture;

static int setup(void **state)
{
    static fixture f;
    f = (fixture){0};
    f.automation.document = json_loads(text, 0, NULL);
    f.automation.actions = json_object_get(f.automation.document, "actions");
    f.automation.actions_on_trigger =
        json_object_get(f.automation.document, "actions_on_trigger");
    f.firing.automation = &f.automation;
    f.firing.id.bytes[0] = 7;
    f.firing.triggered_at_us = 1000;
    tcn_arena_init(&f.arena, 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    json_decref(f->automation.document);
    tcn_arena_deinit(&f->arena);
    return 0;
}

static void list(fixture *f)
{
    assert_int_equal(tcn_action_list(&f->firing, 500, &f->arena, &f->rows, &f->count), 0);
}

static void counts_over_both_lists(void **state)
{
    fixture *f = *state;
    list(f);
    assert_int_equal(f->count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(f->rows[i].action_index, i);
        assert_int_equal(f->rows[i].is_on_trigger, i == 2);
        assert_int_equal(f->rows[i].deadline_at_us, 1500);
        assert_ptr_equal(f->rows[i].firing, &f->firing);
        assert_true(tcn_str_eq_c(f->rows[i].automation, text));
    }
}

static void invocations_follow_from_firing_list_and_place(void **state)
{
    fixture *f = *state;
    list(f);
    tcn_uuid first = tcn_invocation_id(&f->firing.id, "actions", 0);
    tcn_uuid second = tcn_invocation_id(&f->firing.id, "actions", 1);
    tcn_uuid third = tcn_invocation_id(&f->firing.id, "actions_on_trigger", 0);
    assert_true(tcn_uuid_eq(&f->rows[0].invocation, &first));
    assert_true(tcn_uuid_eq(&f->rows[1].invocation, &second));
    assert_true(tcn_uuid_eq(&f->rows[2].invocation, &third));
}

static void names_the_block_by_name_or_id(void **state)
{
    fixture *f = *state;
    list(f);
    assert_int_equal(f->rows[0].block.len, 0);
    assert_true(tcn_str_eq_c(f->rows[1].block, "ops"));
    assert_true(tcn_str_eq_c(f->rows[2].block, "3d50f57b-f631-4ae9-b484-6095da907e45"));
    assert_true(tcn_str_eq_c(
        f->rows[1].action,
        "{\"type\":\"send-notification\",\"block\":\"ops\",\"body\":\"caf\xc3\xa9\"}"));
}

static void a_suppressed_firing_queues_nothing(void **state)
{
    fixture *f = *state;
    f->firing.is_suppressed = true;
    list(f);
    assert_int_equal(f->count, 0);
}

static void fails_when_the_arena_is_full(void **state)
{
    fixture *f = *state;
    tcn_arena small;
    tcn_arena_init(&small, 100);
    f->count = 99;
    assert_true(tcn_action_list(&f->firing, 500, &small, &f->rows, &f->count) < 0);
    assert_int_equal(f->count, 99);
    tcn_arena_deinit(&small);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static const struct CMUnitTest cases[] = {
    CASE(counts_over_both_lists),
    CASE(invocations_follow_from_firing_list_and_place),
    CASE(names_the_block_by_name_or_id),
    CASE(a_suppressed_firing_queues_nothing),
    CASE(fails_when_the_arena_is_full),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
