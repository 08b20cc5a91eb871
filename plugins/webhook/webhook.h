/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.h - one configured webhook, and the request that it sends for a message. */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "answer.h"
#include "text.h"

enum body_kind {
    BODY_STANDARD,
    BODY_TEXT,
    BODY_JSON,
    BODY_FORM,
    BODY_NONE
};
enum auth_kind {
    AUTH_NONE,
    AUTH_BASIC,
    AUTH_BEARER
};
enum sign_kind {
    SIGN_NONE,
    SIGN_STANDARD,
    SIGN_GITHUB
};

/* What is known before any message comes; not changed after create. */
struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    tocsin_str method, content_type; /* content_type: empty when the user gave none */
    const tocsin_pair *headers;      /* names; the values are secrets */
    uint64_t header_count;
    const tocsin_pair *params, *form;
    uint64_t param_count, form_count;
    enum body_kind body;
    enum auth_kind auth;
    enum sign_kind sign;
    bool is_body_json; /* BODY_TEXT: values are escaped as JSON */
    bool has_old_key;
    uint32_t net_flags;
    status_list success, retry;
};

#define HEADERS_MAX 64

/* One request under construction. Everything that it holds may be secret. */
typedef struct request {
    tocsin_pair headers[HEADERS_MAX];
    uint64_t header_count;
    text url, body, authorization, signature, scratch;
    char timestamp[24], attempt[16];
} request;

/* Fills *r for the message. 0, or a negative code with *ret saying how the delivery ends
 * and the reason in error. */
int request_build(request *r, const tocsin_instance *hook, const tocsin_message *message,
                  tocsin_delivery *delivery, tocsin_result *ret, tocsin_error *error);
void request_free(request *r, const tocsin_host *host);

#endif
