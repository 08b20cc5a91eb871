/* SPDX-License-Identifier: Apache-2.0 */
/* placeholder.h - texts in the way of Prefect's Custom Webhook: {{key}} is replaced by
 * the subject, the body, the block's name or a secret, once, and nothing else is special.
 */
#ifndef WEBHOOK_PLACEHOLDER_H
#define WEBHOOK_PLACEHOLDER_H

#include "webhook.h"

/* Is every key known, in every option? E_INVALID with *reterr filled. */
int32_t placeholder_check(const tocsin_instance *hook, tocsin_error *reterr);

/* What the keys of one message stand for. */
typedef struct placeholder_values {
    const tocsin_instance *hook;
    const tocsin_message *message;
    tocsin_ending *end;
} placeholder_values;

/* Appends an option's text (an entry's of a MAP with sub) with its keys replaced. is_url:
 * what comes from the message is percent-encoded, secrets keep what a URL may hold.
 * False: *values->end says why. */
bool placeholder_option(const placeholder_values *values, const char *key,
                        const char *sub, bool is_url, tocsin_text *out);
/* Appends a JSON value with its strings replaced, but for keys of objects. */
bool placeholder_json(const placeholder_values *values, tocsin_str json,
                      tocsin_text *out);
/* Appends a text of which source is JSON's form. */
bool placeholder_string(const placeholder_values *values, tocsin_str json,
                        tocsin_text *out);

#endif
