/* SPDX-License-Identifier: Apache-2.0 */
/* rt.c - exceptions and budgets of one computation. The first exception stays. */
#include "core/value/rt.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/err.h"

const char *tcn_exc_name(enum tcn_exc_class exc_class)
{
    static const char *const names[] = {"",
#define TCN_EXC_NAME(name) #name,
                                        TCN_EXCEPTIONS(TCN_EXC_NAME)
#undef TCN_EXC_NAME
    };
    return (size_t)exc_class < TCN_COUNT(names) ? names[exc_class] : "";
}

void tcn_rt_limits_default(tcn_rt_limits *limits)
{
    *limits = (tcn_rt_limits){
        .steps = 5000000,
        .text_bytes = 1 << 20,
        .items = 100000,
        .depth = 100,
        .digits = 4300,
        .width = 100000,
        .range_items = 100,
    };
}

void tcn_rt_init(tcn_rt *rt, tcn_arena *arena, const tcn_rt_limits *limits)
{
    rt->arena = arena;
    rt->limits = limits;
    rt->steps_left = limits->steps;
    rt->steps_kept = 0;
    rt->watch = NULL;
    rt->depth = 0;
    rt->now_us = 0;
    rt->exc.exc_class = TCN_EXC_NONE;
    rt->exc.text[0] = '\0';
    rt->exc.hint[0] = '\0';
    tcn_buf_init_in(&rt->scratch, arena, 8 * limits->text_bytes);
}

static int code_of(enum tcn_exc_class exc_class)
{
    return exc_class == TCN_EXC_TemplateLimitError ? TCN_E_LIMIT : TCN_E_INVALID;
}

int tcn_raise_str(tcn_rt *rt, enum tcn_exc_class exc_class, tcn_str text)
{
    if (rt->exc.exc_class != TCN_EXC_NONE)
        return code_of(rt->exc.exc_class);
    size_t len = text.len;
    if (len >= TCN_EXC_TEXT) {
        len = TCN_EXC_TEXT - 1;
        while (len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
            len--;
    }
    if (len > 0)
        memcpy(rt->exc.text, text.ptr, len);
    rt->exc.text[len] = '\0';
    rt->exc.exc_class = exc_class;
    return code_of(exc_class);
}

int tcn_raise(tcn_rt *rt, enum tcn_exc_class exc_class, const char *fmt, ...)
{
    char text[2 * TCN_EXC_TEXT];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return tcn_raise_str(rt, exc_class, tcn_str_c(text));
}

void tcn_raise_hint(tcn_rt *rt, const char *nearest)
{
    if (nearest != NULL && strlen(nearest) < sizeof rt->exc.hint)
        (void)snprintf(rt->exc.hint, sizeof rt->exc.hint, "%s", nearest);
}

int tcn_raise_limit(tcn_rt *rt, const char *what, uint64_t limit)
{
    return tcn_raise(rt, TCN_EXC_TemplateLimitError, "%s is over the limit of %" PRIu64,
                     what, limit);
}

int tcn_raise_memory(tcn_rt *rt)
{
    const tcn_arena *arena = rt->arena;
    if (arena->limit != 0 && arena->limit - arena->used < arena->limit / 2)
        return tcn_raise_limit(rt, "memory of one rendering", arena->limit);
    (void)tcn_raise(rt, TCN_EXC_MemoryError, "out of memory");
    return TCN_E_NOMEM;
}

/* About 50 us of a machine of today. */
#define STEPS_BETWEEN_LOOKS 4096

void tcn_rt_watch(tcn_rt *rt, tcn_watch *watch)
{
    rt->watch = watch;
    if (rt->steps_left <= STEPS_BETWEEN_LOOKS)
        return;
    rt->steps_kept = rt->steps_left - STEPS_BETWEEN_LOOKS;
    rt->steps_left = STEPS_BETWEEN_LOOKS;
}

int tcn_charge_slow(tcn_rt *rt)
{
    int64_t wanted = STEPS_BETWEEN_LOOKS - rt->steps_left;
    int64_t given = wanted < rt->steps_kept ? wanted : rt->steps_kept;
    rt->steps_kept -= given;
    rt->steps_left += given;
    if (rt->watch != NULL && rt->watch->is_late(rt->watch))
        return tcn_raise_limit(rt, "CPU time of one rendering, in milliseconds,",
                               rt->watch->limit_ms);
    if (rt->steps_left >= 0)
        return 0;
    return tcn_raise_limit(rt, "number of steps", (uint64_t)rt->limits->steps);
}
