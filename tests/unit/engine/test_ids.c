/* SPDX-License-Identifier: Apache-2.0 */
/* test_ids.c - the memory of ids against a plain list of all that ever came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/compiler.h"
#include "core/engine/ids.h"

#define COUNT  30000
#define KNOWN  9000 /* different ids: most come again */
#define FRESH  UINT64_C(1000000)
#define LIMITS 3

typedef struct came {
    uint64_t number;
    int64_t at_us;
} came;

typedef struct list {
    came items[COUNT];
    size_t first, count;
} list;

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static tcn_uuid id_of(uint64_t number)
{
    tcn_uuid id = {.bytes = {0}};
    memcpy(id.bytes + 3, &number, sizeof number);
    return id;
}

static bool list_has(const list *l, uint64_t number, int64_t now_us)
{
    for (size_t i = l->count; i > l->first; i--) {
        const came *c = &l->items[i - 1];
        if (c->at_us + TCN_IDS_KEPT_US <= now_us)
            return false;
        if (c->number == number)
            return true;
    }
    return false;
}

/* What is over, and what is too much, goes before one comes. */
static void list_add(list *l, uint64_t number, int64_t now_us, size_t limit)
{
    while (l->first < l->count && (l->items[l->first].at_us + TCN_IDS_KEPT_US <= now_us ||
                                   l->count - l->first >= limit))
        l->first++;
    l->items[l->count++] = (came){number, now_us};
}

static void tells_what_came_within_its_time(void **state)
{
    (void)state;
    static const size_t limits[LIMITS] = {100, 2500, 1000000};
    for (size_t k = 0; k < LIMITS; k++) {
        static list known;
        known = (list){.count = 0};
        tcn_ids ids;
        tcn_ids_init(&ids, limits[k], k);
        uint32_t seed = 1;
        int64_t now_us = 0;
        while (known.count < COUNT) {
            now_us += next_random(&seed) % 2000000;
            uint64_t number = next_random(&seed) % KNOWN;
            tcn_uuid id = id_of(number);
            bool is_known = list_has(&known, number, now_us);
            assert_int_equal(tcn_ids_has(&ids, &id, now_us), is_known);
            assert_int_equal(tcn_ids_meet(&ids, &id, now_us), is_known);
            if (!is_known)
                list_add(&known, number, now_us, limits[k]);
            assert_int_equal(tcn_ids_count(&ids), known.count - known.first);
        }
        assert_int_equal(ids.added, COUNT);
        tcn_ids_deinit(&ids);
    }
}

typedef struct reading {
    const list *known;
    size_t at;
} reading;

static void is_next(const tcn_uuid *id, int64_t at_us, void *ud)
{
    reading *r = ud;
    const came *c = &r->known->items[r->at++];
    tcn_uuid expected = id_of(c->number);
    assert_true(tcn_uuid_eq(id, &expected));
    assert_int_equal(at_us, c->at_us);
}

/* Each once and in order, also those that are forgotten before their turn. */
static void reads_what_was_there_while_others_come_and_go(void **state)
{
    (void)state;
    static list known;
    tcn_ids ids;
    tcn_ids_init(&ids, 5000, 7);
    uint32_t seed = 1;
    for (uint64_t i = 0; i < 10000; i++) {
        tcn_uuid id = id_of(FRESH + i);
        list_add(&known, FRESH + i, (int64_t)i, 5000);
        assert_int_equal(tcn_ids_add(&ids, &id, (int64_t)i), 0);
    }
    reading r = {&known, 6500};
    tcn_ids_read_begin(&ids, 6500, is_next, &r);
    assert_int_equal(tcn_ids_unread(&ids), 3500);
    for (uint64_t i = 10000; tcn_ids_unread(&ids) > 0; i++) {
        tcn_uuid id = id_of(FRESH + i);
        assert_int_equal(tcn_ids_add(&ids, &id, (int64_t)i), 0);
        if (next_random(&seed) % 3 == 0 && tcn_ids_unread(&ids) > 0)
            tcn_ids_read(&ids);
    }
    assert_int_equal(r.at, 10000);
    tcn_ids_deinit(&ids);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(tells_what_came_within_its_time),
    cmocka_unit_test(reads_what_was_there_while_others_come_and_go),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
