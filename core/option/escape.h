/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - the forms in which interpolated values are written (TOCSIN_ESC_*), as types
 * of a template's output. */
#ifndef TCN_OPTION_ESCAPE_H
#define TCN_OPTION_ESCAPE_H

#include "core/template/escape.h"

/* TCN_E_INVALID: no such form. */
int tcn_escape_type(uint32_t form, enum tcn_tpl_type *ret);

#endif
