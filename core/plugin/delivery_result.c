/* SPDX-License-Identifier: Apache-2.0 */
/* delivery_result.c - plugins are not trusted to give valid results: what reaches people
 * and events is checked here. */
#include "core/plugin/delivery_result.h"

#include <stdio.h>

#define REASON_MAX  1000
#define RECEIPT_MAX 4096

static tcn_str public_text(tocsin_str text, size_t limit)
{
    return tcn_str_of(text.ptr, text.len > limit ? limit : text.len);
}

/* A cut never splits a code point. */
static tcn_str cut_text(tcn_str text, size_t limit)
{
    if (text.len <= limit)
        return text;
    size_t len = limit;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return tcn_str_of(text.ptr, len);
}

void tcn_delivery_result_reason(const tocsin_self *self, tocsin_str reason, tcn_buf *out)
{
    tcn_buf masked;
    tcn_buf_init(&masked, (size_t)64 << 10);
    if (tcn_options_mask(self->config, public_text(reason, REASON_MAX * 4), &masked) == 0)
        (void)tcn_buf_add_printable(out, cut_text(tcn_buf_str(&masked), REASON_MAX));
    tcn_buf_deinit(&masked);
}

static bool is_known_result(const tocsin_result *result)
{
    return result->status >= TOCSIN_DONE && result->status <= TOCSIN_FAIL &&
           result->cause <= TOCSIN_CAUSE_INTERNAL;
}

void tcn_delivery_result_check(const tocsin_self *self, tocsin_result *result)
{
    static const char why[] = "the plugin gave no valid result: look at its struct_size, "
                              "status and cause";
    if (!is_known_result(result)) {
        *result = (tocsin_result){.status = TOCSIN_RETRY,
                                  .cause = TOCSIN_CAUSE_INTERNAL,
                                  .retry_after_ms = -1,
                                  .reason = {why, sizeof why - 1}};
    }
    tcn_str receipt = tcn_str_of(result->receipt.ptr, result->receipt.len);
    if (!tcn_utf8_valid(receipt, NULL))
        result->receipt.len = 0; /* it goes into an event */
    if (result->receipt.len > RECEIPT_MAX || result->progress.len > RECEIPT_MAX)
        tcn_log_write(self->plugins->log, TCN_LOG_WARNING, "plugin",
                      "block %s: receipt or progress of more than %d bytes was dropped",
                      self->name, RECEIPT_MAX);
    if (result->receipt.len > RECEIPT_MAX)
        result->receipt.len = 0;
    if (result->progress.len > RECEIPT_MAX)
        result->progress.len = 0;
}

tocsin_result tcn_delivery_result_refusal(const tocsin_self *self, int32_t code,
                                          const char *why, char text[TCN_REFUSAL_TEXT])
{
    static const struct {
        int32_t code;
        uint32_t status, cause;
        const char *name;
    } classes[] = {
        {TOCSIN_E_INVALID, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "E_INVALID"},
        {TOCSIN_E_UNSUPPORTED, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "E_UNSUPPORTED"},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED, "E_DENIED"},
        {TOCSIN_E_NOMEM, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_NOMEM"},
        {TOCSIN_E_BUSY, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_BUSY"},
        {TOCSIN_E_LIMIT, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "E_LIMIT"},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED, "E_CANCELED"},
        {0, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL, "an error"},
    };
    size_t i = 0;
    while (classes[i].code != 0 && classes[i].code != code)
        i++;
    const char *refusal = code == TOCSIN_E_INVALID ? self->refusal : "";
    (void)snprintf(text, TCN_REFUSAL_TEXT,
                   "plugin %s did not accept the message (%s, %d)%s%s", self->table->id,
                   classes[i].name, code, refusal[0] != '\0' ? ": " : "", refusal);
    const char *told = why[0] != '\0' ? why : text;
    return (tocsin_result){
        .status = classes[i].status,
        .cause = classes[i].cause,
        .retry_after_ms = -1,
        .reason = {told, strlen(told)},
    };
}

const char *tcn_cause_name(uint32_t cause)
{
    static const char *const names[] = {
        [TOCSIN_CAUSE_NONE] = "none",
        [TOCSIN_CAUSE_NETWORK] = "network",
        [TOCSIN_CAUSE_TLS] = "tls",
        [TOCSIN_CAUSE_TIMEOUT] = "timeout",
        [TOCSIN_CAUSE_RATE_LIMIT] = "rate_limit",
        [TOCSIN_CAUSE_SERVER] = "server",
        [TOCSIN_CAUSE_AUTH] = "auth",
        [TOCSIN_CAUSE_REJECTED] = "rejected",
        [TOCSIN_CAUSE_GONE] = "gone",
        [TOCSIN_CAUSE_TOO_LARGE] = "too_large",
        [TOCSIN_CAUSE_CONFIG] = "config",
        [TOCSIN_CAUSE_TEMPLATE] = "template",
        [TOCSIN_CAUSE_DENIED] = "denied",
        [TOCSIN_CAUSE_CANCELED] = "canceled",
        [TOCSIN_CAUSE_INTERNAL] = "internal",
    };
    return cause < TCN_COUNT(names) ? names[cause] : "internal";
}
