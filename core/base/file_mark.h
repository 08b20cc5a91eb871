/* SPDX-License-Identifier: Apache-2.0 */
/* file_mark.h - what tells whether a file is still the one that was read, without reading
 * it: device, inode, size and both times of it.
 *
 * Why that is safe: every write, truncation, rename and change of owner or mode sets
 * ctime to the clock's now, and nothing sets it to anything else; touch -d gives a file
 * an older mtime, and a new ctime. A file that takes the place of another has another
 * inode, or a number that is used again with a ctime of now. Only the clock's grain is
 * coarse (4 ms, a second or two on old file systems): two changes within it look like
 * one. So a mark of a file that changed less than two seconds before is of no use, and
 * the file is read again. Two things it cannot see: a program that goes on writing
 * through a mapping made before, until the kernel writes the page back, and a clock that
 * root sets back to the very nanosecond. */
#ifndef TCN_BASE_FILE_MARK_H
#define TCN_BASE_FILE_MARK_H

#include <stdbool.h>
#include <stdint.h>

#define TCN_FILE_SETTLES_US INT64_C(2000000)

struct stat;

typedef struct tcn_file_mark {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
    bool is_settled; /* when it was taken its last change was long enough ago */
} tcn_file_mark;

/* now_us: of the wall clock. To be taken before the file is read, from its descriptor:
 * what changes later changes the mark. */
tcn_file_mark tcn_file_mark_of(const struct stat *st, int64_t now_us);
/* Is the file whose mark is now still what had been read when its mark was then? */
bool tcn_file_mark_holds(const tcn_file_mark *then, const tcn_file_mark *now);

#endif
