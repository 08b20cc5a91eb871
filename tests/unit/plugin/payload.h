/* SPDX-License-Identifier: Apache-2.0 */
/* payload.h - what sinks have sent: parts of it, its golden form, long texts, and tables
 * of answers. Include cmocka first. */
#ifndef TCN_TESTS_PLUGIN_PAYLOAD_H
#define TCN_TESTS_PLUGIN_PAYLOAD_H

#include "receiver.h"

/* The text that the value at a path such as "blocks/1/text" holds; "" when there is none.
 * Valid until the next call. */
const char *payload_text(const char *json, const char *path);
/* Is it what the file of tests/data/sinks holds? */
void payload_golden(const char *json, const char *name);
/* with, again and again, so many bytes. Valid until the next call. */
const char *payload_filled(const char *with, size_t bytes);
bool payload_ends_in(const char *text, const char *end);
/* A text as the message's body, all of it the author's. */
tcn_message payload_message(const char *body);

/* One message that Prefect's own block has sent (tests/data/sinks/record.py). */
typedef struct recorded {
    uint32_t severity;
    bool wrap, image;
    char *subject, *body, *sent;
} recorded;
/* Calls fn for each one of the file; they are the caller's until it returns. At least 20.
 */
void payload_each_recorded(const char *name, void (*fn)(const recorded *r, void *ud),
                           void *ud);

typedef struct answer_row {
    int status;
    const char *body;
    uint32_t result, cause;
    const char *reason; /* its beginning */
} answer_row;
/* Sends a message for each row through the block; every outcome must be the row's. */
void payload_answers(fixture *f, tcn_block *block, const answer_row *rows, size_t count);

#endif
