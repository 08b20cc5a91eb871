/* SPDX-License-Identifier: Apache-2.0 */
/* mentions.h - people that a text names as "<at>NAME</at>": Teams wants them listed, too.
 */
#ifndef TEAMS_MENTIONS_H
#define TEAMS_MENTIONS_H

#include <tocsin/text.h>

/* Bytes of the mention that s begins with; 0: none. */
size_t mention_length(tocsin_str s);

/* Appends "entities": [...], each name once, at most 50; nothing where nobody is named.
 * is_python: as Python's json.dumps writes it. Returns how many. */
size_t mentions_add(tocsin_str text, bool is_python, tocsin_text *out);

#endif
