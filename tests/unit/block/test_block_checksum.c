/* SPDX-License-Identifier: Apache-2.0 */
/* test_block_checksum.c - schemas that a Prefect server was sent, with the checksums that
 * it answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/block/checksum.h"

static void agrees_with_a_prefect_server(void **state)
{
    (void)state;
    json_error_t error;
    json_t *schemas = json_load_file(SCHEMAS, 0, &error), *schema;
    size_t i;
    assert_true(json_array_size(schemas) > 5);
    json_array_foreach(schemas, i, schema)
    {
        char got[TCN_CHECKSUM_TEXT];
        const json_t *fields = json_object_get(schema, "fields");
        assert_int_equal(tcn_block_checksum(fields, got), 0);
        assert_string_equal(got, json_string_value(json_object_get(schema, "checksum")));
    }
    json_decref(schemas);
}

static void sum_of(const char *fields, char ret[TCN_CHECKSUM_TEXT])
{
    json_t *parsed = json_loads(fields, 0, NULL);
    assert_non_null(parsed);
    assert_int_equal(tcn_block_checksum(parsed, ret), 0);
    json_decref(parsed);
}

static void texts_are_written_as_python_writes_them(void **state)
{
    (void)state;
    /* sha256 of json.dumps([[FIELDS], {}], sort_keys=True) */
    static const char *const rows[][2] = {
        {"{\"b\": 0.1, \"a\": 1e30, \"c\": [1.0, true, null, -5]}",
         "sha256:af5e52c6c2ed3db6210e02cf688b0452e60d9449d056ed3069e4cef118f12bca"},
        {"{\"a\": \"\\u00e9\\ud83d\\ude00\\u007f\\u0001\\n\\\"\\\\/\"}",
         "sha256:e73bbfc5a506876898cc5837091f9cf45c5b714c4e27601bbfb7f3e94d877f51"},
        {"{}", "sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[TCN_CHECKSUM_TEXT];
        sum_of(rows[i][0], got);
        assert_string_equal(got, rows[i][1]);
    }
}

static void secrets_and_order_do_not_count(void **state)
{
    (void)state;
    char one[TCN_CHECKSUM_TEXT], two[TCN_CHECKSUM_TEXT];
    sum_of("{\"a\": 1, \"secret_fields\": [\"x\"], \"n\": {\"secret_fields\": []}}", one);
    sum_of("{\"n\": {}, \"a\": 1}", two);
    assert_string_equal(one, two);
    sum_of("{\"n\": {}, \"a\": 2}", two);
    assert_string_not_equal(one, two);
}

static void definitions_of_other_blocks_do_not_count(void **state)
{
    (void)state;
    char one[TCN_CHECKSUM_TEXT], two[TCN_CHECKSUM_TEXT];
    sum_of("{\"p\": {\"$ref\": \"#/definitions/B\"}, \"definitions\": {\"B\": "
           "{\"block_type_slug\": \"b\", \"x\": 1}, \"Unused\": {\"y\": 1}}}",
           one);
    sum_of("{\"p\": {\"$ref\": \"#/definitions/B\"}}", two);
    assert_string_equal(one, two);
    sum_of(
        "{\"p\": {\"$ref\": \"#/definitions/B\"}, \"definitions\": {\"B\": {\"x\": 1}}}",
        two);
    assert_string_not_equal(one, two);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(agrees_with_a_prefect_server),
    cmocka_unit_test(texts_are_written_as_python_writes_them),
    cmocka_unit_test(secrets_and_order_do_not_count),
    cmocka_unit_test(definitions_of_other_blocks_do_not_count),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
