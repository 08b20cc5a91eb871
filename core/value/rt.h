/* SPDX-License-Identifier: Apache-2.0 */
/* rt.h - one computation on values: the arena it builds in, what it may still use up, and
 * the exception that ended it. Every function that takes one returns 0 or more, or a
 * negative code with the exception set. Data never makes C recursion deeper than
 * limits.depth. */
#ifndef TCN_VALUE_RT_H
#define TCN_VALUE_RT_H

#include "core/base/buf.h"
#include "core/value/value.h"

#define TCN_EXC_TEXT 1024 /* longer messages are cut between code points */
#define TCN_EXC_HINT 64

/* clang-format off */
#define TCN_EXCEPTIONS(X)                                                                \
    X(TemplateSyntaxError) X(TemplateAssertionError) X(TemplateRuntimeError)             \
    X(UndefinedError) X(SecurityError) X(FilterArgumentError) X(TemplateNotFound)        \
    X(TemplatesNotFound)                                                                 \
    X(TemplateSecurityError) X(TemplateRenderError) X(TemplateLimitError)                \
    X(TypeError) X(ValueError) X(ZeroDivisionError) X(OverflowError) X(KeyError)         \
    X(IndexError) X(AttributeError) X(AssertionError) X(RuntimeError) X(RecursionError)  \
    X(LookupError) X(NotImplementedError) X(FileNotFoundError) X(MemoryError)         \
    X(UnicodeDecodeError)
/* clang-format on */

enum tcn_exc_class {
    TCN_EXC_NONE,
#define TCN_EXC_MEMBER(name) TCN_EXC_##name,
    TCN_EXCEPTIONS(TCN_EXC_MEMBER)
#undef TCN_EXC_MEMBER
};
const char *tcn_exc_name(enum tcn_exc_class exc_class);

typedef struct tcn_exc {
    enum tcn_exc_class exc_class;
    char text[TCN_EXC_TEXT];
    char hint[TCN_EXC_HINT]; /* the name that was probably meant; may be empty */
} tcn_exc;

typedef struct tcn_rt_limits {
    int64_t steps;        /* operations, items iterated, bytes built / 64 */
    size_t text_bytes;    /* of one text */
    uint32_t items;       /* of a container made by repeating or joining */
    uint32_t depth;       /* of nested values when they are shown, compared, written */
    uint32_t digits;      /* of an integer */
    uint32_t width;       /* widths, precisions and the like */
    uint32_t range_items; /* of range() */
} tcn_rt_limits;

/* Tells a computation that it has taken too long: the clock is the caller's. */
typedef struct tcn_watch {
    bool (*is_late)(struct tcn_watch *watch); /* asked every few thousand steps */
    uint32_t limit_ms;                        /* for the message */
} tcn_watch;

typedef struct tcn_rt {
    tcn_arena *arena;
    const tcn_rt_limits *limits;
    int64_t steps_left;      /* until the watch is asked, or all that are left */
    int64_t steps_kept;      /* behind them */
    struct tcn_watch *watch; /* NULL: only steps count */
    uint32_t depth;          /* of the nested operation under way */
    int64_t now_us;
    tcn_buf scratch; /* texts under construction, see ops.h */
    tcn_exc exc;
} tcn_rt;

/* Nothing to free: all that it builds lies in arena. */
void tcn_rt_init(tcn_rt *rt, tcn_arena *arena, const tcn_rt_limits *limits);

/* From now on the watch, which outlives rt, is asked. */
void tcn_rt_watch(tcn_rt *rt, tcn_watch *watch);

void tcn_rt_limits_default(tcn_rt_limits *limits);

/* Sets the exception unless one is set; returns TCN_E_INVALID, or TCN_E_LIMIT for
 * TemplateLimitError. */
int tcn_raise(tcn_rt *rt, enum tcn_exc_class exc_class, const char *fmt, ...)
    TCN_PRINTF(3, 4);
/* Adds to the exception what was probably meant; NULL: nothing comes near. */
void tcn_raise_hint(tcn_rt *rt, const char *nearest);
/* The text as it is, for messages that hold what printf must not see. */
int tcn_raise_str(tcn_rt *rt, enum tcn_exc_class exc_class, tcn_str text);
int tcn_raise_limit(tcn_rt *rt, const char *what, uint64_t limit);
/* The arena is out: over the heap limit or out of memory, which it says. */
int tcn_raise_memory(tcn_rt *rt);
/* Counts work; fails when none is left. */
int tcn_charge_slow(tcn_rt *rt);
static inline int tcn_charge(tcn_rt *rt, uint64_t steps)
{
    rt->steps_left -= (int64_t)steps;
    return TCN_LIKELY(rt->steps_left >= 0) ? 0 : tcn_charge_slow(rt);
}

#endif
