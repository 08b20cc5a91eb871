/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - a trigger's conditions as words: globs of expect, globs of after, then
 * match and each of match_related. A match is its length in words, its tests, each with a
 * label and its globs. Texts are filled up to whole words. A label that a resource lacks
 * matches nothing, not even a negated glob. */
#include "core/engine/matcher.h"

#include "core/base/alloc.h"
#include "core/base/buf.h"

struct tcn_matcher {
    uint32_t expect_count, after_count;
    uint32_t after_at, match_at; /* places in words */
    uint32_t related_count;
    uint32_t words[];
};

/* ---- writing ---- */

static void put(tcn_buf *out, uint32_t word)
{
    (void)tcn_buf_add(out, &word, sizeof word);
}

static void put_text(tcn_buf *out, tcn_str text)
{
    static const char zeros[sizeof(uint32_t)];
    (void)tcn_buf_add_str(out, text);
    (void)tcn_buf_add(out, zeros, -text.len & (sizeof(uint32_t) - 1));
}

/* Words of the matcher that begins there. */
static uint32_t words_since(const tcn_buf *out, size_t from)
{
    return (uint32_t)((out->len - from - sizeof(tcn_matcher)) / sizeof(uint32_t));
}

static void put_globs(tcn_buf *out, const tcn_globs *globs)
{
    for (uint32_t i = 0; i < globs->count; i++) {
        const tcn_glob *glob = &globs->items[i];
        put(out, (uint32_t)glob->kind | (uint32_t)glob->is_negated << 8 |
                     glob->rest_min << 16);
        put(out, (uint32_t)glob->prefix.len);
        put(out, glob->program_len);
        put_text(out, glob->prefix);
        (void)tcn_buf_add(out, glob->program, glob->program_len * sizeof *glob->program);
    }
}

static void put_match(tcn_buf *out, const tcn_match *match)
{
    size_t at = out->len;
    put(out, 0);
    put(out, match->count);
    for (uint32_t i = 0; i < match->count; i++) {
        const tcn_label_test *test = &match->tests[i];
        put(out, (uint32_t)test->label.len);
        put(out, test->values.count);
        put_text(out, test->label);
        put_globs(out, &test->values);
    }
    uint32_t words = (uint32_t)((out->len - at) / sizeof(uint32_t));
    if (tcn_buf_status(out) == 0)
        memcpy(out->ptr + at, &words, sizeof words);
}

int tcn_matcher_write(const tcn_trigger *trigger, tcn_buf *out)
{
    tcn_matcher head = {
        .expect_count = trigger->expect.count,
        .after_count = trigger->after.count,
        .related_count = trigger->related_count,
    };
    size_t from = out->len;
    (void)tcn_buf_add(out, &head, sizeof head);
    put_globs(out, &trigger->expect);
    head.after_at = words_since(out, from);
    put_globs(out, &trigger->after);
    head.match_at = words_since(out, from);
    put_match(out, &trigger->match);
    for (uint32_t i = 0; i < trigger->related_count; i++)
        put_match(out, &trigger->related[i]);
    if (tcn_buf_status(out) == 0)
        memcpy(out->ptr + from, &head, sizeof head);
    return tcn_buf_status(out);
}

/* ---- reading ---- */

static const uint32_t *take_text(const uint32_t *at, size_t len, tcn_str *ret)
{
    *ret = tcn_str_of((const char *)at, len);
    return at + (len + sizeof *at - 1) / sizeof *at;
}

/* A glob's words: kind, negation and rest_min; lengths of prefix and program; these two.
 */
static const uint32_t *behind_glob(const uint32_t *at)
{
    return at + 3 + (at[1] + sizeof *at - 1) / sizeof *at + at[2];
}

static tcn_glob glob_at(const uint32_t *at)
{
    tcn_glob glob = {.kind = (tcn_glob_kind)(at[0] & 0xff),
                     .rest_min = at[0] >> 16,
                     .program_len = at[2]};
    glob.program = take_text(at + 3, at[1], &glob.prefix);
    return glob;
}

static bool program_matches(const uint32_t *at, tcn_str value)
{
    tcn_glob glob = glob_at(at);
    return tcn_glob_matches(&glob, value);
}

static bool glob_matches(const uint32_t *at, tcn_str value)
{
    tcn_glob_kind kind = (tcn_glob_kind)(at[0] & 0xff);
    bool is_negated = (at[0] >> 8 & 1) != 0;
    size_t len = at[1];
    size_t least = kind == TCN_GLOB_PREFIX ? len + (at[0] >> 16) : len;
    if (kind == TCN_GLOB_PROGRAM)
        return program_matches(at, value) != is_negated;
    bool has_length = kind == TCN_GLOB_EXACT ? value.len == len : value.len >= least;
    return (has_length && (len == 0 || memcmp(value.ptr, at + 3, len) == 0)) !=
           is_negated;
}

/* *at moves behind the globs, whatever the result is. */
static bool globs_match(const uint32_t **at, uint32_t count, const tcn_str *value)
{
    bool is_match = false;
    for (uint32_t i = 0; i < count; i++) {
        is_match = is_match || (value != NULL && glob_matches(*at, *value));
        *at = behind_glob(*at);
    }
    return is_match;
}

static bool resource_meets(const uint32_t *match, const tcn_resource *resource)
{
    uint32_t tests = match[1];
    const uint32_t *at = match + 2;
    for (uint32_t i = 0; i < tests; i++) {
        tcn_str label;
        uint32_t count = at[1];
        at = take_text(at + 2, at[0], &label);
        if (!globs_match(&at, count, tcn_resource_label(resource, label)))
            return false;
    }
    return true;
}

static bool related_meets(const uint32_t *match, const tcn_event *event)
{
    bool is_met = match[1] == 0; /* it asks for nothing */
    for (uint32_t i = 0; i < event->related_count && !is_met; i++)
        is_met = resource_meets(match, &event->related[i]);
    return is_met;
}

/* Of the patterns of both lists one is enough. */
static bool name_begins(const tcn_matcher *matcher, tcn_str name)
{
    const uint32_t *at = matcher->words;
    uint32_t count = matcher->expect_count + matcher->after_count;
    bool begins = matcher->expect_count == 0;
    for (uint32_t i = 0; i < count && !begins; i++) {
        tcn_glob glob = glob_at(at);
        begins = tcn_glob_begins(&glob, name);
        at = behind_glob(at);
    }
    return begins;
}

static unsigned interest_in_name(const tcn_matcher *matcher, tcn_str name)
{
    const uint32_t *at = matcher->words;
    unsigned interest = 0;
    if (matcher->expect_count == 0 || globs_match(&at, matcher->expect_count, &name))
        interest |= TCN_EXPECTED;
    at = matcher->words + matcher->after_at;
    if (globs_match(&at, matcher->after_count, &name))
        interest |= TCN_STARTS_AFTER;
    return interest;
}

unsigned tcn_matcher_interest(const tcn_matcher *matcher, const tcn_event *event)
{
    unsigned interest = interest_in_name(matcher, event->name);
    const uint32_t *match = matcher->words + matcher->match_at;
    if (interest == 0 || !name_begins(matcher, event->name) ||
        !resource_meets(match, &event->resource))
        return 0;
    for (uint32_t i = 0; i < matcher->related_count; i++) {
        match += match[0];
        if (!related_meets(match, event))
            return 0;
    }
    return interest;
}
