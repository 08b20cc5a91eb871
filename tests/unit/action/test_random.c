/* SPDX-License-Identifier: Apache-2.0 */
/* test_random.c - random histories of queueing, answers, pauses and blocks that come and
 * go. Whatever happens: places are kept, first attempts of a block start in the order of
 * queueing, attempts are numbered without gaps, and every action ends exactly once. A
 * failure prints its seed. */
#include "support.h"

#define HISTORIES 60
#define STEPS     400
#define BLOCKS    3
#define ROWS_MAX  (STEPS + 1)

typedef struct history {
    fixture *f;
    uint32_t random;
    tcn_block *blocks[BLOCKS];
    uint32_t attempts[ROWS_MAX]; /* seen so far, by id */
    size_t looked_at[BLOCKS];    /* of what the block was sent */
    uint64_t last_first[BLOCKS]; /* id of the last first attempt */
} history;

static uint32_t next_random(history *h, uint32_t limit)
{
    h->random = h->random * 1664525u + 1013904223u;
    return (h->random >> 8) % limit;
}

static void look(history *h)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const tcn_block *block = h->blocks[i];
        assert_true(open_count(block) <= block->info.concurrency);
        for (; h->looked_at[i] < block->sent_count; h->looked_at[i]++) {
            const sent *s = &block->sent[h->looked_at[i]];
            uint64_t id = 0;
            memcpy(&id, s->invocation.bytes, sizeof id);
            assert_int_equal(s->attempt, h->attempts[id] + 1);
            h->attempts[id] = s->attempt;
            assert_string_equal(s->body, "A body");
            if (s->attempt > 1)
                continue;
            assert_true(id > h->last_first[i]);
            h->last_first[i] = id;
        }
    }
    const tcn_dispatcher *dispatcher = h->f->dispatcher;
    assert_true(dispatcher->in_flight - dispatcher->slow_count <= 8 + BLOCKS);
}

static void answer_one(history *h, tcn_block *block)
{
    uint32_t dice = next_random(h, 20);
    if (open_count(block) == 0)
        return;
    if (dice < 10)
        answer(h->f, block, TOCSIN_DONE, 0, 200, "");
    else if (dice < 15)
        answer(h->f, block, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, 500, "HTTP 500");
    else if (dice < 17)
        answer_retry_after(h->f, block, 1000 * next_random(h, 90));
    else
        answer(h->f, block, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, 400, "HTTP 400");
}

static void step(history *h)
{
    static const char *const names[BLOCKS] = {"a", "b", "c"};
    uint32_t i = next_random(h, BLOCKS);
    switch (next_random(h, 8)) {
    case 0:
    case 1:
    case 2:
        queue(h->f, (row_spec){.block = names[i]});
        break;
    case 3:
    case 4:
    case 5:
        answer_one(h, h->blocks[i]);
        break;
    case 6:
        pass_slowly(h->f, next_random(h, 20000) * TCN_MS_US);
        break;
    case 7:
        h->blocks[i]->info.is_ready = next_random(h, 3) > 0;
        break;
    }
    look(h);
}

static void finish_all(history *h)
{
    for (size_t i = 0; i < BLOCKS; i++)
        h->blocks[i]->info.is_ready = true;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            while (open_count(h->blocks[i]) > 0)
                answer(h->f, h->blocks[i], TOCSIN_DONE, 0, 200, "");
        }
        pass_slowly(h->f, 5 * TCN_MINUTE_US);
        look(h);
    }
}

static void check_endings(history *h)
{
    uint32_t endings[ROWS_MAX] = {0};
    for (size_t i = 0; i < h->f->report_count; i++) {
        const tcn_outbox_result *result = &h->f->reports[i]->result;
        assert_int_equal(endings[result->id], 0);
        endings[result->id] += result->outcome != TCN_OUTBOX_RETRY;
    }
    for (uint64_t id = 1; id <= h->f->next_id; id++)
        assert_int_equal(endings[id], 1);
}

static void play(uint32_t seed)
{
    history h = {.f = fixture_new(), .random = seed};
    h.f->dispatcher->options.concurrency = 8;
    h.blocks[0] = add_block(h.f, "a");
    h.blocks[1] = add_block(h.f, "b");
    h.blocks[2] = add_block(h.f, "c");
    h.blocks[1]->info.destination = h.blocks[0]->info.destination;
    h.blocks[2]->info.concurrency = 1 + next_random(&h, 4);
    for (int i = 0; i < STEPS; i++)
        step(&h);
    finish_all(&h);
    check_endings(&h);
    fixture_free(h.f);
}

static void every_history_keeps_the_promises(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= HISTORIES; seed++) {
        print_message("seed %u\n", seed);
        play(seed);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_history_keeps_the_promises),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
