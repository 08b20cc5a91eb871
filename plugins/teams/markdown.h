/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.h - the Markdown of Adaptive Cards: paragraphs, escapes, and cuts that tear no
 * character, escape, link or mention. */
#ifndef TEAMS_MARKDOWN_H
#define TEAMS_MARKDOWN_H

#include <tocsin/text.h>

/* A backslash before every sign that formats. */
void markdown_add_escaped(tocsin_text *out, tocsin_str s);
/* A card shows a lone line end as a space: between lines that are no list items each
 * becomes a paragraph's end. */
void markdown_add_paragraphs(tocsin_text *out, tocsin_str s);
/* At most so many bytes of s, then an ellipsis; all of s where it is not longer. */
void markdown_add_cut(tocsin_text *out, tocsin_str s, size_t bytes);

#endif
