/* SPDX-License-Identifier: Apache-2.0 */
/* test_event_args.c - events from command lines: Prefect's forms, ours, and what is
 * refused. */
#include "core/cli/event_args.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/event/decode.h"

typedef struct fixture {
    tcn_arena arena;
    tcn_event_args args;
    tcn_event event;
    tcn_err err;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f = (fixture){.args = {.name = "order.placed"}};
    tcn_arena_init(&f.arena, 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    tcn_arena_deinit(&f->arena);
    return 0;
}

static void add(tcn_option_list *list, const char *text)
{
    list->items[list->count] = text;
    list->count++;
}

static int build(fixture *f)
{
    return tcn_event_args_build(&f->args, &f->arena, &f->event, &f->err);
}

static void assert_refused(fixture *f, const char *text)
{
    assert_true(build(f) < 0);
    assert_string_equal(f->err.text, text);
}

static void assert_label(const tcn_resource *resource, const char *key, const char *value)
{
    const tcn_str *found = tcn_resource_label(resource, tcn_str_c(key));
    assert_non_null(found);
    assert_int_equal(found->len, strlen(value));
    assert_memory_equal(found->ptr, value, found->len);
}

static void joins_the_short_id_and_pairs(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "order.1";
    add(&f->args.resource, "region=eu,customer=c=3");
    add(&f->args.resource, "tier=gold");
    assert_int_equal(build(f), 0);
    assert_int_equal(f->event.resource.count, 4);
    assert_label(&f->event.resource, "prefect.resource.id", "order.1");
    assert_label(&f->event.resource, "customer", "c=3");
    assert_label(&f->event.resource, "tier", "gold");
    assert_false(tcn_uuid_is_nil(&f->event.id));
}

static void reads_json_as_prefects_command_does(void **state)
{
    fixture *f = *state;
    add(&f->args.resource,
        "{\"prefect.resource.id\":\"order.1\",\"name\":\"Ordre № 1, ☃\"}");
    add(&f->args.related, "[{\"prefect.resource.id\":\"customer.7\","
                          "\"prefect.resource.role\":\"customer\"}]");
    add(&f->args.related, "prefect.resource.id=store,prefect.resource.role=store");
    f->args.payload = "{\"big\": 9007199254740993, \"none\": null}";
    f->args.occurred = "2026-01-01T00:00:00Z";
    f->args.id = "01a20379-e1e2-78aa-a451-c94f40b9176a";
    f->args.follows = "01a20379-d05f-7f9a-92de-9bcd0551b674";
    assert_int_equal(build(f), 0);
    assert_label(&f->event.resource, "name", "Ordre № 1, ☃");
    assert_int_equal(f->event.related_count, 2);
    assert_label(&f->event.related[0], "prefect.resource.role", "customer");
    assert_label(&f->event.related[1], "prefect.resource.id", "store");
    assert_true(f->event.has_follows);
}

static void what_it_builds_is_what_the_daemon_decodes(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "order.1";
    f->args.payload = "{\"big\": 9007199254740993}";
    add(&f->args.related, "prefect.resource.id=store,prefect.resource.role=store");
    assert_int_equal(build(f), 0);
    tcn_buf json;
    tcn_buf_init(&json, 1 << 20);
    assert_int_equal(tcn_event_encode(&f->event, &json), 0);
    tcn_event read;
    tcn_event_error wrong = {0};
    assert_int_equal(tcn_event_decode(tcn_buf_str(&json), &tcn_event_limits_default,
                                      &f->arena, &read, &wrong),
                     0);
    assert_true(tcn_uuid_eq(&read.id, &f->event.id));
    assert_int_equal(read.occurred_at_us, f->event.occurred_at_us);
    assert_true(tcn_str_eq(read.payload, f->event.payload));
    tcn_buf_deinit(&json);
}

static void refuses_a_resource_without_id(void **state)
{
    fixture *f = *state;
    add(&f->args.resource, "name=y");
    assert_refused(f, "Resource must include 'prefect.resource.id'");
}

static void refuses_what_is_no_pair(void **state)
{
    fixture *f = *state;
    add(&f->args.resource, "name");
    assert_refused(f, "\"name\" is not KEY=VALUE (values with commas: use JSON)");
}

static void refuses_a_label_given_twice(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "x";
    add(&f->args.resource, "prefect.resource.id=y");
    assert_refused(f, "the label prefect.resource.id is given twice");
}

static void refuses_a_payload_that_is_no_object(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "y";
    f->args.payload = "[1]";
    assert_refused(f, "Payload must be a JSON object");
}

static void refuses_related_without_role(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "y";
    add(&f->args.related, "prefect.resource.id=z");
    assert_refused(
        f, "Related must include 'prefect.resource.id' and 'prefect.resource.role'");
}

static void refuses_malformed_ids_and_times(void **state)
{
    fixture *f = *state;
    f->args.resource_id = "y";
    f->args.id = "seven";
    assert_refused(f, "id is not a UUID: \"seven\"");
    f->args.id = NULL;
    f->args.occurred = "noon";
    f->err = (tcn_err){0};
    assert_refused(f, "occurred is not a time: \"noon\"");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(joins_the_short_id_and_pairs, set_up, tear_down),
    cmocka_unit_test_setup_teardown(reads_json_as_prefects_command_does, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(what_it_builds_is_what_the_daemon_decodes, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(refuses_a_resource_without_id, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_what_is_no_pair, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_a_label_given_twice, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_a_payload_that_is_no_object, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(refuses_related_without_role, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refuses_malformed_ids_and_times, set_up, tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
