/* SPDX-License-Identifier: Apache-2.0 */
/* matcher.c - a trigger's conditions as words: globs of expect, globs of after, then
 * match and each of match_related. A match is its length in words, its tests, each with a
 * label and its globs. Texts are filled up to whole words, and the labels that nearly
 * every trigger asks for are a number. A label that a resource lacks matches nothing, not
 * even a negated glob. */
#include "core/engine/matcher.h"

#include "core/base/alloc.h"
#include "core/base/buf.h"

struct tcn_matcher {
    uint32_t expect_count, after_count, related_count;
    uint32_t words[];
};

/* The first word of a glob: kind and negation, then the bytes of its literal start and
 * the fewest behind it, which are at most TCN_GLOB_MAX. Of a program the second word is
 * its length. */
#define KIND_MASK  3u
#define NEGATED    (1u << 2)
#define LEN_SHIFT  3
#define REST_SHIFT 16
#define LEN_MASK   ((1u << (REST_SHIFT - LEN_SHIFT)) - 1)
_Static_assert(TCN_GLOB_MAX <= LEN_MASK, "a glob's lengths have room in a word");

/* The first word of a test is the length of its label, or one of these. */
enum known_label {
    LABEL_ID = UINT32_MAX - 1,
    LABEL_ROLE = UINT32_MAX,
};
static const tcn_str label_id = {"prefect.resource.id", 19};
static const tcn_str label_role = {"prefect.resource.role", 21};

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

static void put_globs(tcn_buf *out, const tcn_globs *globs)
{
    for (uint32_t i = 0; i < globs->count; i++) {
        const tcn_glob *glob = &globs->items[i];
        put(out, (uint32_t)glob->kind | (glob->is_negated ? NEGATED : 0) |
                     (uint32_t)glob->prefix.len << LEN_SHIFT |
                     glob->rest_min << REST_SHIFT);
        if (glob->kind == TCN_GLOB_PROGRAM)
            put(out, glob->program_len);
        put_text(out, glob->prefix);
        (void)tcn_buf_add(out, glob->program, glob->program_len * sizeof *glob->program);
    }
}

static void put_label(tcn_buf *out, tcn_str label)
{
    if (tcn_str_eq(label, label_id)) {
        put(out, LABEL_ID);
    } else if (tcn_str_eq(label, label_role)) {
        put(out, LABEL_ROLE);
    } else {
        put(out, (uint32_t)label.len);
        put_text(out, label);
    }
}

static void put_match(tcn_buf *out, const tcn_match *match)
{
    size_t at = out->len;
    put(out, 0);
    put(out, match->count);
    for (uint32_t i = 0; i < match->count; i++) {
        const tcn_label_test *test = &match->tests[i];
        put_label(out, test->label);
        put(out, test->values.count);
        put_globs(out, &test->values);
    }
    uint32_t words = (uint32_t)((out->len - at) / sizeof(uint32_t));
    if (tcn_buf_status(out) == 0)
        memcpy(out->ptr + at, &words, sizeof words);
}

int tcn_matcher_write(const tcn_trigger *trigger, tcn_buf *out)
{
    const tcn_matcher head = {
        .expect_count = trigger->expect.count,
        .after_count = trigger->after.count,
        .related_count = trigger->related_count,
    };
    (void)tcn_buf_add(out, &head, sizeof head);
    put_globs(out, &trigger->expect);
    put_globs(out, &trigger->after);
    put_match(out, &trigger->match);
    for (uint32_t i = 0; i < trigger->related_count; i++)
        put_match(out, &trigger->related[i]);
    return tcn_buf_status(out);
}

/* ---- reading ---- */

static tcn_glob_kind kind_at(const uint32_t *at)
{
    return (tcn_glob_kind)(at[0] & KIND_MASK);
}
static uint32_t len_at(const uint32_t *at)
{
    return at[0] >> LEN_SHIFT & LEN_MASK;
}
static const uint32_t *text_at(const uint32_t *at)
{
    return at + (kind_at(at) == TCN_GLOB_PROGRAM ? 2 : 1);
}

static const uint32_t *take_text(const uint32_t *at, size_t len, tcn_str *ret)
{
    *ret = tcn_str_of((const char *)at, len);
    return at + (len + sizeof *at - 1) / sizeof *at;
}

static const uint32_t *behind_glob(const uint32_t *at)
{
    uint32_t program_len = kind_at(at) == TCN_GLOB_PROGRAM ? at[1] : 0;
    return text_at(at) + (len_at(at) + sizeof *at - 1) / sizeof *at + program_len;
}

static tcn_glob glob_at(const uint32_t *at)
{
    tcn_glob glob = {.kind = kind_at(at), .rest_min = at[0] >> REST_SHIFT};
    if (glob.kind == TCN_GLOB_PROGRAM)
        glob.program_len = at[1];
    glob.program = take_text(text_at(at), len_at(at), &glob.prefix);
    return glob;
}

static bool program_matches(const uint32_t *at, tcn_str value)
{
    tcn_glob glob = glob_at(at);
    return tcn_glob_matches(&glob, value);
}

static bool glob_matches(const uint32_t *at, tcn_str value)
{
    bool is_negated = (at[0] & NEGATED) != 0;
    size_t len = len_at(at);
    if (kind_at(at) == TCN_GLOB_PROGRAM)
        return program_matches(at, value) != is_negated;
    bool has_length = kind_at(at) == TCN_GLOB_EXACT
                          ? value.len == len
                          : value.len >= len + (at[0] >> REST_SHIFT);
    return (has_length && (len == 0 || memcmp(value.ptr, at + 1, len) == 0)) !=
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

/* The value that a test asks for; *at moves behind the label. */
static const tcn_str *take_value(const uint32_t **at, const tcn_resource *resource)
{
    tcn_str label = label_role;
    uint32_t len = *(*at)++;
    if (len == LABEL_ID)
        return &resource->id;
    if (len == LABEL_ROLE && resource->role.len > 0)
        return &resource->role;
    if (len != LABEL_ROLE)
        *at = take_text(*at, len, &label);
    return tcn_resource_label(resource, label);
}

static bool resource_meets(const uint32_t *match, const tcn_resource *resource)
{
    uint32_t tests = match[1];
    const uint32_t *at = match + 2;
    for (uint32_t i = 0; i < tests; i++) {
        const tcn_str *value = take_value(&at, resource);
        uint32_t count = *at++;
        if (!globs_match(&at, count, value))
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

/* *at moves behind the patterns. */
static unsigned interest_in_name(const tcn_matcher *matcher, tcn_str name,
                                 const uint32_t **at)
{
    bool is_expected =
        globs_match(at, matcher->expect_count, &name) || matcher->expect_count == 0;
    unsigned interest = is_expected ? TCN_EXPECTED : 0;
    if (globs_match(at, matcher->after_count, &name))
        interest |= TCN_STARTS_AFTER;
    return interest;
}

unsigned tcn_matcher_interest(const tcn_matcher *matcher, const tcn_event *event)
{
    const uint32_t *match = matcher->words;
    unsigned interest = interest_in_name(matcher, event->name, &match);
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
