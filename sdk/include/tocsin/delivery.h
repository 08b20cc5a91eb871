/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/delivery.h - what nearly every plugin writes around its options and its deliveries: reading
 * an option or a secret, rendering a template, and ending a delivery that was not sent.
 *
 * Optional and header-only: it uses plugin.h, text.h and the C library. Functions that return bool say
 * false when the delivery cannot go on; *end says how it ends then.
 */
#ifndef TOCSIN_DELIVERY_H
#define TOCSIN_DELIVERY_H
#include <tocsin/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- options, in create ---- */

/* Fills *reterr (may be NULL) for an option that is wrong; returns E_INVALID. */
static inline int32_t tocsin_option_refuse(tocsin_error *reterr, const char *key, const char *why)
{
    if (reterr != NULL && reterr->code == 0) {
        (void)snprintf(reterr->key, sizeof reterr->key, "%s", key);
        (void)snprintf(reterr->text, sizeof reterr->text, "%s", why);
        reterr->code = TOCSIN_E_INVALID;
    }
    return TOCSIN_E_INVALID;
}

/* Was it given, or has it a default? Of any type, secret or not. */
static inline bool tocsin_option_is_set(const tocsin_host *host, const tocsin_config *config,
                                        const char *key)
{
    char probe[1];
    size_t len = 0;
    uint64_t count = 0;
    int64_t integer = 0;
    double number = 0;
    tocsin_str text;
    const tocsin_pair *pairs;
    const tocsin_str *items;
    int32_t rc = host->opt_str(config, key, &text);
    if (rc == TOCSIN_E_DENIED)
        rc = host->secret(config, key, NULL, probe, sizeof probe, &len);
    else if (rc == TOCSIN_E_INVALID)
        rc = host->opt_map(config, key, &pairs, &count);
    if (rc == TOCSIN_E_INVALID)
        rc = host->opt_list(config, key, &items, &count);
    if (rc == TOCSIN_E_INVALID)
        rc = host->opt_int(config, key, &integer);
    if (rc == TOCSIN_E_INVALID)
        rc = host->opt_num(config, key, &number);
    return rc != TOCSIN_E_NOT_FOUND;
}

/* A text, or its source if it is a template; "" when it is not set. Ends in NUL. */
static inline tocsin_str tocsin_option_text(const tocsin_host *host, const tocsin_config *config,
                                            const char *key)
{
    tocsin_str value = {"", 0};
    (void)host->opt_str(config, key, &value);
    return value;
}

/* A BOOL, INT, DURATION or SIZE; 0 when it is not set. */
static inline int64_t tocsin_option_int(const tocsin_host *host, const tocsin_config *config,
                                        const char *key)
{
    int64_t value = 0;
    (void)host->opt_int(config, key, &value);
    return value;
}

static inline bool tocsin_option_flag(const tocsin_host *host, const tocsin_config *config,
                                      const char *key)
{
    return tocsin_option_int(host, config, key) != 0;
}

/* The place of an ENUM's value among its choices. */
static inline int tocsin_option_choice(const tocsin_host *host, const tocsin_config *config,
                                       const char *key, const char *const *choices)
{
    tocsin_str value = tocsin_option_text(host, config, key);
    int i = 0;
    while (choices[i + 1] != NULL && !tocsin_str_eq(value, choices[i]))
        i++;
    return i;
}

/* ---- deliveries ---- */

/* How a delivery ends that was not sent. Start with TOCSIN_ZERO. */
typedef struct tocsin_ending {
    uint32_t status, cause; /* status 0: nothing stands in the way so far */
    tocsin_error error;     /* its text is the reason; the first one stays */
} tocsin_ending;

/* Returns false, so that "return tocsin_end(...)" reads well. */
static inline bool tocsin_end(tocsin_ending *end, uint32_t status, uint32_t cause, const char *reason)
{
    end->status = status;
    end->cause = cause;
    if (end->error.text[0] == '\0')
        (void)snprintf(end->error.text, sizeof end->error.text, "%s", reason);
    return false;
}

static inline bool tocsin_end_nomem(tocsin_ending *end)
{
    return tocsin_end(end, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "out of memory");
}

/* host->render. A template that fails will fail again; a secret that cannot be read may come back. */
static inline bool tocsin_render(const tocsin_host *host, tocsin_delivery *delivery, const char *key,
                                 const char *sub, uint32_t escape, tocsin_str *ret,
                                 tocsin_ending *end)
{
    end->error.struct_size = sizeof end->error;
    int32_t rc = host->render(delivery, key, sub, escape, ret, &end->error);
    if (rc >= 0)
        return true;
    if (rc == TOCSIN_E_NOMEM)
        return tocsin_end_nomem(end);
    if (rc == TOCSIN_E_IO)
        return tocsin_end(end, TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG, "a secret cannot be read now");
    return tocsin_end(end, TOCSIN_FAIL, TOCSIN_CAUSE_TEMPLATE, "a template failed");
}

/* host->secret into buf, which the caller wipes in any case. */
static inline bool tocsin_secret(const tocsin_host *host, const tocsin_config *config,
                                 const char *key, const char *sub, char *buf, size_t cap,
                                 size_t *ret_len, tocsin_ending *end)
{
    int32_t rc = host->secret(config, key, sub, buf, cap, ret_len);
    if (rc >= 0)
        return true;
    if (end->error.text[0] == '\0')
        (void)snprintf(end->error.text, sizeof end->error.text,
                       rc == TOCSIN_E_LIMIT ? "%s is too long" : "%s cannot be read now", key);
    return tocsin_end(end, rc == TOCSIN_E_LIMIT ? TOCSIN_FAIL : TOCSIN_RETRY, TOCSIN_CAUSE_CONFIG,
                      "");
}

/* Calls done with it. */
static inline void tocsin_end_delivery(const tocsin_host *host, tocsin_delivery *delivery,
                                       const tocsin_ending *end)
{
    tocsin_result result = TOCSIN_ZERO;
    result.struct_size = sizeof result;
    result.status = end->status;
    result.cause = end->cause;
    result.retry_after_ms = -1;
    result.reason = tocsin_str_of(end->error.text);
    host->done(delivery, &result);
}

#ifdef __cplusplus
}
#endif
#endif
