/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - see message.h. The same input gives the same bytes, so that a second
 * attempt sends what the first one sent. */
#include "message.h"

#define VALUE_MAX 4096

/* ---- dates ---- */

static void date_add(tocsin_text *out, int64_t unix_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t seconds = unix_ms > 0 ? unix_ms / 1000 : 0;
    int date[3], in_day = (int)(seconds % 86400);
    char text[64];
    tocsin_civil(seconds, date);
    (void)snprintf(text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
                   days[seconds / 86400 % 7], date[2], months[date[1] - 1], date[0],
                   in_day / 3600, in_day / 60 % 60, in_day % 60);
    tocsin_text_add_c(out, text);
}

/* ---- texts of headers ---- */

/* What may not be in a header's value. */
static const char *value_check(tocsin_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return "holds a line break";
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return "holds a control character";
    }
    return value.len > VALUE_MAX ? "is longer than 4 KiB" : NULL;
}

/* Line breaks, and what Unicode counts as such, become one space, tabs another; other
 * controls go; what is no UTF-8 becomes U+FFFD. Cut at a character. */
static void subject_clean(tocsin_text *out, tocsin_str subject)
{
    bool was_break = false;
    subject = tocsin_str_trim(subject);
    while (subject.len > 0) {
        char c[4];
        size_t len = 0, read = tocsin_clean_next(subject, c, &len);
        uint32_t point = len == 0 ? 0 : tocsin_utf8_point(c, len);
        bool is_break = point == '\n' || point == 0x85 || point == 0x2028 ||
                        point == 0x2029 || point == 0x0b || point == 0x0c;
        if (out->len + len > SUBJECT_MAX) {
            tocsin_text_add_c(out, "\xe2\x80\xa6");
            return;
        }
        if (is_break && !was_break)
            tocsin_text_add_char(out, ' ');
        else if (point == '\t')
            tocsin_text_add_char(out, ' ');
        else if (!is_break && !(point >= 0x80 && point < 0xa0))
            tocsin_text_add(out, c, len);
        was_break = is_break;
        subject = tocsin_str_part(subject.ptr + read, subject.len - read);
    }
}

static void subject_add(tocsin_text *out, tocsin_str subject)
{
    tocsin_text clean = {0};
    header h;
    subject_clean(&clean, subject);
    header_begin(&h, out, "Subject");
    if (clean.len > 0)
        header_text(&h, tocsin_text_str(&clean), true);
    else
        tocsin_text_add_char(out, ' ');
    header_end(&h);
    out->failed = out->failed || clean.failed;
    tocsin_text_free(&clean);
}

static void addresses_add(tocsin_text *out, const char *name, addresses list)
{
    header h;
    if (list.count == 0)
        return;
    header_begin(&h, out, name);
    for (size_t i = 0; i < list.count; i++)
        header_address(&h, &list.items[i], i + 1 == list.count);
    header_end(&h);
}

static void id_add(tocsin_text *out, const char *name, const char *prefix, tocsin_str id,
                   tocsin_str domain)
{
    header h;
    tocsin_text word = {0};
    tocsin_text_add_char(&word, '<');
    tocsin_text_add_c(&word, prefix);
    tocsin_text_add_str(&word, id);
    tocsin_text_add_char(&word, '@');
    tocsin_text_add_str(&word, domain);
    tocsin_text_add_char(&word, '>');
    header_begin(&h, out, name);
    header_word(&h, tocsin_text_str(&word));
    header_end(&h);
    out->failed = out->failed || word.failed;
    tocsin_text_free(&word);
}

/* ---- the user's own headers ---- */

const char *header_name_check(tocsin_str name)
{
    static const char *const own[] = {"X-Auto-Response-Suppress", "X-Priority",
                                      "X-Tocsin-Invocation"};
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] <= ' ' || (unsigned char)name.ptr[i] >= 0x7f ||
            name.ptr[i] == ':')
            return "holds a malformed header name";
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (tocsin_str_same_name(name, own[i]))
            return "holds a header that the plugin sets itself";
    tocsin_str start = tocsin_str_part(name.ptr, name.len < 2 ? name.len : 2);
    bool is_list =
        name.len > 5 && tocsin_str_same_name(tocsin_str_part(name.ptr, 5), "List-");
    bool is_own = name.len > 2 && tocsin_str_same_name(start, "X-");
    if (name.len > 60 || (!is_own && !is_list && !tocsin_str_same_name(name, "Keywords")))
        return "may hold X-..., List-... and Keywords only";
    return NULL;
}

static const char *own_headers_add(tocsin_text *out, const mail *m,
                                   const char **ret_header)
{
    for (size_t i = 0; i < m->header_count; i++) {
        header h;
        const char *wrong = value_check(m->headers[i].value);
        tocsin_str value = tocsin_str_trim(m->headers[i].value);
        if (wrong == NULL && text_longest(value, ' ') > LINE_LIMIT - 70)
            wrong = "holds a word that is longer than a line may be";
        if (wrong != NULL) {
            *ret_header = m->headers[i].name.ptr;
            return wrong;
        }
        if (value.len == 0)
            continue;
        tocsin_text spaced = {0};
        tocsin_text_add_clean(&spaced, value);
        for (size_t k = 0; k < spaced.len; k++)
            if (spaced.ptr[k] == '\t')
                spaced.ptr[k] = ' ';
        header_begin(&h, out, m->headers[i].name.ptr);
        header_text(&h, tocsin_text_str(&spaced), false);
        header_end(&h);
        out->failed = out->failed || spaced.failed;
        tocsin_text_free(&spaced);
    }
    return NULL;
}

/* ---- the whole ---- */

static void part_add(tocsin_text *out, const char *type, tocsin_str body)
{
    tocsin_text clean = {.limit = out->limit};
    tocsin_text_add_clean(&clean, body);
    tocsin_str text = tocsin_text_str(&clean);
    enum encoding encoding = body_encoding(text);
    tocsin_text_add_c(out, "Content-Type: ");
    tocsin_text_add_c(out, type);
    tocsin_text_add_c(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
    tocsin_text_add_c(out, encoding_name(encoding));
    tocsin_text_add_c(out, "\r\n\r\n");
    body_add(out, text, encoding);
    out->failed = out->failed || clean.failed;
    tocsin_text_free(&clean);
}

static void delimiter_add(tocsin_text *out, const char *boundary, const char *end)
{
    tocsin_text_add_c(out, "--");
    tocsin_text_add_c(out, boundary);
    tocsin_text_add_c(out, end);
}

static void alternatives_add(tocsin_text *out, const mail *m)
{
    tocsin_text_add_c(out, "Content-Type: multipart/alternative;\r\n boundary=\"");
    tocsin_text_add_c(out, m->boundary);
    tocsin_text_add_c(out, "\"\r\n\r\n");
    delimiter_add(out, m->boundary, "\r\n");
    part_add(out, "text/plain", m->text);
    tocsin_text_add_c(out, "\r\n");
    delimiter_add(out, m->boundary, "\r\n");
    part_add(out, "text/html", m->html);
    tocsin_text_add_c(out, "\r\n");
    delimiter_add(out, m->boundary, "--\r\n");
}

const char *message_write(const mail *m, tocsin_text *out, const char **ret_header)
{
    char priority[32];
    date_add(out, m->date_ms);
    addresses_add(out, "From", (addresses){m->from, 1});
    addresses_add(out, "To", m->to);
    addresses_add(out, "Cc", m->cc);
    addresses_add(out, "Reply-To", m->reply_to);
    subject_add(out, m->subject);
    id_add(out, "Message-ID", "", m->message_id, m->domain);
    if (m->thread.len > 0) {
        id_add(out, "In-Reply-To", "thread.", m->thread, m->domain);
        id_add(out, "References", "thread.", m->thread, m->domain);
    }
    tocsin_text_add_c(out, "Auto-Submitted: auto-generated\r\n"
                           "X-Auto-Response-Suppress: All\r\n");
    (void)snprintf(priority, sizeof priority, "X-Priority: %d\r\n", m->priority);
    tocsin_text_add_c(out, m->priority > 0 ? priority : "");
    tocsin_text_add_c(out, "X-Tocsin-Invocation: ");
    tocsin_text_add_str(out, m->message_id);
    tocsin_text_add_c(out, "\r\n");
    const char *wrong = own_headers_add(out, m, ret_header);
    if (wrong != NULL)
        return wrong;
    tocsin_text_add_c(out, "MIME-Version: 1.0\r\n");
    if (m->html.len > 0)
        alternatives_add(out, m);
    else
        part_add(out, "text/plain", m->text);
    return NULL;
}
