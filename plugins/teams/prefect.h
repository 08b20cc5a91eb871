/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.h - the card as Prefect's own block "Microsoft Teams Webhook" sends it, byte
 * for byte. */
#ifndef TEAMS_PREFECT_H
#define TEAMS_PREFECT_H

#include "card.h"

void prefect_write(const card *c, tocsin_text *out);

#endif
