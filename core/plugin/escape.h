/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - the forms in which interpolated values are written (TOCSIN_ESC_*). */
#ifndef TCN_PLUGIN_ESCAPE_H
#define TCN_PLUGIN_ESCAPE_H

#include "core/base/buf.h"

/* Appends text to out in its safe form. 0 or the buffer's status. */
typedef int (*tcn_escape_fn)(tcn_str text, tcn_buf *out);

/* *ret is NULL for TOCSIN_ESC_NONE. TCN_E_INVALID: no such form. */
int tcn_escape_find(uint32_t form, tcn_escape_fn *ret);

#endif
