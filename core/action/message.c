/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - one mapping, for attempts and for test messages. */
#include "core/action/message.h"

#include "core/action/severity.h"
#include "core/base/datetime.h"

void tcn_message_fill(tcn_message *message, const tcn_block_info *block,
                      const tcn_facts *facts, const tcn_rendered *rendered,
                      const tcn_context *context)
{
    bool is_notice = facts->type->means == TCN_ACTION_NOTIFY;
    *message = (tcn_message){
        .kind = is_notice ? TCN_MESSAGE_NOTIFY : TCN_MESSAGE_ACTION,
        .severity =
            block->severity != 0 ? block->severity : tcn_severity(facts->event.name),
        .depth = facts->depth,
        .fired_at_ms = facts->triggered_at_us / TCN_MS_US,
        .invocation = facts->invocation,
        .action = tcn_str_c(facts->type->name),
        .subject = rendered->subject,
        .body = rendered->body,
        .subject_values = rendered->subject_values,
        .body_values = rendered->body_values,
        .payload = rendered->payload,
        .automation_id = facts->automation_id,
        .automation_name = facts->automation_name,
        .event_id = facts->event_id,
        .event_name = facts->event.name,
        .event = facts->entry->event,
        .context = &context->tpl,
    };
}
