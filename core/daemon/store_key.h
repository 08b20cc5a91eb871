/* SPDX-License-Identifier: Apache-2.0 */
/* store_key.h - the key under which the store seals secrets. */
#ifndef TCN_DAEMON_STORE_KEY_H
#define TCN_DAEMON_STORE_KEY_H

#include "core/base/log.h"
#include "core/daemon/config.h"

#define TCN_STORE_KEY 32

/* From store.secret_key: 1 and the key, 0: none is configured. Else an error with the
 * field; a key that stands in a file that others may read is a warning. The caller wipes
 * key. */
int tcn_store_key_read(const tcn_config *config, tcn_log *log, uint8_t key[TCN_STORE_KEY],
                       tcn_problems *problems);

#endif
