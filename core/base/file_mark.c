/* SPDX-License-Identifier: Apache-2.0 */
/* file_mark.c - see file_mark.h. */
#include "core/base/file_mark.h"

#include <sys/stat.h>

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

tcn_file_mark tcn_file_mark_of(const struct stat *st, int64_t now_us)
{
    int64_t changed_ns = ns_of(&st->st_ctim);
    return (tcn_file_mark){
        .device = (uint64_t)st->st_dev,
        .inode = (uint64_t)st->st_ino,
        .size = (uint64_t)st->st_size,
        .modified_ns = ns_of(&st->st_mtim),
        .changed_ns = changed_ns,
        .is_settled = changed_ns / 1000 <= now_us - TCN_FILE_SETTLES_US,
    };
}

bool tcn_file_mark_holds(const tcn_file_mark *then, const tcn_file_mark *now)
{
    return then->is_settled && then->device == now->device && then->inode == now->inode &&
           then->size == now->size && then->modified_ns == now->modified_ns &&
           then->changed_ns == now->changed_ns;
}
