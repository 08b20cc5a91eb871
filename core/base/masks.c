/* SPDX-License-Identifier: Apache-2.0 */
/* masks.c - see masks.h. */
#include "core/base/masks.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/err.h"

#define LEN_MIN  6
#define LEFT_MAX 64 /* that nobody has any more */

static void mask_deinit(tcn_mask *mask)
{
    char *secret = (char *)(uintptr_t)mask->text.ptr;
    explicit_bzero(secret, mask->text.len);
    tcn_free(secret);
}

void tcn_masks_deinit(tcn_masks *masks)
{
    for (size_t i = 0; i < masks->count; i++)
        mask_deinit(&masks->items[i]);
    tcn_free(masks->items);
    *masks = (tcn_masks){0};
}

static tcn_mask *find(const tcn_masks *masks, tcn_str secret)
{
    for (size_t i = 0; i < masks->count; i++) {
        if (tcn_str_eq(masks->items[i].text, secret))
            return &masks->items[i];
    }
    return NULL;
}

int tcn_masks_add(tcn_masks *masks, tcn_str secret)
{
    if (secret.len < LEN_MIN)
        return 0;
    tcn_mask *known = find(masks, secret);
    if (known != NULL) {
        masks->left_count -= known->users == 0;
        known->users++;
        return 0;
    }
    int rc = tcn_grow((void **)&masks->items, &masks->capacity, masks->count + 1,
                      sizeof *masks->items);
    char *copy = rc < 0 ? NULL : tcn_strdup_n(secret.ptr, secret.len);
    if (copy == NULL)
        return TCN_E_NOMEM;
    masks->items[masks->count++] =
        (tcn_mask){.text = tcn_str_of(copy, secret.len), .users = 1};
    return 0;
}

static void forget_oldest(tcn_masks *masks)
{
    tcn_mask *oldest = NULL;
    for (size_t i = 0; i < masks->count; i++) {
        tcn_mask *mask = &masks->items[i];
        if (mask->users == 0 && (oldest == NULL || mask->left < oldest->left))
            oldest = mask;
    }
    if (oldest == NULL)
        return;
    mask_deinit(oldest);
    *oldest = masks->items[--masks->count];
    masks->left_count--;
}

void tcn_masks_leave(tcn_masks *masks, tcn_str secret)
{
    tcn_mask *known = find(masks, secret);
    if (known == NULL || known->users == 0 || --known->users > 0)
        return;
    known->left = ++masks->leavings;
    if (++masks->left_count > LEFT_MAX)
        forget_oldest(masks);
}

size_t tcn_masks_length(const tcn_masks *masks, tcn_str s)
{
    size_t longest = 0;
    for (size_t i = 0; i < masks->count; i++) {
        tcn_str text = masks->items[i].text;
        if (text.len > longest && tcn_str_starts(s, text))
            longest = text.len;
    }
    return longest;
}
