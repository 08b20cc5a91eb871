/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - the request that a webhook sends for a message. */
#ifndef WEBHOOK_REQUEST_H
#define WEBHOOK_REQUEST_H

#include "webhook.h"

#define HEADERS_MAX 64

/* One request under construction. Everything that it holds may be secret. */
typedef struct request {
    const tocsin_instance *hook;
    const tocsin_message *message;
    tocsin_delivery *delivery;
    tocsin_ending *end;
    tocsin_text url, body;
    tocsin_pair headers[HEADERS_MAX];
    uint64_t header_count;
    tocsin_text values[HEADERS_MAX]; /* of headers that are made here */
    uint64_t value_count;
    char timestamp[24], attempt[16];
} request;

/* Everything above from hook to end is set. Fills the rest, so that whatever can fail
 * fails before anything is sent. False: *end says why. */
bool request_build(request *r);
void request_free(request *r);

/* A text for a header's value; lives as long as the request. */
tocsin_text *request_value(request *r);
/* Unless the user has set it. */
void request_add_header(request *r, const char *name, tocsin_str value);
tocsin_str request_header(const request *r, const char *name);
/* Checks a header's value. False: *end says why. */
bool request_check_value(request *r, tocsin_str name, tocsin_str value);

/* auth.c: Authorization, Cookie, and the signature of what is sent. */
bool request_add_credentials(request *r);
bool request_add_signature(request *r);

#endif
