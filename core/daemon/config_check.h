/* SPDX-License-Identifier: Apache-2.0 */
/* config_check.h - what the values of a configuration must be beyond their kinds. */
#ifndef TCN_DAEMON_CONFIG_CHECK_H
#define TCN_DAEMON_CONFIG_CHECK_H

#include "core/daemon/config.h"

/* When the file was read: every problem goes to problems, with its place. */
void tcn_config_check(const tcn_config *config, tcn_problems *problems);

#endif
