/* SPDX-License-Identifier: Apache-2.0 */
/* options_int.h - what the files of a block's options share: options.c makes them of a
 * document, options_ask.c says what they are. */
#ifndef TCN_OPTION_OPTIONS_INT_H
#define TCN_OPTION_OPTIONS_INT_H

#include "core/base/arena.h"
#include "core/option/option_value.h"
#include "core/option/options.h"

/* What the document says of one option. */
typedef struct tcn_option_slot {
    const tocsin_option *option;
    bool is_set;
    tcn_option_value value;
    tcn_option_source *parts; /* 1, or value.count of a MAP; NULL: plain */
    size_t part_count;
} tcn_option_slot;

struct tocsin_config {
    const tcn_options_table *table;
    const tcn_options_env *env;
    tcn_arena arena;
    tcn_option_slot *slots;
};

static inline bool tcn_option_has(const tocsin_option *option, uint32_t flag)
{
    return (option->flags & flag) != 0;
}

#endif
