/* SPDX-License-Identifier: Apache-2.0 */
/* test_uuid.c - the forms of UUIDs. */
#include "core/base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_every_form(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "0199aaaa-0000-7000-8000-0000000000ef",
        "0199AAAA-0000-7000-8000-0000000000EF",
        "0199aaaa0000700080000000000000ef",
        "{0199aaaa-0000-7000-8000-0000000000ef}",
        "urn:uuid:0199aaaa-0000-7000-8000-0000000000ef",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        tcn_uuid id;
        char text[TCN_UUID_TEXT + 1];
        if (!tcn_uuid_parse(tcn_str_c(forms[i]), &id))
            fail_msg("%s was refused", forms[i]);
        assert_string_equal(tcn_uuid_format(&id, text), forms[0]);
    }
}

static void refuses_other_text(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "",
        "zzz",
        "0199aaaa-0000-7000-8000-0000000000e",
        "0199aaaa-0000-7000-8000-0000000000eff",
        "0199aaaa-0000-7000-8000-0000000000eg",
        "0199aaaa-0000-7000-80000-000000000ef",
        "0199aaaa_0000_7000_8000_0000000000ef",
        "0199aaaa00007000800000000000000g",
        "{0199aaaa-0000-7000-8000-0000000000ef)",
        "urn:UUID:0199aaaa-0000-7000-8000-0000000000ef",
        " 0199aaaa-0000-7000-8000-0000000000ef",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        tcn_uuid id;
        if (tcn_uuid_parse(tcn_str_c(forms[i]), &id))
            fail_msg("%s was taken", forms[i]);
    }
    tcn_uuid id;
    assert_false(tcn_uuid_parse((tcn_str){0}, &id));
}

static void random_ids_differ_and_say_their_version(void **state)
{
    (void)state;
    tcn_uuid a = tcn_uuid_v4(), b = tcn_uuid_v4();
    assert_false(tcn_uuid_eq(&a, &b));
    assert_int_equal(a.bytes[6] >> 4, 4);
    assert_int_equal(a.bytes[8] >> 6, 2);
    tcn_uuid nil = {0};
    assert_true(tcn_uuid_is_nil(&nil));
    assert_false(tcn_uuid_is_nil(&a));
}

/* Pinned: another value would change every derived id of every installation. */
static void named_ids_never_change(void **state)
{
    (void)state;
    char text[TCN_UUID_TEXT + 1];
    tcn_uuid id = tcn_uuid_v5("automation", 10);
    assert_string_equal(tcn_uuid_format(&id, text),
                        "0cc54224-4000-53af-8a9d-5c7a674431ea");
    id = tcn_uuid_v5_named("automation", TCN_STR("late orders"));
    assert_string_equal(tcn_uuid_format(&id, text),
                        "12c1da8a-3d1f-505e-a479-26f62532eb98");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_every_form),
    cmocka_unit_test(refuses_other_text),
    cmocka_unit_test(random_ids_differ_and_say_their_version),
    cmocka_unit_test(named_ids_never_change),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
