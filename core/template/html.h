/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - text made safe for HTML. Private to the room. */
#ifndef TCN_TEMPLATE_HTML_H
#define TCN_TEMPLATE_HTML_H

#include "core/value/ops.h"

/* What stands for c in HTML; NULL: itself. */
static inline const char *tcn_html_entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\'':
        return "&#39;";
    case '"':
        return "&#34;";
    default:
        return NULL;
    }
}

/* & < > ' " become entities. */
int tcn_html_escape(tcn_rt *rt, tcn_str text, tcn_buf *out);
/* str(v) escaped, unless v is Markup. */
int tcn_html_show(tcn_rt *rt, tcn_value v, tcn_buf *out);
/* a + b of two texts of which one is Markup: the other one is escaped. */
int tcn_html_join(tcn_rt *rt, tcn_value a, tcn_value b, tcn_value *ret);
/* Whether the rendering's output is HTML: texts that filters make of Markup and of values
 * keep that apart, as where Jinja has autoescape. */
bool tcn_html_is_output(tcn_rt *rt);
/* A native: the entities in a text become what they stand for. */
int tcn_html_unescape(tcn_rt *rt, tcn_value *a, tcn_value *ret);
/* What was put on the scratch since start, which is HTML: Markup where the output is. */
int tcn_html_end(tcn_rt *rt, size_t start, tcn_value *ret);

#endif
