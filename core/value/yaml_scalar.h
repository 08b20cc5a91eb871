/* SPDX-License-Identifier: Apache-2.0 */
/* yaml_scalar.h - what a plain scalar of YAML 1.1 means, as PyYAML's safe_load resolves
 * it. */
#ifndef TCN_VALUE_YAML_SCALAR_H
#define TCN_VALUE_YAML_SCALAR_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/str.h"

/* A new reference: null, true, false, an integer, a real or text. NULL with TCN_E_NOMEM,
 * or with TCN_E_LIMIT for a number that has no place in 64 bits. */
json_t *tcn_yaml_scalar(tcn_str text, tcn_err *reterr);

#endif
