/* SPDX-License-Identifier: Apache-2.0 */
/* card.h - what a message says, and its forms as the body of a request: an Adaptive Card
 * for a workflow, a card for a connector, the card of Prefect's block. */
#ifndef TEAMS_CARD_H
#define TEAMS_CARD_H

#include "teams.h"

#define CARD_BYTES 28000 /* of the whole body: Teams drops what is above 28 KB */

typedef struct card_fact {
    tocsin_str title, value;
} card_fact;

/* Texts are clean, and Markdown but for the images' addresses. Borrowed. */
typedef struct card {
    const tocsin_instance *teams;
    uint32_t severity;
    tocsin_str title, body, footer; /* title and footer may be empty */
    const card_fact *facts;
    size_t fact_count;
} card;

/* Writes the card in the form of the block. What is too long for CARD_BYTES is cut from
 * the back: the body, then the title; facts go only if that is not enough. */
void card_add(const card *c, tocsin_text *out);
/* The user's own Adaptive Card, which is JSON, as a message to a workflow. */
void card_add_own(tocsin_str own, tocsin_text *out);

#endif
