/* SPDX-License-Identifier: Apache-2.0 */
/* test_json_list.c - a list read item by item is what jansson reads of it in one piece,
 * and what it refuses is refused. */
#include "core/value/json_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/value/document.h"

/* A new reference; NULL: it is no list, or an item is no JSON. */
static json_t *read_by_item(tcn_str text)
{
    tcn_json_list list = {0};
    json_t *all = NULL;
    if (tcn_json_list_cut(&list, text, "key") > 0)
        all = json_array();
    for (size_t i = 0; all != NULL && i < list.count; i++) {
        json_t *item = NULL;
        if (tcn_json_list_read(&list, i, &item) == 0) {
            (void)json_array_append_new(all, item);
        } else {
            json_decref(all);
            all = NULL;
        }
    }
    tcn_json_list_deinit(&list);
    return all;
}

/* The same of one piece. */
static json_t *read_whole(tcn_str text)
{
    json_t *whole = NULL;
    if (tcn_document_read(text, &whole, NULL) < 0)
        return NULL;
    json_t *list = json_is_array(whole)           ? whole
                   : json_object_size(whole) == 1 ? json_object_get(whole, "key")
                                                  : NULL;
    list = json_is_array(list) ? json_incref(list) : NULL;
    json_decref(whole);
    return list;
}

/* True: it is a list. */
static bool compare(tcn_str text)
{
    json_t *own = read_by_item(text), *expected = read_whole(text);
    bool is_same = own == expected || json_equal(own, expected);
    if (!is_same)
        fail_msg("%.*s is %sread", (int)text.len, text.ptr, own != NULL ? "" : "not ");
    json_decref(own);
    json_decref(expected);
    return own != NULL;
}

static void lists_are_cut(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "[]",
        " [ \n ] ",
        "[1]",
        "[1, \"a,]}b\", [2, {}], {\"c\": [3], \"d\": {\"e\": null}}]",
        "[\"\\\"\", \"\\\\\", \"\\\\\\\",\", \"[\", \"{\"]",
        "\t[\r\n true\t,\nfalse\r] ",
        "{\"key\": [1, {\"key\": 2}]}",
        " { \"key\" : [ ] } ",
    };
    for (size_t i = 0; i < TCN_COUNT(lists); i++)
        if (!compare(tcn_str_c(lists[i])))
            fail_msg("%s is not read", lists[i]);
}

static void what_is_no_list_is_left_alone(void **state)
{
    (void)state;
    static const char *const others[] = {
        "",
        " ",
        "1",
        "{}",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "[[1}]",
        "[1]]",
        "[1] 2",
        "[\"a]",
        "[\"a\\",
        "[{\"a\": 1, \"a\": 2}]",
        "[\"\\u0000\"]",
        "[\"\x01\"]",
        "[\"\xff\"]",
        "[1,\v2]",
        "- 1",
        "[a]",
        "{\"key\": 1}",
        "{\"keys\": [1]}",
        "{\"ke\": [1]}",
        "{\"key\": [1], \"other\": 2}",
        "{\"key\": [1], \"key\": [2]}",
        "{\"key\": [1]",
        "{\"key\": [1}]",
        "{\"key\"",
        "{\"key",
    };
    for (size_t i = 0; i < TCN_COUNT(others); i++)
        if (compare(tcn_str_c(others[i])))
            fail_msg("%s is read", others[i]);
}

static bool is_read_at_depth(int depth, const char *before, const char *behind)
{
    char text[400];
    int len = snprintf(text, sizeof text, "%s", before);
    for (int i = 0; i < depth; i++)
        text[len++] = '[';
    for (int i = 0; i < depth; i++)
        text[len++] = ']';
    len += snprintf(text + len, sizeof text - (size_t)len, "%s", behind);
    return compare(tcn_str_of(text, (size_t)len));
}

static void nesting_has_its_limit(void **state)
{
    (void)state;
    assert_true(is_read_at_depth(TCN_DOCUMENT_DEPTH, "", ""));
    assert_false(is_read_at_depth(TCN_DOCUMENT_DEPTH + 1, "", ""));
    assert_true(is_read_at_depth(TCN_DOCUMENT_DEPTH - 1, "{\"key\":", "}"));
    assert_false(is_read_at_depth(TCN_DOCUMENT_DEPTH, "{\"key\":", "}"));
}

/* One to three characters of a list become other ones. */
static void spoilt_lists_are_read_as_jansson_reads_them(void **state)
{
    (void)state;
    static const char from[] =
        "{\"key\": [1.5, {\"a\": [\"b\", \"c\\\\\"]}, \"\\\"\", -2]}";
    static const char other[] = "[]{},:\"\\ 1ea\n";
    uint32_t random = 1;
    size_t lists = 0;
    for (int round = 0; round < 20000; round++) {
        char text[sizeof from];
        memcpy(text, from, sizeof from);
        for (int i = 0; i <= round % 3; i++) {
            random = random * 1664525 + 1013904223;
            text[(random >> 8) % (sizeof from - 1)] =
                other[(random >> 20) % (sizeof other - 1)];
        }
        size_t key = sizeof "{\"key\": " - 1;
        lists += compare(tcn_str_of(text, sizeof from - 1));
        lists += compare(tcn_str_of(text + key, sizeof from - 2 - key));
    }
    assert_in_range(lists, 1000, 39000);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(lists_are_cut),
    cmocka_unit_test(what_is_no_list_is_left_alone),
    cmocka_unit_test(nesting_has_its_limit),
    cmocka_unit_test(spoilt_lists_are_read_as_jansson_reads_them),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
