/* SPDX-License-Identifier: Apache-2.0 */
/* lock.h - one process to a store: an advisory lock on "PATH.lock", which the kernel
 * drops when the process ends in whatever way. The file holds the pid and stays. */
#ifndef TCN_STORE_LOCK_H
#define TCN_STORE_LOCK_H

#include "core/base/err.h"

/* The descriptor that holds the lock; closing it lets go. TCN_E_BUSY: another process has
 * it. */
int tcn_store_lock(const char *path, int *ret_fd, tcn_err *reterr);

#endif
