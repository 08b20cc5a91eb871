/* SPDX-License-Identifier: Apache-2.0 */
/* test_block_secret_fields.c - what the paths of a schema hide, and what they bring back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/block/secret_fields.h"

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    if (json == NULL)
        fail_msg("%s", text);
    return json;
}

static void assert_json(json_t *got, const char *expected)
{
    json_t *wanted = parse(expected);
    if (json_equal(got, wanted) == 0)
        fail_msg("%s is not %s", json_dumps(got, JSON_COMPACT), expected);
    json_decref(wanted);
}

static void masks_what_the_paths_name(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"{\"a\": \"s\", \"b\": \"t\"}", "[\"a\"]",
         "{\"a\": \"********\", \"b\": \"t\"}"},
        {"{\"a\": null}", "[\"a\", \"b\"]", "{\"a\": null}"},
        {"{\"a\": 5, \"b\": {\"c\": \"s\"}}", "[\"a\", \"b.c\"]",
         "{\"a\": \"********\", \"b\": {\"c\": \"********\"}}"},
        {"{\"h\": {\"x\": \"s\", \"y\": {\"z\": \"t\"}, \"n\": null}}", "[\"h.*\"]",
         "{\"h\": {\"x\": \"********\", \"y\": {\"z\": \"********\"}, \"n\": null}}"},
        {"{\"l\": [{\"k\": \"s\"}, {\"k\": \"t\"}]}", "[\"l.k\"]",
         "{\"l\": [{\"k\": \"********\"}, {\"k\": \"********\"}]}"},
        {"{\"a\": \"s\"}", "[5, \"a.b.c\", \"\"]", "{\"a\": \"s\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *data = parse(rows[i][0]), *paths = parse(rows[i][1]);
        assert_int_equal(tcn_secret_fields_mask(data, paths), 0);
        assert_json(data, rows[i][2]);
        json_decref(data);
        json_decref(paths);
    }
}

static void a_mask_that_comes_back_keeps_the_value(void **state)
{
    (void)state;
    json_t *old = parse("{\"a\": \"s\", \"b\": \"t\", \"h\": {\"x\": \"u\"}}");
    json_t *data = parse("{\"a\": \"********\", \"b\": \"new\", \"h\": {\"x\": "
                         "\"********\", \"y\": \"********\"}, \"c\": \"********\"}");
    json_t *paths = parse("[\"a\", \"b\", \"h.*\"]");
    assert_int_equal(tcn_secret_fields_restore(data, old, paths), 0);
    assert_json(data, "{\"a\": \"s\", \"b\": \"new\", \"h\": {\"x\": \"u\", \"y\": "
                      "\"********\"}, \"c\": \"********\"}");
    assert_string_equal(tcn_secret_fields_masked(data, paths), "h.*");
    json_decref(old);
    json_decref(data);
    json_decref(paths);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(masks_what_the_paths_name),
    cmocka_unit_test(a_mask_that_comes_back_keeps_the_value),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
