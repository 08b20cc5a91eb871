/* SPDX-License-Identifier: Apache-2.0 */
/* recipients.c - the table of answers. A 2yz to the message is delivered, a 5yz is
 * refused for good, everything else is tried again. */
#include "recipients.h"

#define KEY_DIGITS 12

/* Addresses stand in the progress as hashes: a hundred of them have room, and a template
 * that gives others at the next attempt is not taken for the same. */
static void key_write(const address *to, char key[KEY_DIGITS + 1])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = to->spec; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    (void)snprintf(key, KEY_DIGITS + 1, "%012llx",
                   (unsigned long long)(hash ^ hash >> 48) & 0xffffffffffff);
}

bool recipients_add(recipients *list, const address *to)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].to->spec, to->spec) == 0)
            return true;
    if (list->count == RECIPIENTS_MAX)
        return false;
    list->items[list->count++] = (recipient){.to = to};
    return true;
}

/* "+KEY" delivered, "-KEY550" refused; separated by spaces. */
static void entry_restore(recipients *list, tocsin_str entry)
{
    if (entry.len < 1 + KEY_DIGITS)
        return;
    for (size_t i = 0; i < list->count; i++) {
        recipient *r = &list->items[i];
        char key[KEY_DIGITS + 1];
        key_write(r->to, key);
        if (memcmp(entry.ptr + 1, key, KEY_DIGITS) != 0)
            continue;
        r->state = entry.ptr[0] == '+' ? RECIPIENT_DELIVERED : RECIPIENT_REFUSED;
        for (size_t k = 1 + KEY_DIGITS; k < entry.len && k < 4 + KEY_DIGITS; k++)
            r->code = r->code * 10 + (entry.ptr[k] - '0');
        (void)snprintf(r->said, sizeof r->said, "%d at an attempt before", r->code);
    }
}

void recipients_restore(recipients *list, tocsin_str progress)
{
    for (size_t at = 0; at < progress.len;) {
        const char *space = memchr(progress.ptr + at, ' ', progress.len - at);
        size_t end = space != NULL ? (size_t)(space - progress.ptr) : progress.len;
        entry_restore(list, tocsin_str_part(progress.ptr + at, end - at));
        at = end + 1;
    }
}

static void progress_write(const recipients *list, char progress[PROGRESS_SIZE])
{
    size_t used = 0;
    progress[0] = '\0';
    for (size_t i = 0; i < list->count; i++) {
        const recipient *r = &list->items[i];
        char key[KEY_DIGITS + 1], code[8] = "";
        bool is_delivered = r->state == RECIPIENT_DELIVERED;
        if (r->state == RECIPIENT_LEFT)
            continue;
        key_write(r->to, key);
        if (!is_delivered)
            (void)snprintf(code, sizeof code, "%03d", r->code % 1000);
        used +=
            (size_t)snprintf(progress + used, PROGRESS_SIZE - used, "%s%c%s%s",
                             used > 0 ? " " : "", is_delivered ? '+' : '-', key, code);
    }
}

/* One line of UTF-8. */
static void said_write(char out[SAID_MAX + 1], tocsin_str said)
{
    size_t used = 0;
    while (said.len > 0) {
        char c[4];
        size_t len = 0, read = tocsin_clean_next(said, c, &len);
        if (used + len > SAID_MAX)
            break;
        if (len > 0 && (c[0] == '\n' || c[0] == '\t'))
            c[0] = ' ';
        memcpy(out + used, c, len);
        used += len;
        said = tocsin_str_part(said.ptr + read, said.len - read);
    }
    out[used] = '\0';
}

void recipients_note(recipients *list, size_t index, int code, tocsin_str said)
{
    recipient *r = &list->items[index];
    if (r->state != RECIPIENT_LEFT || code == 0)
        return;
    r->code = code;
    said_write(r->said, said);
    if (code >= 200 && code <= 299)
        r->state = RECIPIENT_DELIVERED;
    else if (code >= 500 && code <= 599)
        r->state = RECIPIENT_REFUSED;
}

/* ---- what it means ---- */

static uint32_t refusal_cause(int code)
{
    if (code == 552 || code == 523)
        return TOCSIN_CAUSE_TOO_LARGE;
    return code == 550 || code == 551 || code == 553 ? TOCSIN_CAUSE_GONE
                                                     : TOCSIN_CAUSE_REJECTED;
}

static void judge_error(int32_t error, tocsin_result *ret)
{
    static const struct {
        int32_t error;
        uint32_t status, cause;
    } table[] = {
        {TOCSIN_E_RESOLVE, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_CONNECT, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_IO, TOCSIN_RETRY, TOCSIN_CAUSE_NETWORK},
        {TOCSIN_E_TLS, TOCSIN_RETRY, TOCSIN_CAUSE_TLS},
        {TOCSIN_E_TIMEOUT, TOCSIN_RETRY, TOCSIN_CAUSE_TIMEOUT},
        {TOCSIN_E_CANCELED, TOCSIN_RETRY, TOCSIN_CAUSE_CANCELED},
        {TOCSIN_E_DENIED, TOCSIN_FAIL, TOCSIN_CAUSE_DENIED},
        {TOCSIN_E_INVALID, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {TOCSIN_E_UNSUPPORTED, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED},
        {0, TOCSIN_RETRY, TOCSIN_CAUSE_INTERNAL},
    };
    size_t i = 0;
    while (table[i].error != 0 && table[i].error != error)
        i++;
    ret->status = table[i].status;
    ret->cause = table[i].cause;
}

static bool is_auth_refusal(int status)
{
    return status == 530 || status == 534 || status == 535 || status == 538;
}

/* The server said no before any recipient, or to AUTH. */
static void judge_status(const attempt_end *end, tocsin_result *ret)
{
    bool is_auth = is_auth_refusal(end->status);
    bool is_final = end->status >= 500;
    ret->code = end->status;
    ret->status = is_final ? TOCSIN_FAIL : TOCSIN_RETRY;
    ret->cause = is_auth || end->status == 454 || end->status == 432 ? TOCSIN_CAUSE_AUTH
                 : is_final ? refusal_cause(end->status)
                            : TOCSIN_CAUSE_SERVER;
}

typedef struct counts {
    size_t left, delivered, refused;
    const recipient *first_left, *first_refused; /* with an answer; else NULL */
} counts;

static counts count(const recipients *list)
{
    counts c = {0};
    for (size_t i = 0; i < list->count; i++) {
        const recipient *r = &list->items[i];
        c.left += r->state == RECIPIENT_LEFT;
        c.delivered += r->state == RECIPIENT_DELIVERED;
        c.refused += r->state == RECIPIENT_REFUSED;
        if (r->state == RECIPIENT_REFUSED && c.first_refused == NULL)
            c.first_refused = r;
        if (r->state == RECIPIENT_LEFT && r->code != 0 && c.first_left == NULL)
            c.first_left = r;
    }
    return c;
}

/* Appends what fits. */
static void reason_add(char reason[REASON_SIZE], const char *a, const char *b)
{
    size_t used = strlen(reason);
    (void)snprintf(reason + used, REASON_SIZE - used, "%s%.*s", a, 300, b);
}

static void delivered_add(const recipients *list, const counts *c,
                          char reason[REASON_SIZE])
{
    const char *before = "; delivered to ";
    for (size_t i = 0; c->delivered > 0 && i < list->count; i++) {
        const recipient *r = &list->items[i];
        if (r->state != RECIPIENT_DELIVERED)
            continue;
        if (strlen(reason) + strlen(r->to->spec) + 24 > REASON_SIZE) {
            reason_add(reason, ", ...", "");
            return;
        }
        reason_add(reason, before, r->to->spec);
        before = ", ";
    }
}

/* Nobody is left, and some were refused. */
static void judge_refused(const recipients *list, const counts *c, tocsin_result *ret,
                          char reason[REASON_SIZE])
{
    char text[64];
    ret->status = TOCSIN_FAIL;
    ret->code = c->first_refused->code;
    ret->cause = refusal_cause(ret->code);
    (void)snprintf(text, sizeof text, "%zu of %zu recipients refused: ", c->refused,
                   list->count);
    reason_add(reason, text, c->first_refused->said);
    reason_add(reason, " (", c->first_refused->to->spec);
    reason_add(reason, ")", "");
    delivered_add(list, c, reason);
}

/* Some are left: the others are remembered. */
static void judge_left(const counts *c, const attempt_end *end, size_t all,
                       tocsin_result *ret, char reason[REASON_SIZE])
{
    char text[64];
    if (end->error != TOCSIN_OK) {
        judge_error(end->error, ret);
        ret->cause = end->is_auth ? TOCSIN_CAUSE_AUTH : ret->cause;
    } else if (end->status != 0) {
        judge_status(end, ret);
    } else {
        ret->status = TOCSIN_RETRY;
        ret->cause = TOCSIN_CAUSE_SERVER;
    }
    if (c->first_left != NULL && end->error == TOCSIN_OK && end->status == 0) {
        ret->code = c->first_left->code;
        reason_add(reason, c->first_left->said, "");
        reason_add(reason, " (", c->first_left->to->spec);
        reason_add(reason, ")", "");
    } else {
        char line[SAID_MAX + 1];
        said_write(line, end->text);
        reason_add(reason, line[0] != '\0' ? line : "the server did not answer", "");
    }
    (void)snprintf(text, sizeof text, "; %zu of %zu recipients are left", c->left, all);
    if (c->left < all)
        reason_add(reason, text, "");
}

void recipients_judge(recipients *list, const attempt_end *end, tocsin_result *ret,
                      char reason[REASON_SIZE], char progress[PROGRESS_SIZE])
{
    counts c = count(list);
    reason[0] = '\0';
    progress[0] = '\0';
    ret->retry_after_ms = -1;
    if (c.left > 0) {
        judge_left(&c, end, list->count, ret, reason);
        if (ret->status == TOCSIN_FAIL)
            delivered_add(list, &c, reason);
        else
            progress_write(list, progress);
    } else if (c.refused > 0) {
        judge_refused(list, &c, ret, reason);
    } else {
        ret->status = TOCSIN_DONE;
        ret->code = list->count > 0 ? list->items[list->count - 1].code : 0;
    }
    ret->reason = tocsin_str_of(reason);
    ret->progress = tocsin_str_of(progress);
}
