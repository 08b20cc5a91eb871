/* SPDX-License-Identifier: Apache-2.0 */
/* webhook.h - one configured webhook: what its options say. */
#ifndef WEBHOOK_WEBHOOK_H
#define WEBHOOK_WEBHOOK_H

#include "answer.h"
#include <tocsin/delivery.h>

enum body_kind {
    BODY_STANDARD,
    BODY_TEXT,
    BODY_JSON,
    BODY_FORM,
    BODY_JSON_DATA, /* of a custom webhook */
    BODY_FORM_DATA,
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

typedef struct pairs {
    const tocsin_pair *items; /* a secret's values are empty here */
    uint64_t count;
} pairs;

/* What is known before any message comes; not changed after create. */
struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    tocsin_str method, content_type; /* content_type: empty when the user gave none */
    pairs headers, params, form, cookies, secrets;
    enum body_kind body;
    enum auth_kind auth;
    enum sign_kind sign;
    bool is_body_json;     /* BODY_TEXT: values are escaped as JSON */
    bool has_placeholders; /* texts are no templates (placeholder.h) */
    uint32_t net_flags;
    tocsin_net net; /* without the proxy, which is a secret */
    status_list success, retry;
};

/* options.c */
#define WEBHOOK_OPTIONS 29
extern const tocsin_option webhook_options[WEBHOOK_OPTIONS];
/* Fills what the options say. E_INVALID with *reterr filled. */
int32_t webhook_read_options(tocsin_instance *hook, tocsin_error *reterr);
bool webhook_is_set(const tocsin_instance *hook, const char *key);

/* prefect.c: the table of the extension, or NULL. */
const void *webhook_extension(const char *id);

#endif
