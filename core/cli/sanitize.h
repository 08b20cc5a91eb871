/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.h - runs "tocsin plugin check" again where mistakes of memory are found: with
 * the runtime of the sanitizer that the plugin was built with, or under valgrind. */
#ifndef TCN_CLI_SANITIZE_H
#define TCN_CLI_SANITIZE_H

#include "core/base/err.h"

/* Replaces the process by one with the same arguments, or fails: no valgrind is
 * installed. file: the plugin's. argv ends with NULL and begins with what comes after
 * "plugin check", in which --sanitize is dropped. */
int tcn_sanitize_exec(const char *file, char *const *argv, tcn_err *reterr);
/* In the process that replaced it: how many times slower than usual it runs (1: it is
 * none of them), and where valgrind writes (NULL: nowhere). */
int tcn_sanitize_slowdown(void);
const char *tcn_sanitize_log_dir(void);
/* Removes that folder; for when nothing in it is worth reading. */
void tcn_sanitize_log_remove(void);

#endif
