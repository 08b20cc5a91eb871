/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - a borrowed run of bytes with its length, and what one asks of text. Not
 * NUL-terminated unless the owner says so. */
#ifndef TCN_BASE_STR_H
#define TCN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct tcn_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
} tcn_str;

/* clang-format off */
#define TCN_STR(literal) ((tcn_str){"" literal, sizeof(literal) - 1})
/* For printf's "%.*s"; cut at INT_MAX, which no text of ours reaches. */
#define TCN_STR_ARG(s) (int)(s).len, ((s).ptr != NULL ? (s).ptr : "")
/* clang-format on */

static inline tcn_str tcn_str_of(const char *ptr, size_t len)
{
    return (tcn_str){ptr, len};
}
static inline tcn_str tcn_str_c(const char *text)
{
    return (tcn_str){text, text != NULL ? strlen(text) : 0};
}
static inline bool tcn_str_eq(tcn_str a, tcn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool tcn_str_eq_c(tcn_str a, const char *b)
{
    return tcn_str_eq(a, tcn_str_c(b));
}
bool tcn_str_starts(tcn_str s, tcn_str prefix);
bool tcn_str_ends(tcn_str s, tcn_str suffix);
/* By bytes, as memcmp; shorter first. */
int tcn_str_cmp(tcn_str a, tcn_str b);
/* Without spaces, tabs, CR and LF at both ends. */
tcn_str tcn_str_trim(tcn_str s);
/* Position of the first occurrence, or SIZE_MAX. */
size_t tcn_str_find(tcn_str s, tcn_str needle);
/* Takes the part before sep off *rest; false when *rest was empty. */
bool tcn_str_split(tcn_str *rest, char sep, tcn_str *ret_part);
/* Whole text is a decimal number in [min, max]. */
bool tcn_str_int(tcn_str s, int64_t min, int64_t max, int64_t *ret);

/* Well-formed UTF-8 (no surrogates, no overlong forms). *ret_bad is the first wrong
 * byte's place. */
bool tcn_utf8_valid(tcn_str s, size_t *ret_bad);
/* A text that was cut may end within a character: what is not UTF-8 becomes '?'. */
void tcn_utf8_mend(char *text);
/* Number of code points of valid UTF-8. */
size_t tcn_utf8_length(tcn_str s);
/* Writes the code point (4 bytes at most), returns how many bytes. */
size_t tcn_utf8_encode(uint32_t codepoint, char *out);
/* Decodes one code point of valid UTF-8 at *pos and moves *pos behind it. */
uint32_t tcn_utf8_decode(tcn_str s, size_t *pos);
/* Bytes of the first character of s, which is not empty; 0: it is not well-formed. */
size_t tcn_utf8_first(tcn_str s);
/* Controls, those of the C1 set, and what turns text around: terminals obey them. */
bool tcn_utf8_is_control(uint32_t codepoint);
/* The first character of s, or byte where there is none, as it may go to a terminal: as
 * it is, "\xNN" or "\uNNNN". At most 6 bytes and no NUL; returns how many. *ret_taken:
 * how many of s they stand for. */
size_t tcn_utf8_printable(tcn_str s, char out[8], size_t *ret_taken);

/* 64-bit hash; seed it with the process's secret where keys come from outside. */
uint64_t tcn_hash(const void *ptr, size_t len, uint64_t seed);

/* The candidate nearest to word (at most two edits away and shorter distance than half of
 * it), or NULL: for "did you mean". candidates ends with NULL. */
const char *tcn_str_nearest(tcn_str word, const char *const *candidates);

/* What a noun gets behind a count: "s", but for one thing "". */
static inline const char *tcn_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

#endif
