/* SPDX-License-Identifier: Apache-2.0 */
/* test_emit.c - events that a plugin emits: what the door gets of them, and which are
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#define RESOURCE "\\\"resource\\\":{\\\"prefect.resource.id\\\":\\\"x.y\\\"}"

typedef struct fixture {
    rig rig;
    size_t count;
    char last[1000];
    uint16_t depth;
    int answer;
} fixture;

static int take(tcn_str event, uint16_t depth, void *ud)
{
    fixture *f = ud;
    f->count++;
    f->depth = depth;
    (void)snprintf(f->last, sizeof f->last, "%.*s", TCN_STR_ARG(event));
    return f->answer;
}

static int set_up(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    rig_start(&f.rig);
    rig_load(&f.rig, TEST_PLUGIN_DIR "/puppet.so");
    f.rig.plugins->emit = take;
    f.rig.plugins->emit_ud = &f;
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    (void)rig_stop(&f->rig);
    return 0;
}

/* What became of it, sent at that depth. event: inside a JSON text. */
static outcome emit_with(fixture *f, const char *more, const char *event, uint16_t depth)
{
    char options[3000];
    tcn_message message = rig_message();
    message.depth = depth;
    (void)snprintf(options, sizeof options, "{\"send\": \"emit\", \"event\": \"%s\"%s}",
                   event, more);
    return rig_send(&f->rig, rig_block(&f->rig, "puppet", options), &message);
}

static void a_whole_event_goes_in_as_it_is(void **state)
{
    fixture *f = *state;
    static const char event[] =
        "{\\\"id\\\":\\\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a\\\",\\\"occurred\\\":"
        "\\\"2026-01-02T03:04:05Z\\\",\\\"event\\\":\\\"a.b\\\"," RESOURCE "}";
    assert_string_equal(emit_with(f, "", event, 2).reason, "1 taken, 0: ");
    assert_string_equal(f->last,
                        "{\"id\":\"9d8c7b6a-5f4e-4d3c-b2a1-0f9e8d7c6b5a\","
                        "\"occurred\":\"2026-01-02T03:04:05Z\",\"event\":\"a.b\","
                        "\"resource\":{\"prefect.resource.id\":\"x.y\"}}");
    assert_int_equal(f->depth, 2);
}

static void id_and_time_may_be_left_out(void **state)
{
    fixture *f = *state;
    assert_string_equal(
        emit_with(f, "", " {\\\"event\\\":\\\"a.b\\\"," RESOURCE "}", 0).reason,
        "1 taken, 0: ");
    assert_non_null(strstr(f->last, "\"id\":\""));
    assert_non_null(strstr(f->last, "\"occurred\":\"20"));
    assert_non_null(strstr(f->last, "\"event\":\"a.b\",\"resource\""));
}

static void what_is_no_event_is_refused_with_its_field(void **state)
{
    fixture *f = *state;
    static const char *const rows[][2] = {
        {"{}", "0 taken, -1: "},
        {"[]", "0 taken, -1: "},
        {"nonsense", "0 taken, -1: "},
        {"{\\\"event\\\":5," RESOURCE "}", "0 taken, -1: event: "},
        {"{\\\"event\\\":\\\"a.b\\\"}", "0 taken, -1: resource: Field required"},
    };
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        if (i > 0) { /* a block is added once to each registry */
            (void)tear_down(state);
            (void)set_up(state);
        }
        outcome out = emit_with(f, "", rows[i][0], 0);
        if (strncmp(out.reason, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("%s: %s", rows[i][0], out.reason);
        assert_int_equal(f->count, 0);
    }
}

static void a_hundred_a_second_are_taken(void **state)
{
    fixture *f = *state;
    outcome out =
        emit_with(f, ", \"times\": 500", "{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}", 0);
    /* Two seconds when the clock turned over meanwhile. */
    assert_in_range(f->count, 100, 200);
    assert_non_null(strstr(out.reason, "taken, -5: more than 100 events in a second"));
}

static void a_chain_is_cut_after_eight(void **state)
{
    fixture *f = *state;
    static const char event[] = "{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}";
    assert_string_equal(emit_with(f, "", event, 8).reason, "1 taken, 0: ");
    (void)tear_down(state);
    (void)set_up(state);
    assert_string_equal(
        emit_with(f, "", event, 9).reason,
        "0 taken, -5: this event follows from too many others that plugins emitted");
}

static void a_timer_continues_the_chain(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    message.depth = 5;
    tcn_block *block = rig_block(&f->rig, "puppet",
                                 "{\"send\": \"emit_later\", \"event\": "
                                 "\"{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}\"}");
    assert_string_equal(rig_send(&f->rig, block, &message).reason, "1 taken, 0: ");
    assert_int_equal(f->depth, 5);
}

static void a_worker_emits_too(void **state)
{
    fixture *f = *state;
    outcome out =
        emit_with(f, ", \"workers\": 1", "{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}", 3);
    assert_string_equal(out.reason, "1 taken, 0: ");
    assert_int_equal(f->count, 1);
    assert_int_equal(f->depth, 3);
}

static void a_closed_door_is_busy(void **state)
{
    fixture *f = *state;
    f->answer = TCN_E_BUSY;
    assert_string_equal(
        emit_with(f, "", "{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}", 0).reason,
        "0 taken, -3: the daemon does not take events now");
}

static void without_a_door_there_is_no_emit(void **state)
{
    fixture *f = *state;
    f->rig.plugins->emit = NULL;
    assert_string_equal(
        emit_with(f, "", "{\\\"event\\\":\\\"a.b\\\"," RESOURCE "}", 0).reason,
        "0 taken, -14: no events are taken in here");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_whole_event_goes_in_as_it_is),
    CASE(id_and_time_may_be_left_out),
    CASE(what_is_no_event_is_refused_with_its_field),
    CASE(a_hundred_a_second_are_taken),
    CASE(a_chain_is_cut_after_eight),
    CASE(a_timer_continues_the_chain),
    CASE(a_worker_emits_too),
    CASE(a_closed_door_is_busy),
    CASE(without_a_door_there_is_no_emit),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
