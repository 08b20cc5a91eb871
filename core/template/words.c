/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - a word is looked for among those of its length; names lie in an open hash
 * table, whose hash is the one of texts, so that constants need not compute it again. */
#include "core/template/words.h"

#include "core/base/err.h"
#include "core/value/value.h"

enum {
    LENGTH_MAX = 13,
    SAME_LENGTH_MAX = 11,
    NAMES_FIRST = 32
};

static const tcn_str words[] = {[TCN_W_OTHER] = {"", 0},
#define TCN_WORD_TEXT(name, text) [TCN_W_##name] = {text, sizeof(text) - 1},
                                TCN_WORDS(TCN_WORD_TEXT)
#undef TCN_WORD_TEXT
};

/* Ended by TCN_W_OTHER. */
static const uint8_t by_length[LENGTH_MAX + 1][SAME_LENGTH_MAX + 1] = {
    [2] = {TCN_W_IF, TCN_W_IN, TCN_W_OR, TCN_W_IS, TCN_W_AS},
    [3] = {TCN_W_FOR, TCN_W_SET, TCN_W_AND, TCN_W_NOT},
    [4] = {TCN_W_ELSE, TCN_W_ELIF, TCN_W_LOOP, TCN_W_TRUE, TCN_W_NONE, TCN_W_CALL,
           TCN_W_FROM, TCN_W_WITH, TCN_W_TRUE_PY, TCN_W_NONE_PY, TCN_W_SELF},
    [5] = {TCN_W_ENDIF, TCN_W_FALSE, TCN_W_MACRO, TCN_W_BLOCK, TCN_W_PRINT,
           TCN_W_FALSE_PY, TCN_W_SUPER},
    [6] = {TCN_W_ENDFOR, TCN_W_ENDSET, TCN_W_FILTER, TCN_W_CALLER, TCN_W_KWARGS,
           TCN_W_IMPORT, TCN_W_IGNORE, TCN_W_SCOPED},
    [7] = {TCN_W_ENDCALL, TCN_W_ENDWITH, TCN_W_VARARGS, TCN_W_INCLUDE, TCN_W_EXTENDS,
           TCN_W_CONTEXT, TCN_W_MISSING, TCN_W_WITHOUT},
    [8] = {TCN_W_ENDMACRO, TCN_W_ENDBLOCK, TCN_W_REQUIRED},
    [9] = {TCN_W_ENDFILTER, TCN_W_RECURSIVE},
    [10] = {TCN_W_AUTOESCAPE},
    [13] = {TCN_W_ENDAUTOESCAPE},
};

enum tcn_word tcn_word_of(tcn_str name)
{
    if (name.len > LENGTH_MAX)
        return TCN_W_OTHER;
    for (const uint8_t *word = by_length[name.len]; *word != TCN_W_OTHER; word++) {
        const char *text = words[*word].ptr;
        if (text[0] == name.ptr[0] && memcmp(text, name.ptr, name.len) == 0)
            return (enum tcn_word) * word;
    }
    return TCN_W_OTHER;
}

tcn_str tcn_word_str(enum tcn_word word)
{
    return words[word];
}

static int names_grow(tcn_names *names, tcn_arena *arena)
{
    uint32_t capacity = names->capacity == 0 ? NAMES_FIRST : names->capacity * 2;
    uint32_t places = 2 * capacity;
    tcn_name *items = tcn_arena_alloc(arena, capacity * sizeof *items);
    uint32_t *index = tcn_arena_zero(arena, places * sizeof *index);
    if (items == NULL || index == NULL)
        return TCN_E_NOMEM;
    if (names->count > 0)
        memcpy(items, names->items, names->count * sizeof *items);
    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t at = (uint32_t)items[i].hash & (places - 1);
        while (index[at] != 0)
            at = (at + 1) & (places - 1);
        index[at] = i + 1;
    }
    names->items = items;
    names->capacity = capacity;
    names->index = index;
    names->mask = places - 1;
    return 0;
}

uint32_t tcn_names_add(tcn_names *names, tcn_arena *arena, tcn_str text)
{
    uint64_t hash = tcn_str_hash(text);
    if (names->count == names->capacity && names_grow(names, arena) < 0)
        return TCN_NO_NAME;
    uint32_t at = (uint32_t)hash & names->mask;
    for (; names->index[at] != 0; at = (at + 1) & names->mask) {
        uint32_t known = names->index[at] - 1;
        if (names->items[known].hash == hash &&
            tcn_str_eq(names->items[known].text, text))
            return known;
    }
    enum tcn_word word = tcn_word_of(text);
    names->items[names->count] =
        (tcn_name){word != TCN_W_OTHER ? words[word] : text, hash, word};
    names->index[at] = ++names->count;
    names->words[word] = names->count;
    return names->count - 1;
}
