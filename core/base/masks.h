/* SPDX-License-Identifier: Apache-2.0 */
/* masks.h - secrets that a text may hold. Those that nobody has any more are remembered
 * for a while, for lines that are still to be written; then they go, the oldest first.
 * Not locked. */
#ifndef TCN_BASE_MASKS_H
#define TCN_BASE_MASKS_H

#include "core/base/str.h"

typedef struct tcn_mask {
    tcn_str text;  /* owned */
    size_t users;  /* 0: it was left */
    uint64_t left; /* when: the order in which they were */
} tcn_mask;

/* Zeroed: there are none. */
typedef struct tcn_masks {
    tcn_mask *items;
    size_t count, capacity, left_count;
    uint64_t leavings;
} tcn_masks;

void tcn_masks_deinit(tcn_masks *masks);
/* One user more. What is shorter than 6 bytes is no secret, and would hide half of every
 * text. 0 or TCN_E_NOMEM. */
int tcn_masks_add(tcn_masks *masks, tcn_str secret);
/* One user less. */
void tcn_masks_leave(tcn_masks *masks, tcn_str secret);
/* Length of the longest secret that stands at the start of s, or 0. */
size_t tcn_masks_length(const tcn_masks *masks, tcn_str s);

#endif
