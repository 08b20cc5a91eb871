/* SPDX-License-Identifier: Apache-2.0 */
/* tell.c - what an operator reads about deliveries. */
#include "core/action/tell.h"

#include <stdio.h>

#include "core/base/datetime.h"

#define FOLD_US TCN_MINUTE_US

/* Values of fields are NUL-terminated copies. */
typedef struct field_texts {
    char automation[200], event[TCN_UUID_TEXT + 1], invocation[TCN_UUID_TEXT + 1];
    char attempt[16], code[16], cause[64];
} field_texts;

static void copy(char *out, size_t size, tcn_str text)
{
    snprintf(out, size, "%.*s", TCN_STR_ARG(text));
}

static void write_line(tcn_log *log, enum tcn_log_level level, const tcn_lane *lane,
                       const tcn_facts *facts, const tcn_outbox_result *result,
                       const char *text)
{
    field_texts texts = {0};
    if (facts != NULL) {
        copy(texts.automation, sizeof texts.automation, facts->automation_name);
        copy(texts.event, sizeof texts.event, facts->event_id);
    }
    tcn_uuid_format(&result->invocation, texts.invocation);
    snprintf(texts.attempt, sizeof texts.attempt, "%u", result->attempt);
    snprintf(texts.code, sizeof texts.code, "%d", result->code);
    copy(texts.cause, sizeof texts.cause, result->cause);
    const char *const fields[] = {"automation", texts.automation, "event", texts.event,
                                  "invocation", texts.invocation, "block", lane->name,
                                  "attempt",    texts.attempt,    "code",  texts.code,
                                  "cause",      texts.cause,      NULL};
    tcn_log_fields(log, level, lane->component, fields, "%s", text);
}

static uint64_t likeness(const tcn_outbox_result *result)
{
    uint64_t hash = tcn_hash(result->reason.ptr, result->reason.len, result->outcome);
    hash = tcn_hash(result->cause.ptr, result->cause.len, hash);
    hash = tcn_hash(&result->code, sizeof result->code, hash);
    return hash != 0 ? hash : 1;
}

/* Says how many lines were not written, and begins anew. */
static void unfold(tcn_log *log, tcn_lane *lane)
{
    if (lane->fold.count > 0)
        tcn_log_write(log, TCN_LOG_NOTICE, lane->component,
                      "%llu more failed like the one before",
                      (unsigned long long)lane->fold.count);
    lane->fold = (tcn_fold){0};
}

static void tell_failure(tcn_log *log, tcn_lane *lane, const tcn_facts *facts,
                         const tcn_outbox_result *result, int64_t now_mono_us)
{
    uint64_t hash = likeness(result);
    if (lane->fold.hash == hash && now_mono_us - lane->fold.since_mono_us < FOLD_US) {
        lane->fold.count++;
        return;
    }
    unfold(log, lane);
    lane->fold.hash = hash;
    lane->fold.since_mono_us = now_mono_us;
    char text[1200];
    int64_t delay_ms = (result->next_at_us - result->at_us) / TCN_MS_US;
    if (result->outcome == TCN_OUTBOX_RETRY)
        snprintf(text, sizeof text, "attempt %u failed, next in %lld.%llds: %.*s",
                 result->attempt, (long long)(delay_ms / 1000),
                 (long long)(delay_ms % 1000 / 100), TCN_STR_ARG(result->reason));
    else
        snprintf(text, sizeof text, "failed for good: %.*s%s%.*s",
                 TCN_STR_ARG(result->reason),
                 result->outcome == TCN_OUTBOX_MOVED ? "; goes on to block " : "",
                 TCN_STR_ARG(result->block));
    bool is_retry = result->outcome == TCN_OUTBOX_RETRY;
    write_line(log, is_retry ? TCN_LOG_NOTICE : TCN_LOG_WARNING, lane, facts, result,
               text);
}

void tcn_tell(tcn_log *log, tcn_lane *lane, const tcn_facts *facts,
              const tcn_outbox_result *result, int64_t now_mono_us)
{
    if (result->outcome != TCN_OUTBOX_DONE) {
        tell_failure(log, lane, facts, result, now_mono_us);
        return;
    }
    unfold(log, lane);
    if (log == NULL || !tcn_log_is_on(log, lane->component, TCN_LOG_INFO))
        return;
    write_line(log, TCN_LOG_INFO, lane, facts, result,
               lane->name_len > 0 ? "delivered" : "done");
}
