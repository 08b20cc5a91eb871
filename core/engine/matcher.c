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

static uint32_t words_in(const tcn_buf *out)
{
    return (uint32_t)(out->len / sizeof(uint32_t));
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
    uint32_t words = words_in(out) - (uint32_t)(at / sizeof(uint32_t));
    if (tcn_buf_status(out) == 0)
        memcpy(out->ptr + at, &words, sizeof words);
}

int tcn_matcher_new(const tcn_trigger *trigger, tcn_matcher **ret)
{
    tcn_matcher head = {
        .expect_count = trigger->expect.count,
        .after_count = trigger->after.count,
        .related_count = trigger->related_count,
    };
    tcn_buf words;
    tcn_buf_init(&words, UINT32_MAX);
    put_globs(&words, &trigger->expect);
    head.after_at = words_in(&words);
    put_globs(&words, &trigger->after);
    head.match_at = words_in(&words);
    put_match(&words, &trigger->match);
    for (uint32_t i = 0; i < trigger->related_count; i++)
        put_match(&words, &trigger->related[i]);
    int rc = tcn_buf_status(&words);
    tcn_matcher *matcher = rc == 0 ? tcn_alloc(sizeof head + words.len) : NULL;
    if (matcher != NULL) {
        *matcher = head;
        memcpy(matcher->words, words.ptr, words.len);
        *ret = matcher;
    } else if (rc == 0) {
        rc = TCN_E_NOMEM;
    }
    tcn_buf_deinit(&words);
    return rc;
}

/* ---- reading ---- */

static const uint32_t *take_text(const uint32_t *at, size_t len, tcn_str *ret)
{
    *ret = tcn_str_of((const char *)at, len);
    return at + (len + sizeof *at - 1) / sizeof *at;
}

/* The glob, borrowing from the words; it is not to be deinited. */
static const uint32_t *take_glob(const uint32_t *at, tcn_glob *ret)
{
    ret->kind = (tcn_glob_kind)(at[0] & 0xff);
    ret->is_negated = (at[0] >> 8 & 1) != 0;
    ret->rest_min = at[0] >> 16;
    ret->program_len = at[2];
    at = take_text(at + 3, at[1], &ret->prefix);
    ret->program = at;
    return at + ret->program_len;
}

/* *at moves behind the globs, whatever the result is. */
static bool globs_match(const uint32_t **at, uint32_t count, const tcn_str *value)
{
    bool is_match = false;
    for (uint32_t i = 0; i < count; i++) {
        tcn_glob glob;
        *at = take_glob(*at, &glob);
        is_match = is_match || (value != NULL && tcn_glob_matches(&glob, *value));
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

bool tcn_matcher_expects(const tcn_matcher *matcher, tcn_str name)
{
    const uint32_t *at = matcher->words;
    return matcher->expect_count == 0 || globs_match(&at, matcher->expect_count, &name);
}

bool tcn_matcher_starts_after(const tcn_matcher *matcher, tcn_str name)
{
    const uint32_t *at = matcher->words + matcher->after_at;
    return globs_match(&at, matcher->after_count, &name);
}

bool tcn_matcher_covers(const tcn_matcher *matcher, const tcn_event *event)
{
    if (!tcn_matcher_expects(matcher, event->name) &&
        !tcn_matcher_starts_after(matcher, event->name))
        return false;
    const uint32_t *match = matcher->words + matcher->match_at;
    if (!resource_meets(match, &event->resource))
        return false;
    for (uint32_t i = 0; i < matcher->related_count; i++) {
        match += match[0];
        if (!related_meets(match, event))
            return false;
    }
    return true;
}
