/* SPDX-License-Identifier: Apache-2.0 */
/* glob.c - patterns as a literal prefix and a short program. Nearly all patterns in use
 * are exact or "prefix*" and never reach the program. `[seq]` follows Python's
 * fnmatch.translate: a `]` first is ordinary, "z-a" is an empty range, "[z-a]" matches
 * nothing and "[!z-a]" any character. */
#include "core/engine/glob.h"

#include "core/base/alloc.h"
#include "core/base/err.h"

/* Words of a program: a code point, or one of these. SET is followed by: negated, number
 * of ranges, then first and last of each. */
enum {
    OP_ANY = 0x40000000,
    OP_STAR,
    OP_SET,
};

typedef struct compiler {
    uint32_t *out; /* 4 words a byte of pattern are always enough */
    size_t len;
} compiler;

static void emit(compiler *c, uint32_t word)
{
    c->out[c->len++] = word;
}

/* ---- sets ---- */

/* The inside of a [..]: code points, with the hyphens that make ranges marked. */
typedef struct set_text {
    uint32_t cp[TCN_GLOB_MAX];
    bool is_range[TCN_GLOB_MAX];
    size_t len;
} set_text;

/* A hyphen makes a range unless it is first or last, or follows a range at once. */
static void mark_ranges(set_text *set, size_t first)
{
    for (size_t i = first + 1; i + 1 < set->len; i++) {
        if (set->cp[i] != '-')
            continue;
        set->is_range[i] = true;
        i += 2;
    }
}

static void erase(set_text *set, size_t at, size_t count)
{
    for (size_t i = at; i + count < set->len; i++) {
        set->cp[i] = set->cp[i + count];
        set->is_range[i] = set->is_range[i + count];
    }
    set->len -= count;
}

static void drop_empty_ranges(set_text *set)
{
    for (size_t i = set->len; i-- > 0;) {
        if (set->is_range[i] && set->cp[i - 1] > set->cp[i + 1])
            erase(set, i - 1, 3);
    }
}

static void emit_set(compiler *c, set_text *set)
{
    bool is_negated = set->len > 0 && set->cp[0] == '!';
    mark_ranges(set, is_negated ? 1 : 0);
    drop_empty_ranges(set);
    size_t at = is_negated ? 1 : 0;
    if (is_negated && set->len == 1) {
        emit(c, OP_ANY);
        return;
    }
    emit(c, OP_SET);
    emit(c, is_negated);
    size_t count_at = c->len;
    emit(c, 0);
    while (at < set->len) {
        bool is_range = at + 2 < set->len && set->is_range[at + 1];
        emit(c, set->cp[at]);
        emit(c, set->cp[is_range ? at + 2 : at]);
        c->out[count_at]++;
        at += is_range ? 3 : 1;
    }
}

/* Reads the set whose '[' stands before *pos. False: there is no ']', the '[' is
 * ordinary. */
static bool read_set(tcn_str text, size_t *pos, set_text *set)
{
    size_t at = *pos;
    size_t end = at;
    if (end < text.len && text.ptr[end] == '!')
        end++;
    if (end < text.len && text.ptr[end] == ']')
        end++;
    while (end < text.len && text.ptr[end] != ']')
        end++;
    if (end >= text.len)
        return false;
    set->len = 0;
    while (at < end) {
        set->is_range[set->len] = false;
        set->cp[set->len++] = tcn_utf8_decode(text, &at);
    }
    *pos = end + 1;
    return true;
}

/* ---- compiling ---- */

static int compile_label(compiler *c, tcn_str text)
{
    set_text *set = NULL;
    size_t pos = 0;
    while (pos < text.len) {
        uint32_t cp = tcn_utf8_decode(text, &pos);
        if (cp == '*') {
            if (c->len == 0 || c->out[c->len - 1] != OP_STAR)
                emit(c, OP_STAR);
        } else if (cp == '?') {
            emit(c, OP_ANY);
        } else if (cp == '[') {
            if (set == NULL)
                set = tcn_alloc(sizeof *set);
            if (set == NULL)
                return TCN_E_NOMEM;
            if (read_set(text, &pos, set))
                emit_set(c, set);
            else
                emit(c, cp);
        } else {
            emit(c, cp);
        }
    }
    tcn_free(set);
    return 0;
}

static int compile_name(compiler *c, tcn_str text)
{
    size_t pos = 0;
    while (pos < text.len) {
        uint32_t cp = tcn_utf8_decode(text, &pos);
        emit(c, cp == '*' ? OP_STAR : cp);
    }
    return 0;
}

static size_t utf8_size(uint32_t cp)
{
    char out[4];
    return tcn_utf8_encode(cp, out);
}

/* Moves the code points at the start of the program into glob->prefix. */
static int take_prefix(tcn_glob *glob, const compiler *c)
{
    size_t words = 0;
    size_t bytes = 0;
    while (words < c->len && c->out[words] < OP_ANY)
        bytes += utf8_size(c->out[words++]);
    char *prefix = tcn_alloc(bytes + 1);
    if (prefix == NULL)
        return TCN_E_NOMEM;
    size_t len = 0;
    for (size_t i = 0; i < words; i++)
        len += tcn_utf8_encode(c->out[i], prefix + len);
    prefix[len] = '\0';
    glob->prefix = tcn_str_of(prefix, len);

    const uint32_t *rest = c->out + words;
    size_t rest_len = c->len - words;
    if (rest_len == 0) {
        glob->kind = TCN_GLOB_EXACT;
    } else if (rest_len == 1 && rest[0] == OP_STAR) {
        glob->kind = TCN_GLOB_PREFIX;
    } else if (rest_len == 2 && rest[0] == OP_ANY && rest[1] == OP_STAR) {
        glob->kind = TCN_GLOB_PREFIX;
        glob->rest_min = 1;
    } else {
        glob->kind = TCN_GLOB_PROGRAM;
        uint32_t *program = tcn_alloc_array(rest_len, sizeof *rest);
        if (program == NULL)
            return TCN_E_NOMEM;
        memcpy(program, rest, rest_len * sizeof *rest);
        glob->program = program;
        glob->program_len = (uint32_t)rest_len;
    }
    return 0;
}

static int init(tcn_glob *glob, tcn_str text, int (*compile)(compiler *, tcn_str))
{
    compiler c = {tcn_alloc_array(4 * text.len + 1, sizeof *c.out), 0};
    if (c.out == NULL)
        return TCN_E_NOMEM;
    int rc = compile(&c, text);
    if (rc == 0)
        rc = take_prefix(glob, &c);
    tcn_free(c.out);
    if (rc < 0)
        tcn_glob_deinit(glob);
    return rc;
}

int tcn_glob_init_label(tcn_glob *glob, tcn_str text)
{
    *glob = (tcn_glob){0};
    if (text.len > 0 && text.ptr[0] == '!') {
        glob->is_negated = true;
        text = tcn_str_of(text.ptr + 1, text.len - 1);
    }
    return init(glob, text, compile_label);
}

int tcn_glob_init_name(tcn_glob *glob, tcn_str text)
{
    *glob = (tcn_glob){0};
    return init(glob, text, compile_name);
}

void tcn_glob_deinit(tcn_glob *glob)
{
    tcn_free((char *)(uintptr_t)glob->prefix.ptr);
    tcn_free((uint32_t *)(uintptr_t)glob->program);
    *glob = (tcn_glob){0};
}

/* ---- matching ---- */

/* Words of the operation at op. */
static size_t op_len(const uint32_t *op)
{
    return op[0] == OP_SET ? 3 + 2 * (size_t)op[2] : 1;
}

static bool accepts(const uint32_t *op, uint32_t cp)
{
    if (op[0] == OP_ANY)
        return true;
    if (op[0] != OP_SET)
        return op[0] == cp;
    bool is_in = false;
    for (uint32_t i = 0; i < op[2] && !is_in; i++)
        is_in = op[3 + 2 * i] <= cp && cp <= op[4 + 2 * i];
    return is_in != (op[1] != 0);
}

/* Only the last star seen has to be tried again: what an earlier one could do, a later
 * one can. is_start: a start of the text is enough, but each star takes a character. */
static bool run(const tcn_glob *glob, tcn_str text, bool is_start)
{
    size_t op = 0;
    size_t pos = 0;
    size_t star_op = SIZE_MAX;
    size_t star_pos = 0;
    while (op < glob->program_len || (pos < text.len && !is_start)) {
        if (op < glob->program_len && glob->program[op] == OP_STAR) {
            if (is_start && pos == text.len)
                return false;
            if (is_start)
                (void)tcn_utf8_decode(text, &pos);
            star_op = ++op;
            star_pos = pos;
            if (op == glob->program_len)
                return true;
            continue;
        }
        size_t next = pos;
        if (op < glob->program_len && pos < text.len &&
            accepts(glob->program + op, tcn_utf8_decode(text, &next))) {
            op += op_len(glob->program + op);
            pos = next;
            continue;
        }
        if (star_op == SIZE_MAX || star_pos >= text.len)
            return false;
        (void)tcn_utf8_decode(text, &star_pos);
        op = star_op;
        pos = star_pos;
    }
    return true;
}

static bool matches(const tcn_glob *glob, tcn_str value)
{
    size_t len = glob->prefix.len;
    if (value.len < len + glob->rest_min)
        return false;
    if (len > 0 && memcmp(value.ptr, glob->prefix.ptr, len) != 0)
        return false;
    if (glob->kind == TCN_GLOB_EXACT)
        return value.len == len;
    if (glob->kind == TCN_GLOB_PREFIX)
        return true;
    return run(glob, tcn_str_of(value.ptr + len, value.len - len), false);
}

bool tcn_glob_matches(const tcn_glob *glob, tcn_str value)
{
    return matches(glob, value) != glob->is_negated;
}

bool tcn_glob_begins(const tcn_glob *glob, tcn_str name)
{
    size_t len = glob->prefix.len;
    if (name.len < len || (len > 0 && memcmp(name.ptr, glob->prefix.ptr, len) != 0))
        return false;
    tcn_str rest = tcn_str_of(name.ptr + len, name.len - len);
    return glob->kind == TCN_GLOB_EXACT ||
           (glob->kind == TCN_GLOB_PREFIX ? rest.len > 0 : run(glob, rest, true));
}
