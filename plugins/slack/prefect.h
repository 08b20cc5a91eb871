/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.h - the message as Prefect's own block "Slack Webhook" sends it, byte for byte.
 */
#ifndef SLACK_PREFECT_H
#define SLACK_PREFECT_H

#include "slack.h"

bool prefect_message(const tocsin_instance *slack, const tocsin_message *message,
                     tocsin_text *out, tocsin_ending *end);

#endif
