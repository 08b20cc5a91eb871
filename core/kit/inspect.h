/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.h - what a plugin file says about itself. Its code runs in a child. */
#ifndef TCN_KIT_INSPECT_H
#define TCN_KIT_INSPECT_H

#include <jansson.h>

#include "core/base/err.h"

/* *ret: as tcn_plugins_describe, with "file" in front. The error is the gate's,
 * "plugin FILE: TEXT", or says how the child ended. */
int tcn_kit_inspect(const char *path, json_t **ret, tcn_err *reterr);

#endif
