/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - one plugin file in a registry of its own, let through the daemon's gate; who
 * owns it is a warning, because it is a file that its author has just built. */
#ifndef TCN_KIT_LOAD_H
#define TCN_KIT_LOAD_H

#include "core/plugin/plugins.h"

/* base: loop, client, guard and log of the registry; NULL: nothing will be created or
 * sent. Warnings go to problems. The error is "plugin FILE: TEXT". */
int tcn_kit_load(const char *path, const tcn_plugins_options *base, tcn_plugins **ret,
                 tcn_problems *problems, tcn_err *reterr);

#endif
