/* SPDX-License-Identifier: Apache-2.0 */
/* test_address.c - which texts are mailboxes, and what becomes of domains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "address.h"

static void takes_mailboxes_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *spec, *name;
    } good[] = {
        {"a@b.example", "a@b.example", ""},
        {" a@b.example ", "a@b.example", ""},
        {"<a@b.example>", "a@b.example", ""},
        {"Ann <a@b.example>", "a@b.example", "Ann"},
        {"Ann B. Clark <a@b.example>", "a@b.example", "Ann B. Clark"},
        {"\"Clark, Ann\" <a@b.example>", "a@b.example", "Clark, Ann"},
        {"\"a \\\"b\\\" \\\\ c\" <a@b.example>", "a@b.example", "a \"b\" \\ c"},
        {"Änn <a@b.example>", "a@b.example", "Änn"},
        {"a.b+c_d-e@B.Example", "a.b+c_d-e@b.example", ""},
        {"!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~@x", ""},
        {"\"a@b\"@x.example", "\"a@b\"@x.example", ""},
        {"a@[192.0.2.1]", "a@[192.0.2.1]", ""},
        {"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]", ""},
        {"a@localhost", "a@localhost", ""},
        {"mü@x.example", "mü@x.example", ""},
        {"a@Bücher.example", "a@xn--bcher-kva.example", ""},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        address a;
        const char *wrong = address_parse(tocsin_str_of(good[i].text), &a);
        if (wrong != NULL)
            fail_msg("%s %s", good[i].text, wrong);
        assert_string_equal(a.spec, good[i].spec);
        assert_string_equal(a.name, good[i].name);
    }
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "a",
        "@b",
        "a@",
        "a@b@",
        "a b@x",
        "a@b c",
        ".a@x",
        "a.@x",
        "a..b@x",
        "a@.x",
        "a@x.",
        "a@x..y",
        "a@-x",
        "a@x-",
        "a@x y",
        "a(comment)@x",
        "a@x (comment)",
        "(comment) <a@x>",
        "Ann, Bob <a@x>",
        "group: a@x;",
        "@route:a@x",
        "<@route:a@x>",
        "a@x, b@x",
        "Ann <a@x",
        "a@x>",
        "Ann <a@x> more",
        "\"Ann <a@x>",
        "\"An\"n\" <a@x>",
        "<<a@x>>",
        "\"a b\"@x",
        "\"a>b\"@x",
        "\"a\"b\"@x",
        "a@[1.2.3.4",
        "a@[x y]",
        "a@\xff\xfe",
        "a@x\xe2\x80\xa8y",
        "a\xc2\x85@x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        address a;
        if (address_parse(tocsin_str_of(bad[i]), &a) == NULL)
            fail_msg("\"%s\" was taken for %s", bad[i], a.spec);
    }
}

static void says_that_a_line_break_is_one(void **state)
{
    (void)state;
    static const char *const bad[] = {"a@x\r\nBcc: b@y", "a@x\n", "\ra@x",
                                      "Ann\r\nX: y <a@x>"};
    address a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(address_parse(tocsin_str_of(bad[i]), &a),
                            "holds a line break");
    assert_string_equal(address_parse(tocsin_str_part("a\0@x", 4), &a),
                        "holds a line break");
    assert_string_equal(address_parse(tocsin_str_of("a\x01@x"), &a),
                        "holds a control character");
}

static void keeps_to_the_lengths(void **state)
{
    (void)state;
    char text[600];
    address a;
    (void)snprintf(text, sizeof text, "%064d@x", 0);
    assert_null(address_parse(tocsin_str_of(text), &a));
    (void)snprintf(text, sizeof text, "%065d@x", 0);
    assert_non_null(address_parse(tocsin_str_of(text), &a));
    (void)snprintf(text, sizeof text, "a@%063d.%063d.%063d.%058d", 0, 0, 0, 0);
    assert_int_equal(strlen(text), 252);
    assert_null(address_parse(tocsin_str_of(text), &a));
    (void)snprintf(text, sizeof text, "abc@%063d.%063d.%063d.%059d", 0, 0, 0, 0);
    assert_int_equal(strlen(text), 255);
    assert_non_null(address_parse(tocsin_str_of(text), &a));
    (void)snprintf(text, sizeof text, "a@%064d", 0);
    assert_non_null(address_parse(tocsin_str_of(text), &a));
    (void)snprintf(text, sizeof text, "%0257d <a@x>", 0);
    assert_non_null(address_parse(tocsin_str_of(text), &a));
}

/* From RFC 3492, section 7.1, and from life. */
static void makes_a_labels(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *ascii;
    } rows[] = {
        {"example.org", "example.org"},
        {"EXAMPLE.Org", "example.org"},
        {"Bücher.example", "xn--bcher-kva.example"},
        {"münchen.de", "xn--mnchen-3ya.de"},
        {"ÜBER.example", "xn--ber-goa.example"},
        {"пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"},
        {"ПРИМЕР.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"},
        {"他们为什么不说中文.cn", "xn--ihqwcrb4cv8a8dqg056pqjye.cn"},
        {"почемужеонинеговорятпорусски.ru", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l.ru"},
        {"3年b組金八先生.jp", "xn--3b-ww4c5e180e575a65lsy2b.jp"},
        {"faß.de", "xn--fa-hia.de"},
        {"😀.example", "xn--e28h.example"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[256];
        const char *wrong =
            domain_to_ascii(tocsin_str_of(rows[i].domain), out, sizeof out);
        if (wrong != NULL)
            fail_msg("%s %s", rows[i].domain, wrong);
        assert_string_equal(out, rows[i].ascii);
    }
}

static void writes_no_domain_beyond_its_room(void **state)
{
    (void)state;
    char out[8];
    assert_null(domain_to_ascii(tocsin_str_of("abc.def"), out, sizeof out));
    assert_non_null(domain_to_ascii(tocsin_str_of("abc.defg"), out, sizeof out));
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(takes_mailboxes_apart),
    cmocka_unit_test(refuses_what_is_none),
    cmocka_unit_test(says_that_a_line_break_is_one),
    cmocka_unit_test(keeps_to_the_lengths),
    cmocka_unit_test(makes_a_labels),
    cmocka_unit_test(writes_no_domain_beyond_its_room),
};

int main(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
