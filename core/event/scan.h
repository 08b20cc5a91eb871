/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - the inner loop of reading JSON: where does a run of plain text end? Sixteen
 * bytes at a time where the processor can. Nothing behind end is read. */
#ifndef TCN_EVENT_SCAN_H
#define TCN_EVENT_SCAN_H

#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The first quote, backslash or control character from p on; end when there is none. */
static inline const char *tcn_scan_text(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1f);
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i marks =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
        /* The unsigned minimum of a control character and 0x1f is the character itself.
         */
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        int hits = _mm_movemask_epi8(_mm_or_si128(marks, control));
        if (hits != 0)
            return p + __builtin_ctz((unsigned)hits);
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (uint8_t)*p >= 0x20)
        p++;
    return p;
}

/* The first byte at or behind p that is not JSON's white space. A byte of another kind
 * must follow: the text ends with a bracket. */
static inline const char *tcn_scan_blanks(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')
        p++;
    return p;
}

#endif
