/* SPDX-License-Identifier: Apache-2.0 */
/* test_index.c - the match index against a walk over all triggers, while automations come
 * and go, and the table below it. */
#include "fixture.h"

#include "core/engine/engine_int.h"
#include "core/engine/index_int.h"

#define AUTOMATIONS 600

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static const char *pick(uint32_t *seed, const char *const *items, size_t count)
{
    return items[next_random(seed) % count];
}

/* Many share a name or a glob, some stand alone, some cannot be looked up at all. */
static void random_text(uint32_t *seed, uint32_t i, char *out, size_t size)
{
    static const char *const names[] = {"a.b", "a.*", "*", "a.c", "c.d", "*.b"};
    static const char *const values[] = {"x.1", "x.*", "!x.1", "x.2",
                                         "y",   "*",   "?.1",  "z[a-c]*"};
    static const char *const labels[] = {"prefect.resource.id", "env", "team",
                                         "prefect.resource.role"};
    char own[16];
    (void)snprintf(own, sizeof own, "x.%u", i);
    const char *value = next_random(seed) % 2 == 0 ? own : pick(seed, values, 8);
    (void)snprintf(
        out, size,
        "{\"name\":\"%u\",\"actions\":[],\"trigger\":{\"expect\":[\"%s\",\"%s\"],"
        "\"match\":{\"%s\":[\"%s\",\"%s\"]},\"match_related\":{\"%s\":\"%s\"}}}",
        i, pick(seed, names, 6), pick(seed, names, 6), pick(seed, labels, 4), value,
        pick(seed, values, 8), pick(seed, labels, 4),
        next_random(seed) % 3 == 0 ? own : "*");
}

/* ---- the rules, one by one ---- */

static bool globs_match(const tcn_globs *globs, tcn_str value)
{
    for (uint32_t i = 0; i < globs->count; i++) {
        if (tcn_glob_matches(&globs->items[i], value))
            return true;
    }
    return false;
}

static bool resource_meets(const tcn_match *match, const tcn_resource *resource)
{
    for (uint32_t i = 0; i < match->count; i++) {
        const tcn_str *value = tcn_resource_label(resource, match->tests[i].label);
        if (value == NULL || !globs_match(&match->tests[i].values, *value))
            return false;
    }
    return true;
}

static bool globs_begin(const tcn_globs *globs, tcn_str name)
{
    bool begins = false;
    for (uint32_t i = 0; i < globs->count; i++)
        begins = begins || tcn_glob_begins(&globs->items[i], name);
    return begins;
}

static bool name_is_met(const tcn_trigger *t, tcn_str name)
{
    bool matches = globs_match(&t->expect, name) || globs_match(&t->after, name);
    bool begins = globs_begin(&t->expect, name) || globs_begin(&t->after, name);
    return t->expect.count == 0 || (matches && begins);
}

static bool covers(const tcn_trigger *t, const tcn_event *event)
{
    if (!name_is_met(t, event->name))
        return false;
    if (!resource_meets(&t->match, &event->resource))
        return false;
    for (uint32_t m = 0; m < t->related_count; m++) {
        bool is_met = t->related[m].count == 0;
        for (uint32_t i = 0; i < event->related_count; i++)
            is_met = is_met || resource_meets(&t->related[m], &event->related[i]);
        if (!is_met)
            return false;
    }
    return true;
}

typedef struct tally {
    const tcn_event *event;
    size_t candidates, found;
} tally;

static void count_found(tcn_node *node, uint32_t number, void *ud)
{
    tally *t = ud;
    t->candidates++;
    t->found += tcn_matcher_interest(tcn_node_matcher(node), &t->event[number]) != 0;
}

/* In pieces. */
static void count_crowd(const tcn_index_entry *entry, uint32_t number, void *ud)
{
    const tcn_index_found told = {count_found, count_crowd, ud};
    size_t at = 0;
    do
        at = tcn_index_walk(entry, number, at, 200, &told);
    while (at != 0);
}

static void look_up(tcn_engine *engine, tally *t)
{
    const tcn_index_found told = {count_found, count_crowd, t};
    tcn_index_find(&engine->index, t->event, 1, &told);
}

static size_t count_all(const tcn_engine *engine, const tcn_event *event)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->unit_count; i++)
        count += covers(engine->units[i]->automation->trigger, event);
    return count;
}

static void check_random_event(tcn_engine *engine, uint32_t *seed)
{
    static const char *const names[] = {"a.b", "a.c", "c.d", "a.", "z.b"};
    static const char *const values[] = {"x.1", "x.2", "y", "zb", "", "x."};
    char own[16];
    (void)snprintf(own, sizeof own, "x.%u", next_random(seed) % AUTOMATIONS);
    tcn_label labels[2][3];
    tcn_resource resources[2];
    for (size_t r = 0; r < 2; r++) {
        tcn_str id = next_random(seed) % 2 == 0 ? tcn_str_c(own) : TCN_STR("x.1");
        labels[r][0] = (tcn_label){TCN_STR("prefect.resource.id"), id};
        labels[r][1] = (tcn_label){TCN_STR("env"), tcn_str_c(pick(seed, values, 6))};
        tcn_str role = tcn_str_c(pick(seed, values, 6));
        labels[r][2] = (tcn_label){TCN_STR("prefect.resource.role"), role};
        bool has_role = r == 1 || next_random(seed) % 2 == 0;
        resources[r] =
            (tcn_resource){labels[r], 2 + has_role, id, has_role ? role : TCN_STR("")};
    }
    tcn_event event = {.name = tcn_str_c(pick(seed, names, 5)),
                       .resource = resources[0],
                       .related = &resources[1],
                       .related_count = 1};
    tally t = {.event = &event};
    look_up(engine, &t);
    assert_int_equal(t.found, count_all(engine, &event));
}

static void finds_what_a_walk_over_all_finds(void **state)
{
    (void)state;
    uint32_t seed = 1;
    fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
    for (uint32_t i = 0; i < 3 * AUTOMATIONS; i++) {
        char text[1024];
        char name[16];
        random_text(&seed, i % AUTOMATIONS, text, sizeof text);
        put(f, text);
        (void)snprintf(name, sizeof name, "%u", next_random(&seed) % AUTOMATIONS);
        tcn_uuid id = tcn_automation_file_id(tcn_str_c(name));
        if (i % 3 == 0)
            (void)tcn_engine_remove(f->engine, &id, TCN_REMOVED_BY_HAND, START_US);
        check_random_event(f->engine, &seed);
    }
    while (f->engine->unit_count > 0) {
        tcn_uuid id = f->engine->units[f->engine->unit_count / 2]->id;
        assert_true(tcn_engine_remove(f->engine, &id, TCN_REMOVED_BY_HAND, START_US));
        check_random_event(f->engine, &seed);
    }
    assert_int_equal(f->engine->index.fields.count, 0);
    assert_int_equal(f->engine->index.count, 0);
    fixture_free(f);
}

static void one_of_many_is_found_without_the_others(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
    for (uint32_t i = 0; i < 5000; i++) {
        char text[512];
        (void)snprintf(
            text, sizeof text,
            "{\"name\":\"%u\",\"actions\":[],\"trigger\":{\"expect\":[\"a\"],\"match\":"
            "{\"prefect.resource.id\":[\"r.%u\",\"shared.[a-z]*\"]}}}",
            i, i);
        put(f, text);
    }
    tcn_label label = {TCN_STR("prefect.resource.id"), TCN_STR("r.4321")};
    tcn_event event = {.name = TCN_STR("a"),
                       .resource = {&label, 1, label.value, TCN_STR("")}};
    tally t = {.event = &event};
    look_up(f->engine, &t);
    assert_int_equal(t.found, 1);
    assert_in_range(t.candidates, 1, 2);
    fixture_free(f);
}

/* An own name, and a list of ids: the same one, or others of as many as there are. */
static void put_with_list(fixture *f, uint32_t i, uint32_t values, uint32_t ids,
                          uint32_t *seed)
{
    char text[8192];
    int len = snprintf(text, sizeof text,
                       "{\"name\":\"%u\",\"actions\":[],\"trigger\":{\"expect\":"
                       "[\"own.%u\"],\"match\":{\"prefect.resource.id\":[\"none\"",
                       i, i);
    for (uint32_t v = 0; v < values; v++)
        len += snprintf(text + len, sizeof text - (size_t)len, ",\"v.%u\"",
                        ids > values ? next_random(seed) % ids : v);
    (void)snprintf(text + len, sizeof text - (size_t)len, "]}}}");
    put(f, text);
}

/* Each posting is memory: a list of a hundred in each of 50,000 would be gigabytes. */
static void a_list_is_not_entered_where_one_value_tells_as_much(void **state)
{
    (void)state;
    static const uint32_t ids[] = {100, 2000};
    for (size_t k = 0; k < 2; k++) {
        uint32_t seed = 1;
        fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
        size_t postings = 0;
        for (uint32_t i = 0; i < 300; i++) {
            put_with_list(f, i, 100, ids[k], &seed);
            postings += f->engine->units[i]->nodes[0]->posting_count;
        }
        assert_in_range(postings, 300, 500);
        fixture_free(f);
    }
}

/* Values of triggers that have a thousand: the entry is near the start of a node's
 * postings, also after others of them are gone. */
static void an_entry_is_found_without_a_walk_over_all_postings(void **state)
{
    (void)state;
    fixture *f = fixture_new(&tcn_engine_limits_default, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        char text[8192];
        int len = snprintf(text, sizeof text,
                           "{\"name\":\"%u\",\"actions\":[],\"trigger\":{\"match\":"
                           "{\"prefect.resource.id\":[\"own.%u\"",
                           i, i);
        for (uint32_t v = 0; v < 300; v++)
            len += snprintf(text + len, sizeof text - (size_t)len, ",\"v.%u\"", v);
        (void)snprintf(text + len, sizeof text - (size_t)len, "]}}}");
        put(f, text);
    }
    const tcn_node *node = f->engine->units[0]->nodes[0];
    tcn_uuid other = f->engine->units[1]->id;
    assert_true(tcn_engine_remove(f->engine, &other, TCN_REMOVED_BY_HAND, START_US));
    assert_int_equal(node->posting_count, 301);
    size_t listed = 0;
    for (size_t i = 0; i < node->posting_count; i++) {
        bool is_listed = tcn_index_is_node(node->postings[i].entry->listed);
        assert_true(!is_listed || i < TCN_INDEX_LISTED);
        listed += is_listed;
    }
    assert_int_equal(listed, TCN_INDEX_LISTED);
    fixture_free(f);
}

/* Few hashes in all, and few lines for many of them. */
static uint32_t line_hash(size_t i)
{
    return (uint32_t)(i % 700) / 3 * UINT32_C(0x9e3779b1) & UINT32_C(0xf00000ff);
}

static size_t count_in_lines(const tcn_lines *lines, uint32_t hash, const void *item)
{
    size_t count = 0;
    const tcn_line *line = tcn_lines_look(lines, hash);
    for (; line != NULL; line = line->more)
        for (uint32_t i = 0; i < line->count; i++)
            count += line->hashes[i] == hash && line->items[i] == item;
    return count;
}

static void lines_keep_what_was_added_until_it_is_removed(void **state)
{
    (void)state;
    enum {
        COUNT = 3000
    };
    static char items[COUNT];
    tcn_pool pool = {.chunks = NULL};
    tcn_lines lines = {.pool = &pool, .load = 2};
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(count_in_lines(&lines, line_hash(i), &items[i]), 0);
        assert_int_equal(tcn_lines_add(&lines, line_hash(i), &items[i]), 0);
    }
    for (size_t i = 0; i < COUNT; i += 5)
        tcn_lines_replace(&lines, line_hash(i), &items[i], &items[i] + 1);
    for (size_t i = 0; i < COUNT; i += 5)
        tcn_lines_replace(&lines, line_hash(i), &items[i] + 1, &items[i]);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = round; i < COUNT; i += 3)
            tcn_lines_remove(&lines, line_hash(i), &items[i]);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(count_in_lines(&lines, line_hash(i), &items[i]),
                             i % 3 > round);
    }
    assert_int_equal(lines.count, 0);
    for (uint32_t i = 0; i < lines.used; i++)
        assert_int_equal(lines.marks[i], 0);
    tcn_lines_deinit(&lines);
    tcn_pool_deinit(&pool);
}

typedef struct thing {
    tcn_table_link link;
    uint32_t number;
} thing;

static void a_table_keeps_what_was_added_until_it_is_removed(void **state)
{
    (void)state;
    enum {
        COUNT = 3000
    };
    static thing things[COUNT];
    tcn_table table = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        things[i].number = i;
        assert_int_equal(
            tcn_table_add(&table, &things[i].link, (i / 2) * UINT32_C(2654435761)), 0);
    }
    for (uint32_t i = 0; i < COUNT; i += 3)
        tcn_table_remove(&table, &things[i].link);
    for (uint32_t i = 0; i < COUNT; i++) {
        tcn_table_link *link = tcn_table_first(&table, (i / 2) * UINT32_C(2654435761));
        while (link != NULL && link != &things[i].link)
            link = tcn_table_next(link);
        assert_int_equal(link != NULL, i % 3 != 0);
    }
    uint32_t walked = 0;
    uint32_t chain = 0;
    for (tcn_table_link *link = tcn_table_walk(&table, &chain, NULL); link != NULL;
         link = tcn_table_walk(&table, &chain, link))
        walked++;
    assert_int_equal(walked, table.count);
    tcn_table_deinit(&table);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(finds_what_a_walk_over_all_finds),
    cmocka_unit_test(one_of_many_is_found_without_the_others),
    cmocka_unit_test(a_list_is_not_entered_where_one_value_tells_as_much),
    cmocka_unit_test(an_entry_is_found_without_a_walk_over_all_postings),
    cmocka_unit_test(lines_keep_what_was_added_until_it_is_removed),
    cmocka_unit_test(a_table_keeps_what_was_added_until_it_is_removed),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
