/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.h - what is known of each code point (Unicode 14, as in Python 3.11) and the
 * full case mappings, which may turn one code point into three. */
#ifndef TCN_VALUE_UNICODE_H
#define TCN_VALUE_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tcn_unicode_flag {
    TCN_U_PRINTABLE = 1 << 0,
    TCN_U_SPACE = 1 << 1,
    TCN_U_DECIMAL = 1 << 2,
    TCN_U_DIGIT = 1 << 3,
    TCN_U_NUMERIC = 1 << 4,
    TCN_U_ALPHA = 1 << 5,
    TCN_U_LOWER = 1 << 6,
    TCN_U_UPPER = 1 << 7,
    TCN_U_TITLE = 1 << 8,
    TCN_U_IGNORABLE = 1 << 9, /* skipped when looking for the letter before a sigma */
    TCN_U_XID_START = 1 << 10,
    TCN_U_XID_CONTINUE = 1 << 11,
    TCN_U_CASED = TCN_U_LOWER | TCN_U_UPPER | TCN_U_TITLE,
    TCN_U_ALNUM = TCN_U_ALPHA | TCN_U_DECIMAL | TCN_U_DIGIT | TCN_U_NUMERIC,
};

/* A mapping is the difference to the code point, or TCN_U_SPECIAL + a place in specials.
 */
#define TCN_U_SPECIAL 0x400000
typedef struct tcn_unicode_record {
    uint16_t flags;
    uint8_t decimal;
    int32_t upper, lower, title, fold;
} tcn_unicode_record;

extern const uint16_t tcn_unicode_index[0x1100];
extern const uint16_t tcn_unicode_pages[][256];
extern const tcn_unicode_record tcn_unicode_records[];
extern const uint32_t tcn_unicode_specials[][3];

static inline const tcn_unicode_record *tcn_unicode_of(uint32_t codepoint)
{
    if (codepoint > 0x10FFFF)
        codepoint = 0;
    return &tcn_unicode_records[tcn_unicode_pages[tcn_unicode_index[codepoint >> 8]]
                                                 [codepoint & 255]];
}
static inline bool tcn_unicode_is(uint32_t codepoint, unsigned flags)
{
    return (tcn_unicode_of(codepoint)->flags & flags) != 0;
}
/* Where Python's splitlines ends a line. */
static inline bool tcn_unicode_is_line_end(uint32_t c)
{
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 ||
           c == 0x2028 || c == 0x2029;
}

enum tcn_case {
    TCN_CASE_UPPER,
    TCN_CASE_LOWER,
    TCN_CASE_TITLE,
    TCN_CASE_FOLD
};
/* Writes 1 to 3 code points, returns how many. A final sigma is the caller's business. */
size_t tcn_unicode_case(uint32_t codepoint, enum tcn_case to, uint32_t out[3]);

#endif
