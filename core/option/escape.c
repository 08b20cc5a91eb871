/* SPDX-License-Identifier: Apache-2.0 */
/* escape.c - the public header's forms, each a type of output that templates know. */
#include "core/option/escape.h"

#include <tocsin/plugin.h>

#include "core/base/compiler.h"
#include "core/base/err.h"

int tcn_escape_type(uint32_t form, enum tcn_tpl_type *ret)
{
    static const enum tcn_tpl_type types[] = {
        [TOCSIN_ESC_NONE] = TCN_TPL_TEXT,   [TOCSIN_ESC_JSON] = TCN_TPL_JSON,
        [TOCSIN_ESC_HTML] = TCN_TPL_HTML,   [TOCSIN_ESC_SLACK] = TCN_TPL_MRKDWN,
        [TOCSIN_ESC_CARD] = TCN_TPL_CARD,   [TOCSIN_ESC_URL] = TCN_TPL_URL,
        [TOCSIN_ESC_LINE] = TCN_TPL_HEADER,
    };
    if (form >= TCN_COUNT(types))
        return TCN_E_INVALID;
    *ret = types[form];
    return 0;
}
