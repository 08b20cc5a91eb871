/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - questions about runs of bytes: comparing, searching, UTF-8, hashing. */
#include "core/base/str.h"

#include <stdio.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define XXH_INLINE_ALL
/* The library's header is not written for our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wnull-dereference"
#include <xxhash.h>
#pragma GCC diagnostic pop

#define NEAREST_MAX 64 /* characters of a word that is worth a suggestion */

bool tcn_str_starts(tcn_str s, tcn_str prefix)
{
    return prefix.len == 0 ||
           (s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool tcn_str_ends(tcn_str s, tcn_str suffix)
{
    return suffix.len == 0 ||
           (s.len >= suffix.len &&
            memcmp(s.ptr + (s.len - suffix.len), suffix.ptr, suffix.len) == 0);
}

int tcn_str_cmp(tcn_str a, tcn_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common != 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

tcn_str tcn_str_trim(tcn_str s)
{
    while (s.len != 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len != 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

size_t tcn_str_find(tcn_str s, tcn_str needle)
{
    if (needle.len == 0)
        return 0;
    if (s.len < needle.len)
        return SIZE_MAX;
    const char *hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
    return hit != NULL ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

bool tcn_str_split(tcn_str *rest, char sep, tcn_str *ret_part)
{
    if (rest->len == 0)
        return false;
    const char *hit = memchr(rest->ptr, sep, rest->len);
    size_t len = hit != NULL ? (size_t)(hit - rest->ptr) : rest->len;
    size_t taken = hit != NULL ? len + 1 : len;
    *ret_part = (tcn_str){rest->ptr, len};
    *rest = (tcn_str){rest->ptr + taken, rest->len - taken};
    return true;
}

bool tcn_str_int(tcn_str s, int64_t min, int64_t max, int64_t *ret)
{
    bool is_negative = s.len != 0 && s.ptr[0] == '-';
    size_t i = s.len != 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    if (i == s.len)
        return false;
    int64_t value = 0;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    /* Counted downwards, because INT64_MIN has no positive counterpart. */
    if (!is_negative && __builtin_sub_overflow(0, value, &value))
        return false;
    if (value < min || value > max)
        return false;
    *ret = value;
    return true;
}

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes of the well-formed sequence at p (Unicode, table 3-7), or 0. */
static size_t sequence_length(const uint8_t *p, size_t room)
{
    uint8_t first = p[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    if (first < 0xe0)
        return room >= 2 && is_tail(p[1]) ? 2 : 0;
    if (first < 0xf0) {
        uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
        uint8_t high = first == 0xed ? 0x9f : 0xbf;
        return room >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
    }
    uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return room >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4
                                                                                      : 0;
}

/* Bytes of plain ASCII at p: all of them, or as many as could be told in large steps. */
static size_t ascii_length(const uint8_t *p, size_t len)
{
    size_t i = 0;
#ifdef __SSE2__
    for (; len - i >= 64; i += 64) {
        const __m128i *at = (const __m128i *)(const void *)(p + i);
        __m128i low = _mm_or_si128(_mm_loadu_si128(at), _mm_loadu_si128(at + 1));
        __m128i high = _mm_or_si128(_mm_loadu_si128(at + 2), _mm_loadu_si128(at + 3));
        if (_mm_movemask_epi8(_mm_or_si128(low, high)) != 0)
            break;
    }
#endif
    for (; len - i >= 8; i += 8) {
        uint64_t word = 0;
        memcpy(&word, p + i, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return i;
}

bool tcn_utf8_valid(tcn_str s, size_t *ret_bad)
{
    const uint8_t *p = (const uint8_t *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        if (p[i] < 0x80) {
            size_t plain = ascii_length(p + i, s.len - i);
            i += plain != 0 ? plain : 1;
            continue;
        }
        size_t len = sequence_length(p + i, s.len - i);
        if (len == 0) {
            if (ret_bad != NULL)
                *ret_bad = i;
            return false;
        }
        i += len;
    }
    return true;
}

void tcn_utf8_mend(char *text)
{
    size_t bad;
    tcn_str rest = tcn_str_c(text);
    while (!tcn_utf8_valid(rest, &bad)) {
        text += bad;
        *text++ = '?';
        rest = tcn_str_of(text, rest.len - bad - 1);
    }
}

size_t tcn_utf8_length(tcn_str s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t tails = 0;
    size_t i = 0;
    /* A tail is 10xxxxxx; eight bytes at a time, summed up in the highest one. */
    for (; s.len - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, s.ptr + i, sizeof word);
        tails += (word >> 7 & ~word >> 6 & ones) * ones >> 56;
    }
    for (; i < s.len; i++)
        tails += is_tail((uint8_t)s.ptr[i]);
    return s.len - tails;
}

size_t tcn_utf8_encode(uint32_t codepoint, char *out)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    if (codepoint < 0x800) {
        out[0] = (char)(0xc0 | codepoint >> 6);
        out[1] = (char)(0x80 | (codepoint & 0x3f));
        return 2;
    }
    if (codepoint < 0x10000) {
        out[0] = (char)(0xe0 | codepoint >> 12);
        out[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
        out[2] = (char)(0x80 | (codepoint & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | codepoint >> 18);
    out[1] = (char)(0x80 | (codepoint >> 12 & 0x3f));
    out[2] = (char)(0x80 | (codepoint >> 6 & 0x3f));
    out[3] = (char)(0x80 | (codepoint & 0x3f));
    return 4;
}

uint32_t tcn_utf8_decode(tcn_str s, size_t *pos)
{
    const uint8_t *p = (const uint8_t *)s.ptr + *pos;
    if (p[0] < 0x80) {
        *pos += 1;
        return p[0];
    }
    if (p[0] < 0xe0) {
        *pos += 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
    }
    if (p[0] < 0xf0) {
        *pos += 3;
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 |
               (p[2] & 0x3f);
    }
    *pos += 4;
    return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
           (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
}

uint64_t tcn_hash(const void *ptr, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(ptr, len, seed);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap of neighbours) between two words of at most
 * NEAREST_MAX. */
static size_t distance(tcn_str a, tcn_str b)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) {
        above[j] = j;
        before[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = above[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
                a.ptr[i - 2] == b.ptr[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

const char *tcn_str_nearest(tcn_str word, const char *const *candidates)
{
    if (word.len == 0 || word.len > NEAREST_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = 3;
    for (; *candidates != NULL; candidates++) {
        tcn_str candidate = tcn_str_c(*candidates);
        if (candidate.len > NEAREST_MAX)
            continue;
        size_t edits = distance(word, candidate);
        if (edits < best_distance && edits * 2 < word.len) {
            best = *candidates;
            best_distance = edits;
        }
    }
    return best;
}

size_t tcn_utf8_first(tcn_str s)
{
    uint8_t first = (uint8_t)s.ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return len <= s.len && tcn_utf8_valid(tcn_str_of(s.ptr, len), NULL) ? len : 0;
}

bool tcn_utf8_is_control(uint32_t codepoint)
{
    return codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0) ||
           codepoint == 0x200e || codepoint == 0x200f ||
           (codepoint >= 0x202a && codepoint <= 0x202e) ||
           (codepoint >= 0x2066 && codepoint <= 0x2069);
}

size_t tcn_utf8_printable(tcn_str s, char out[8], size_t *ret_taken)
{
    size_t len = tcn_utf8_first(s), pos = 0;
    uint32_t c = len > 0 ? tcn_utf8_decode(s, &pos) : (uint8_t)s.ptr[0];
    *ret_taken = len > 0 ? len : 1;
    if (len == 0 || (c < 0x80 && tcn_utf8_is_control(c)))
        return (size_t)snprintf(out, 8, "\\x%02x", (unsigned)c);
    if (tcn_utf8_is_control(c))
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)c);
    memcpy(out, s.ptr, len);
    return len;
}
