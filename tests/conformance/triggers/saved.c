/* SPDX-License-Identifier: Apache-2.0 */
/* saved.c - see saved.h. */
#include "saved.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/base/alloc.h"
#include "core/engine/state_form.h"

#define INSTANT_AT 112 /* where the ids of the present instant are counted in a head */

void put(tcn_engine *engine, const json_t *document, int64_t now_us)
{
    tcn_uuid id = tcn_automation_file_id(
        tcn_str_c(json_string_value(json_object_get(document, "name"))));
    tcn_automation *automation = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_int_equal(tcn_automation_parse(document, &id, &tcn_automation_limits_default,
                                          &automation, &problems),
                     0);
    tcn_problems_deinit(&problems);
    assert_int_equal(tcn_engine_put_own(engine, automation, now_us), 0);
}

void save_whole(tcn_engine *engine, tcn_buf *out)
{
    bool is_whole = false;
    tcn_buf_reset(out);
    assert_int_equal(tcn_engine_save(engine, true, out, &is_whole), 0);
    assert_true(is_whole);
}

static int compare_records(const void *a, const void *b)
{
    const tcn_str *x = a;
    const tcn_str *y = b;
    if (x->ptr[0] != y->ptr[0])
        return x->ptr[0] - y->ptr[0];
    bool is_ordered = x->ptr[0] == TCN_STATE_UNIT || x->ptr[0] == TCN_STATE_ID;
    if (is_ordered)
        return x->ptr < y->ptr ? -1 : 1;
    int order = memcmp(x->ptr, y->ptr, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(tcn_uuid));
}

/* The ids of the present instant's firings stand in the head in no order, and get one. */
static void sort_instant(tcn_str head)
{
    tcn_reader reader = tcn_reader_of(head);
    reader.pos = INSTANT_AT;
    uint32_t count = tcn_reader_u32(&reader);
    assert_true(head.len >= reader.pos + count * sizeof(tcn_uuid));
    qsort((char *)(uintptr_t)head.ptr + reader.pos, count, sizeof(tcn_uuid), compare_ids);
}

/* The records of a layer in one order, but for the sum. */
static tcn_str *records_of(const tcn_buf *state, size_t *ret_count)
{
    assert_true(state->len > TCN_STATE_BEGIN + TCN_STATE_SUM);
    tcn_str form = tcn_str_of(state->ptr, state->len - TCN_STATE_SUM);
    tcn_str *records = tcn_alloc_array(state->len / 5, sizeof *records);
    assert_non_null(records);
    tcn_reader reader = tcn_reader_of(form);
    reader.pos = TCN_STATE_BEGIN;
    size_t count = 0;
    while (tcn_state_next(&reader, &records[count]))
        count++;
    assert_true(tcn_reader_at_end(&reader));
    sort_instant(records[0]);
    qsort(records, count, sizeof *records, compare_records);
    *ret_count = count;
    return records;
}

void assert_same_state(const tcn_buf *a, const tcn_buf *b)
{
    size_t count_a = 0;
    size_t count_b = 0;
    tcn_str *of_a = records_of(a, &count_a);
    tcn_str *of_b = records_of(b, &count_b);
    assert_int_equal(count_a, count_b);
    for (size_t i = 0; i < count_a; i++) {
        assert_int_equal(of_a[i].len, of_b[i].len);
        assert_memory_equal(of_a[i].ptr, of_b[i].ptr, of_a[i].len);
    }
    tcn_free(of_a);
    tcn_free(of_b);
}
