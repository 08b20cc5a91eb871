/* SPDX-License-Identifier: Apache-2.0 */
/* secret.h - a value that must not be seen: a literal, or a reference to a credential, a
 * file or an environment variable. Values live in pages that are left out of core dumps
 * and forks, are wiped when dropped, and are known to the log, which masks them. Files
 * are read again when they change. */
#ifndef TCN_OPTION_SECRET_H
#define TCN_OPTION_SECRET_H

#include <jansson.h>

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/log.h"

#define TCN_SECRET_MAX ((size_t)64 << 10)

typedef struct tcn_secret tcn_secret;

typedef struct tcn_secret_source {
    const char *credentials_dir; /* for {credential: NAME}; NULL: none */
    tcn_log *log;                /* learns to mask the values; or NULL */
    bool is_remote; /* a client wrote it: it may name credentials, but no file or
                       variable, which it could read that way */
} tcn_secret_source;

/* value: a text, or an object with one of credential, file, env. The value is read now;
 * one that cannot be read is an error. source is borrowed and must outlive the secret. */
int tcn_secret_new(const json_t *value, const tcn_secret_source *source, tcn_secret **ret,
                   tcn_err *reterr);
void tcn_secret_free(tcn_secret *secret);
bool tcn_secret_is_literal(const tcn_secret *secret);
/* [any] The current value and a NUL into buf. Files are looked at when a second has
 * passed since the last look. TCN_E_LIMIT: cap is too small; TCN_E_IO: it cannot be read
 * now. */
int tcn_secret_read(tcn_secret *secret, int64_t now_mono_ms, char *buf, size_t cap,
                    size_t *ret_len, tcn_err *reterr);
/* [any] Appends text to out with ******** for each place where the value as it was last
 * read (6 bytes or more) stands. */
int tcn_secret_mask(tcn_secret *secret, tcn_str text, tcn_buf *out);
/* [any] Is the current value that text? Takes the same time wherever they differ. */
bool tcn_secret_is(tcn_secret *secret, int64_t now_mono_ms, tcn_str text);
/* Clears memory in a way that is never optimised away. */
void tcn_secret_wipe(void *ptr, size_t len);

#endif
