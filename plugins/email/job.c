/* SPDX-License-Identifier: Apache-2.0 */
/* job.c - from a message and the block's options to a mail and its recipients. Whatever
 * can fail fails here, before anything is sent. */
#include "email.h"

/* More than 10 MiB of text become as bytes of a mail, so what fails has no memory. */
#define WRITE_MAX ((size_t)64 << 20)

static const char *const lists[] = {"to", "cc", "bcc", "reply_to"};
enum {
    LIST_TO,
    LIST_CC,
    LIST_BCC,
    LIST_REPLY_TO,
    LISTS
};

/* What every step needs. */
typedef struct builder {
    job *j;
    const tocsin_message *message;
    tocsin_ending *end;
    address *next; /* of the job's addresses, not yet used */
    addresses lists[LISTS];
    tocsin_pair headers[HEADERS_MAX];
    tocsin_str html, thread;
    char thread_hash[33], boundary[40];
} builder;

static bool refuse(builder *b, const char *key, const char *wrong)
{
    (void)snprintf(b->end->error.text, sizeof b->end->error.text, "%s %s", key, wrong);
    return tocsin_end(b->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "");
}

static bool render(builder *b, const char *key, const char *sub, uint32_t escape,
                   tocsin_str *ret)
{
    return tocsin_render(b->j->email->host, b->j->delivery, key, sub, escape, ret,
                         b->end);
}

/* ---- addresses ---- */

static uint64_t list_length(const tocsin_instance *email, const char *key)
{
    const tocsin_str *items = NULL;
    uint64_t count = 0;
    (void)email->host->opt_list(email->config, key, &items, &count);
    return count;
}

static bool read_address(builder *b, const char *key, const char *sub, bool *ret_is_empty)
{
    const tocsin_instance *email = b->j->email;
    tocsin_str text = tocsin_str_of(email->username);
    bool is_username = sub == NULL && email->from_username;
    char place[64];
    if (!is_username && !render(b, key, sub, TOCSIN_ESC_NONE, &text))
        return false;
    *ret_is_empty = sub != NULL && tocsin_str_is_blank(text);
    if (*ret_is_empty)
        return true;
    const char *wrong = address_parse(text, b->next);
    (void)snprintf(place, sizeof place, sub != NULL ? "%s[%s]" : "%s", key, sub);
    if (wrong != NULL)
        return refuse(b, place, wrong);
    b->j->needs_utf8 = b->j->needs_utf8 || !b->next->is_ascii;
    b->next++;
    return true;
}

/* An entry that a template leaves empty is none. */
static bool read_list(builder *b, int which)
{
    const address *first = b->next;
    uint64_t count = list_length(b->j->email, lists[which]);
    for (uint64_t i = 0; i < count; i++) {
        char sub[24];
        bool is_empty;
        (void)snprintf(sub, sizeof sub, "%llu", (unsigned long long)i);
        if (!read_address(b, lists[which], sub, &is_empty))
            return false;
    }
    b->lists[which] = (addresses){first, (size_t)(b->next - first)};
    return true;
}

static bool add_recipients(builder *b, addresses list)
{
    for (size_t i = 0; i < list.count; i++)
        if (!recipients_add(&b->j->list, &list.items[i]))
            return refuse(b, "to, cc and bcc", "have more than 100 recipients");
    return true;
}

static bool read_addresses(builder *b)
{
    const tocsin_instance *email = b->j->email;
    bool is_empty;
    uint64_t count = 1;
    for (int i = 0; i < LISTS; i++)
        count += list_length(email, lists[i]);
    b->j->addresses = calloc(count, sizeof *b->j->addresses);
    if (b->j->addresses == NULL)
        return tocsin_end_nomem(b->end);
    b->next = b->j->addresses;
    if (!read_address(b, "from", NULL, &is_empty))
        return false;
    for (int i = 0; i < LISTS; i++)
        if (!read_list(b, i) || (i != LIST_REPLY_TO && !add_recipients(b, b->lists[i])))
            return false;
    if (b->j->list.count == 0)
        return refuse(b, "to", "has no recipients");
    recipients_restore(&b->j->list, b->message->progress);
    return true;
}

/* ---- the rest of the options ---- */

static bool read_headers(builder *b)
{
    const tocsin_instance *email = b->j->email;
    for (uint64_t i = 0; i < email->header_count; i++) {
        tocsin_str name = email->headers[i].name, value;
        if (!render(b, "headers", name.ptr, TOCSIN_ESC_NONE, &value))
            return false;
        b->headers[i] = (tocsin_pair){name, value};
    }
    return true;
}

static void hex_write(char *out, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static bool read_thread(builder *b)
{
    static const char label[] = "tocsin thread";
    const tocsin_host *host = b->j->email->host;
    unsigned char mac[32];
    tocsin_str key;
    if (!b->j->email->has_thread)
        return true;
    if (!render(b, "thread_key", NULL, TOCSIN_ESC_NONE, &key))
        return false;
    if (tocsin_str_is_blank(key))
        return true;
    host->hmac_sha256(label, sizeof label - 1, key.ptr, key.len, mac);
    hex_write(b->thread_hash, mac, 16);
    b->thread = tocsin_str_of(b->thread_hash);
    return true;
}

static bool read_html(builder *b)
{
    unsigned char bytes[16];
    if (!b->j->email->has_html)
        return true;
    b->j->email->host->random(bytes, sizeof bytes);
    (void)snprintf(b->boundary, sizeof b->boundary, "=_");
    hex_write(b->boundary + 2, bytes, sizeof bytes);
    return render(b, "html", NULL, TOCSIN_ESC_HTML, &b->html);
}

/* ---- the message ---- */

static bool write_message(builder *b)
{
    const tocsin_instance *email = b->j->email;
    const tocsin_message *message = b->message;
    const address *from = b->j->addresses;
    bool is_failure = message->severity == TOCSIN_FAILURE;
    mail m = {
        .date_ms = message->fired_at_ms,
        .from = from,
        .to = b->lists[LIST_TO],
        .cc = b->lists[LIST_CC],
        .reply_to = b->lists[LIST_REPLY_TO],
        .subject = message->subject,
        .message_id = message->invocation,
        .domain = tocsin_str_of(email->domain[0] != '\0' ? email->domain
                                                         : from->spec + from->domain),
        .thread = b->thread,
        .priority = !email->has_priority ? 0
                    : is_failure         ? 1
                                         : 3,
        .headers = b->headers,
        .header_count = email->header_count,
        .text = message->body,
        .html = b->html,
        .boundary = b->boundary,
    };
    b->j->data.limit = WRITE_MAX;
    bool is_large = m.text.len + m.html.len > MESSAGE_MAX;
    const char *own = "";
    const char *wrong = is_large ? NULL : message_write(&m, &b->j->data, &own);
    if (wrong != NULL) {
        char name[80];
        (void)snprintf(name, sizeof name, "header %.60s", own);
        return refuse(b, name, wrong);
    }
    if (b->j->data.failed)
        return tocsin_end_nomem(b->end);
    if (is_large || b->j->data.len > MESSAGE_MAX)
        return tocsin_end(b->end, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE,
                          "the message is larger than 10 MiB");
    return true;
}

job *job_new(tocsin_instance *email, const tocsin_message *message,
             tocsin_delivery *delivery, tocsin_ending *end)
{
    builder b = {.message = message, .end = end};
    if (email->is_server_only || tocsin_str_is_blank(message->body)) {
        (void)tocsin_end(end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED,
                         email->is_server_only ? "no message goes through this block"
                                               : "message is empty");
        return NULL;
    }
    b.j = calloc(1, sizeof *b.j);
    if (b.j == NULL) {
        (void)tocsin_end_nomem(end);
        return NULL;
    }
    b.j->email = email;
    b.j->delivery = delivery;
    b.j->fd = -1;
    if (read_addresses(&b) && read_headers(&b) && read_thread(&b) && read_html(&b) &&
        write_message(&b))
        return b.j;
    job_free(b.j);
    return NULL;
}

void job_free(job *j)
{
    if (j == NULL)
        return;
    free(j->addresses);
    tocsin_text_free(&j->data);
    free(j);
}

static void receipt_write(const job *j, const attempt_end *end, tocsin_text *out)
{
    const recipient *last = &j->list.items[j->list.count - 1];
    tocsin_text_add_c(out, "{\"recipients\":");
    tocsin_text_add_int(out, (int64_t)j->list.count);
    tocsin_text_add_c(out, ",\"said\":");
    tocsin_text_add_json(out, tocsin_str_of(last->said));
    tocsin_text_add_c(out, ",\"elapsed_ms\":");
    tocsin_text_add_int(out, end->elapsed_ms);
    tocsin_text_add_c(out, "}");
}

void job_done(job *j, const attempt_end *end)
{
    char reason[REASON_SIZE], progress[PROGRESS_SIZE];
    tocsin_text receipt = {0};
    tocsin_result result = {.struct_size = sizeof result};
    recipients_judge(&j->list, end, &result, reason, progress);
    if (result.status == TOCSIN_DONE) {
        receipt_write(j, end, &receipt);
        result.receipt =
            receipt.failed ? (tocsin_str){NULL, 0} : tocsin_text_str(&receipt);
    }
    j->email->host->done(j->delivery, &result);
    tocsin_text_free(&receipt);
}
