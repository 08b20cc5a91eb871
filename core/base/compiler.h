/* SPDX-License-Identifier: Apache-2.0 */
/* compiler.h - every compiler extension that we use, under one name each. */
#ifndef TCN_BASE_COMPILER_H
#define TCN_BASE_COMPILER_H

#include <stddef.h>
#include <stdint.h>

/* Checks the arguments of a printf-like function. fmt and first count from 1. */
#define TCN_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define TCN_LIKELY(x)          __builtin_expect(!!(x), 1)
#define TCN_UNLIKELY(x)        __builtin_expect(!!(x), 0)
#define TCN_NOINLINE           __attribute__((noinline))
#define TCN_UNUSED             __attribute__((unused))
#define TCN_COUNT(array)       (sizeof(array) / sizeof((array)[0]))

/* 1 under AddressSanitizer, which sees only what comes from the heap. */
#if defined(__SANITIZE_ADDRESS__)
#define TCN_SANITIZES_ADDRESSES 1
#elif defined(__has_feature)
#define TCN_SANITIZES_ADDRESSES __has_feature(address_sanitizer)
#else
#define TCN_SANITIZES_ADDRESSES 0
#endif

__extension__ typedef unsigned __int128 tcn_u128;

/* Begins to load what stands at that address, which will be read soon. A function that
 * did nothing else would have no effect in gcc's eyes, and calls of it would be left out:
 * the empty statement is one. */
static inline void tcn_prefetch(const void *ptr)
{
    __builtin_prefetch(ptr);
    __asm__ volatile("");
}

/* The struct of that type whose member stands at ptr, which may point to const. */
/* clang-format off */
#define tcn_container_of(ptr, type, member) \
    ((type *)(uintptr_t)((const char *)(ptr) - offsetof(type, member)))
/* clang-format on */

#endif
