/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.c - applies the case mappings of the generated tables. */
#include "core/value/unicode.h"

static int32_t mapping_of(const tcn_unicode_record *record, enum tcn_case to)
{
    switch (to) {
    case TCN_CASE_UPPER:
        return record->upper;
    case TCN_CASE_LOWER:
        return record->lower;
    case TCN_CASE_TITLE:
        return record->title;
    case TCN_CASE_FOLD:
        return record->fold;
    }
    return 0;
}

size_t tcn_unicode_case(uint32_t codepoint, enum tcn_case to, uint32_t out[3])
{
    int32_t mapping = mapping_of(tcn_unicode_of(codepoint), to);
    if (mapping < TCN_U_SPECIAL) {
        out[0] = (uint32_t)((int32_t)codepoint + mapping);
        return 1;
    }
    const uint32_t *special = tcn_unicode_specials[mapping - TCN_U_SPECIAL];
    size_t n = 0;
    while (n < 3 && special[n] != 0) {
        out[n] = special[n];
        n++;
    }
    return n;
}
