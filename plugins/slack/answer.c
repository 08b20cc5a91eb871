/* SPDX-License-Identifier: Apache-2.0 */
/* answer.c - Slack says what is wrong in one word: the whole body of a webhook's answer,
 * or "error" of the API's. A word that people can act on has a sentence. */
#include "answer.h"

#include <tocsin/json.h>

#define WORD_MAX 80

typedef struct word {
    const char *word;
    uint32_t status, cause;
    const char *advice; /* or NULL */
} word;

static const word words[] = {
    {"invalid_payload", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, NULL},
    {"no_text", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, NULL},
    {"user_not_found", TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, NULL},
    {"invalid_token", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
     "the URL of the webhook is not valid (any more)"},
    {"action_prohibited", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
     "an administrator forbids posting there"},
    {"no_service", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
     "the webhook was removed or switched off"},
    {"no_team", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
     "the workspace does not exist (any more)"},
    {"channel_not_found", TOCSIN_FAIL, TOCSIN_CAUSE_GONE,
     "the channel does not exist, or the app cannot see it"},
    {"channel_is_archived", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "the channel is archived"},
    {"is_archived", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "the channel is archived"},
    {"not_in_channel", TOCSIN_FAIL, TOCSIN_CAUSE_GONE, "invite the app into the channel"},
    {"rollup_error", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"ratelimited", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, NULL},
    {"rate_limited", TOCSIN_RETRY, TOCSIN_CAUSE_RATE_LIMIT, NULL},
    {"internal_error", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"fatal_error", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"service_unavailable", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"request_timeout", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"team_added_to_org", TOCSIN_RETRY, TOCSIN_CAUSE_SERVER, NULL},
    {"invalid_auth", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, "the token is not valid"},
    {"not_authed", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, "the token is empty"},
    {"account_inactive", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
     "the token belongs to a deleted user or workspace"},
    {"token_revoked", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, "the token was revoked"},
    {"token_expired", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, "the token has expired"},
    {"missing_scope", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH,
     "the app needs the scope chat:write"},
    {"no_permission", TOCSIN_FAIL, TOCSIN_CAUSE_AUTH, NULL},
    {"msg_too_long", TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, NULL},
    {"msg_blocks_too_long", TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE, NULL},
};

static const word *find_word(tocsin_str text)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (tocsin_str_eq(text, words[i].word))
            return &words[i];
    return NULL;
}

static void set_class(tocsin_result *ret, uint32_t status, uint32_t cause)
{
    ret->status = status;
    ret->cause = cause;
}

/* "answered 404: no_service (the webhook was removed or switched off)" */
static void add_advice(const word *w, char reason[TOCSIN_HTTP_REASON])
{
    size_t used = strlen(reason);
    if (w != NULL && w->advice != NULL)
        (void)snprintf(reason + used, TOCSIN_HTTP_REASON - used, " (%s)", w->advice);
}

static void judge_hook(const tocsin_reply *reply, tocsin_result *ret, answer_texts *texts)
{
    const word *w = find_word(tocsin_str_trim(reply->body));
    if (reply->status == 200 && !tocsin_str_eq(reply->body, "ok"))
        set_class(ret, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED);
    else if (reply->status >= 400 && reply->status < 500 && w != NULL)
        set_class(ret, w->status, w->cause);
    (void)snprintf(texts->receipt, sizeof texts->receipt, "{\"status\":%d}",
                   reply->status);
    (void)tocsin_http_explain(reply, texts->reason);
    add_advice(w, texts->reason);
}

static void write_receipt(tocsin_str answer, char *out)
{
    tocsin_str channel = {NULL, 0}, ts = {NULL, 0};
    (void)tocsin_json_get(answer, "channel", &channel);
    (void)tocsin_json_get(answer, "ts", &ts);
    if (tocsin_json_kind(channel) == '"' && tocsin_json_kind(ts) == '"' &&
        channel.len < 80 && ts.len < 80)
        (void)snprintf(out, ANSWER_RECEIPT, "{\"channel\":%.*s,\"ts\":%.*s}",
                       (int)channel.len, channel.ptr, (int)ts.len, ts.ptr);
}

static void judge_error(tocsin_str answer, tocsin_result *ret, answer_texts *texts)
{
    tocsin_text error = TOCSIN_ZERO;
    tocsin_str value, needed = {NULL, 0};
    if (!tocsin_json_get(answer, "error", &value) || !tocsin_json_text(value, &error) ||
        error.failed)
        tocsin_text_add_c(&error, "no reason");
    const word *w = find_word(tocsin_text_str(&error));
    if (w != NULL)
        set_class(ret, w->status, w->cause);
    else
        set_class(ret, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED);
    (void)snprintf(texts->reason, sizeof texts->reason, "Slack refused: %.200s",
                   error.ptr == NULL ? "" : error.ptr);
    add_advice(w, texts->reason);
    if (tocsin_json_get(answer, "needed", &needed) && needed.len < WORD_MAX) {
        size_t used = strlen(texts->reason);
        (void)snprintf(texts->reason + used, sizeof texts->reason - used,
                       ", needed: %.*s", (int)needed.len, needed.ptr);
    }
    tocsin_text_free(&error);
}

static void judge_api(const tocsin_reply *reply, tocsin_result *ret, answer_texts *texts)
{
    tocsin_str answer, ok;
    (void)tocsin_http_explain(reply, texts->reason);
    if (reply->status != 200)
        return;
    if (!tocsin_json_read(reply->body, &answer) || !tocsin_json_get(answer, "ok", &ok)) {
        set_class(ret, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER);
        (void)snprintf(texts->reason, sizeof texts->reason,
                       "the answer is not one of Slack's API");
    } else if (tocsin_str_eq(ok, "true")) {
        set_class(ret, TOCSIN_DONE, TOCSIN_CAUSE_NONE);
        write_receipt(answer, texts->receipt);
    } else {
        judge_error(answer, ret, texts);
    }
}

/* Retry-After, else "retry_after" of the body, in seconds. */
static void read_retry_after(const tocsin_reply *reply, tocsin_result *ret)
{
    tocsin_str answer, value;
    int64_t seconds = 0;
    ret->retry_after_ms = reply->retry_after_ms;
    if (ret->retry_after_ms < 0 && tocsin_json_read(reply->body, &answer) &&
        tocsin_json_get(answer, "retry_after", &value) &&
        tocsin_json_int(value, 0, 86400, &seconds))
        ret->retry_after_ms = seconds * 1000;
}

void answer_judge(const tocsin_reply *reply, bool is_bot, tocsin_result *ret,
                  answer_texts *texts)
{
    memset(texts, 0, sizeof *texts);
    tocsin_http_judge(reply, ret);
    if (reply->error != TOCSIN_OK) {
        (void)tocsin_http_explain(reply, texts->reason);
    } else {
        if (reply->status >= 500)
            set_class(ret, TOCSIN_RETRY, TOCSIN_CAUSE_SERVER);
        else if (reply->status != 200 && ret->status == TOCSIN_DONE)
            set_class(ret, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED);
        if (is_bot)
            judge_api(reply, ret, texts);
        else
            judge_hook(reply, ret, texts);
        if (ret->status == TOCSIN_RETRY)
            read_retry_after(reply, ret);
    }
    if (ret->status == TOCSIN_DONE)
        ret->receipt = tocsin_str_of(texts->receipt);
    else
        ret->reason = tocsin_str_of(texts->reason);
}
