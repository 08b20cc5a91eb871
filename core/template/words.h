/* SPDX-License-Identifier: Apache-2.0 */
/* words.h - names in a source: the words that mean something to the parser or the
 * compiler, as numbers, and every name once, so that two names are equal when their
 * numbers are. Private to the room. */
#ifndef TCN_TEMPLATE_WORDS_H
#define TCN_TEMPLATE_WORDS_H

#include "core/base/arena.h"

/* clang-format off */
#define TCN_WORDS(X) \
    X(AND, "and") X(AS, "as") X(AUTOESCAPE, "autoescape") X(BLOCK, "block") X(CALL, "call") \
    X(CALLER, "caller") X(CONTEXT, "context") X(ELIF, "elif") X(ELSE, "else") \
    X(ENDAUTOESCAPE, "endautoescape") X(ENDBLOCK, "endblock") X(ENDCALL, "endcall") \
    X(ENDFILTER, "endfilter") X(ENDFOR, "endfor") X(ENDIF, "endif") X(ENDMACRO, "endmacro") \
    X(ENDSET, "endset") X(ENDWITH, "endwith") X(EXTENDS, "extends") X(FALSE, "false") \
    X(FALSE_PY, "False") X(FILTER, "filter") X(FOR, "for") X(FROM, "from") X(IF, "if") \
    X(IGNORE, "ignore") X(IMPORT, "import") X(IN, "in") X(INCLUDE, "include") X(IS, "is") \
    X(KWARGS, "kwargs") X(LOOP, "loop") X(MACRO, "macro") X(MISSING, "missing") \
    X(NONE, "none") X(NONE_PY, "None") X(NOT, "not") X(OR, "or") X(PRINT, "print") \
    X(RECURSIVE, "recursive") X(REQUIRED, "required") X(SCOPED, "scoped") X(SELF, "self") \
    X(SET, "set") X(SUPER, "super") X(TRUE, "true") X(TRUE_PY, "True") X(VARARGS, "varargs") X(WITH, "with") \
    X(WITHOUT, "without")
/* clang-format on */

enum tcn_word {
    TCN_W_OTHER, /* any other name */
#define TCN_WORD_MEMBER(name, text) TCN_W_##name,
    TCN_WORDS(TCN_WORD_MEMBER)
#undef TCN_WORD_MEMBER
    TCN_WORD_COUNT,
};
enum tcn_word tcn_word_of(tcn_str name);
/* Static; "" for TCN_W_OTHER. */
tcn_str tcn_word_str(enum tcn_word word);

typedef struct tcn_name {
    tcn_str text; /* the first place where the name stands, or the word's */
    uint64_t hash;
    enum tcn_word word;
} tcn_name;

/* Numbers from 0 in the order of first appearance. */
typedef struct tcn_names {
    tcn_name *items;
    uint32_t count, capacity;
    uint32_t *index; /* numbers + 1 by hash */
    uint32_t mask;
    uint32_t words[TCN_WORD_COUNT]; /* numbers + 1 */
} tcn_names;

static inline tcn_str tcn_names_text(const tcn_names *names, uint32_t number)
{
    return names->items[number].text;
}

#define TCN_NO_NAME UINT32_MAX
/* The number of the text, which outlives the names; NO_NAME: out of memory. */
uint32_t tcn_names_add(tcn_names *names, tcn_arena *arena, tcn_str text);
/* The word's number, or NO_NAME when the source does not hold it. */
static inline uint32_t tcn_names_word(const tcn_names *names, enum tcn_word word)
{
    return names->words[word] - 1;
}

#endif
