/* SPDX-License-Identifier: Apache-2.0 */
/* copy.h - a private copy of a plugin file that nobody can change: what is checked is
 * what is loaded, and a file that is overwritten, truncated or replaced later never
 * reaches running code.
 *
 * The descriptor stays open as long as code of the copy is loaded: glibc compares the
 * path text with every loaded object, so a number that is used again would answer with
 * the old code. */
#ifndef TCN_GATE_COPY_H
#define TCN_GATE_COPY_H

#include "core/base/err.h"
#include "core/base/str.h"

#define TCN_SHA256 32

typedef struct tcn_copy {
    int fd;          /* -1: none */
    char path[4096]; /* for dlopen */
    bool is_file;    /* path is a real file, which tcn_copy_unlink removes */
    tcn_str image;   /* mapped, until tcn_copy_unmap */
    uint8_t sha256[TCN_SHA256];
} tcn_copy;

typedef struct tcn_copy_source {
    int fd; /* of the plugin file, from its beginning */
    size_t size;
    const char *name;    /* of the file: shown in /proc/PID/maps */
    uint32_t generation; /* unique in the process */
    const char
        *state_dir; /* where the copy goes when memory files are refused; NULL: nowhere */
    bool is_file_wanted; /* a file in any case */
} tcn_copy_source;

/* *ret is filled on success only. */
int tcn_copy_make(const tcn_copy_source *source, tcn_copy *ret, tcn_err *reterr);
void tcn_copy_unmap(tcn_copy *copy);
/* After dlopen: the name of a file copy is no longer needed. */
void tcn_copy_unlink(tcn_copy *copy);
/* In hexadecimal. */
void tcn_copy_sha256_text(const tcn_copy *copy, char out[TCN_SHA256 * 2 + 1]);
/* For a copy whose code is not loaded. */
void tcn_copy_deinit(tcn_copy *copy);

#endif
