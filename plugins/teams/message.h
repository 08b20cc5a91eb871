/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - from a message to the body of the request. */
#ifndef TEAMS_MESSAGE_H
#define TEAMS_MESSAGE_H

#include "teams.h"

/* What is wrong with an own card, whatever its templates give; NULL: nothing. */
const char *message_card_mistake(tocsin_str source);
/* Appends the body. False: *end says why the message is not sent. */
bool message_add(const tocsin_instance *teams, const tocsin_message *message,
                 tocsin_delivery *delivery, tocsin_text *out, tocsin_ending *end);

#endif
