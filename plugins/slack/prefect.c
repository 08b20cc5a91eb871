/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.c - one attachment; & < > are escaped, then links and mentions are restored,
 * wherever they come from. The spaces in the JSON are part of it. */
#include "prefect.h"

#include "mrkdwn.h"

/* ---- restoring: [<] !NAME [| TEXT] > ---- */

enum mention {
    MENTION_CHANNEL,
    MENTION_USER,
    MENTION_LINK
};

static tocsin_str from(tocsin_str s, size_t at)
{
    return tocsin_str_part(s.ptr + at, s.len - at);
}

static size_t skip_blanks(tocsin_str s, size_t at)
{
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
        at++;
    return at;
}

/* Bytes of "<" or "&lt;" at at; 0: neither. */
static size_t open_length(tocsin_str s, size_t at)
{
    tocsin_str rest = from(s, at);
    return tocsin_str_starts(rest, "<") ? 1 : tocsin_str_starts(rest, "&lt;") ? 4 : 0;
}

static size_t close_length(tocsin_str s, size_t at)
{
    tocsin_str rest = from(s, at);
    return tocsin_str_starts(rest, ">") ? 1 : tocsin_str_starts(rest, "&gt;") ? 4 : 0;
}

static size_t scheme_length(tocsin_str s)
{
    static const char *const schemes[] = {"https://", "http://", "mailto://"};
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(schemes[i]);
        if (s.len >= len && tocsin_str_same_name(tocsin_str_part(s.ptr, len), schemes[i]))
            return len;
    }
    return 0;
}

/* Bytes that a mention of the kind begins with at at; 0: none does. */
static size_t mark_length(enum mention kind, tocsin_str s, size_t at)
{
    if (kind == MENTION_LINK)
        return scheme_length(from(s, at));
    return at < s.len && s.ptr[at] == (kind == MENTION_CHANNEL ? '!' : '@') ? 1 : 0;
}

typedef struct found {
    tocsin_str name, text;
    size_t end;
} found;

/* "| TEXT >" behind the name. The first ">" of the line with something before it ends it.
 */
static bool read_text(tocsin_str s, size_t at, found *ret)
{
    at = skip_blanks(s, at);
    if (at >= s.len || s.ptr[at] != '|')
        return false;
    size_t begin = skip_blanks(s, at + 1);
    size_t end = begin + 1;
    while (end < s.len && s.ptr[end] != '\n' && s.ptr[end - 1] != '\n' &&
           close_length(s, end) == 0)
        end++;
    if (end >= s.len || close_length(s, end) == 0 || s.ptr[end - 1] == '\n') {
        if (begin >= s.len || close_length(s, begin) == 0)
            return false;
        end = begin;
    }
    ret->text = tocsin_str_trim(tocsin_str_part(s.ptr + begin, end - begin));
    ret->end = end + close_length(s, end);
    return true;
}

/* Does a mention begin at at? mark: bytes of "!", "@" or the scheme, which count to the
 * name of a link. */
static bool read_mention(enum mention kind, tocsin_str s, size_t at, found *ret)
{
    at = skip_blanks(s, at + open_length(s, at));
    size_t mark = mark_length(kind, s, at);
    if (mark == 0)
        return false;
    size_t name = at + (kind == MENTION_LINK ? 0 : mark), first = at + mark, end = first;
    while (end < s.len && s.ptr[end] != '|' && s.ptr[end] != ' ' && s.ptr[end] != '\n')
        end++;
    if (end == first)
        return false;
    ret->text = tocsin_str_of("");
    ret->name = tocsin_str_part(s.ptr + name, end - name);
    if (read_text(s, end, ret))
        return true;
    for (size_t close = end - 1; close > first; close--) {
        size_t len = close_length(s, close);
        if (len == 0 || close + len > end)
            continue;
        ret->name.len = close - name;
        ret->end = close + len;
        return true;
    }
    return false;
}

static void add_name(enum mention kind, tocsin_str name, tocsin_text *out)
{
    if (kind != MENTION_LINK) {
        tocsin_text_add_c(out, kind == MENTION_CHANNEL ? "!" : "@");
        tocsin_text_add_str(out, tocsin_str_trim(name));
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        tocsin_text_add_char(out, name.ptr[i]);
        if (tocsin_str_starts(from(name, i), "&amp;"))
            i += 4;
    }
}

static void restore(enum mention kind, tocsin_str s, tocsin_text *out)
{
    for (size_t at = 0; at < s.len;) {
        found f;
        if (!read_mention(kind, s, at, &f)) {
            tocsin_text_add_char(out, s.ptr[at++]);
            continue;
        }
        tocsin_text_add_c(out, "<");
        add_name(kind, f.name, out);
        tocsin_text_add_c(out, f.text.len > 0 ? "|" : "");
        tocsin_text_add_str(out, f.text);
        tocsin_text_add_c(out, ">");
        at = f.end;
    }
}

static void add_restored(tocsin_text *out, tocsin_str body)
{
    tocsin_text escaped = TOCSIN_ZERO, channels = TOCSIN_ZERO, users = TOCSIN_ZERO,
                links = TOCSIN_ZERO;
    mrkdwn_add_escaped(&escaped, body);
    restore(MENTION_CHANNEL, tocsin_text_str(&escaped), &channels);
    restore(MENTION_USER, tocsin_text_str(&channels), &users);
    restore(MENTION_LINK, tocsin_text_str(&users), &links);
    tocsin_text_add_json_ascii(out, tocsin_text_str(&links));
    out->failed |= escaped.failed | channels.failed | users.failed | links.failed;
    tocsin_text_free(&escaped);
    tocsin_text_free(&channels);
    tocsin_text_free(&users);
    tocsin_text_free(&links);
}

/* ---- the message ---- */

static const char *color(uint32_t severity)
{
    return severity == TOCSIN_FAILURE   ? "#A32037"
           : severity == TOCSIN_WARNING ? "#CACF29"
           : severity == TOCSIN_SUCCESS ? "#3AA337"
                                        : "#3AA3E3";
}

/* Nothing where no place for images is configured. */
static void add_image(const tocsin_instance *slack, uint32_t severity, const char *before,
                      tocsin_text *out)
{
    if (slack->image_base.len == 0)
        return;
    tocsin_text url = TOCSIN_ZERO;
    tocsin_text_add_str(&url, slack->image_base);
    tocsin_text_add_c(&url, "apprise-");
    tocsin_text_add_c(&url, tocsin_severity_name(severity));
    tocsin_text_add_c(&url, "-72x72.png");
    tocsin_text_add_c(out, before);
    tocsin_text_add_json_ascii(out, tocsin_text_str(&url));
    out->failed |= url.failed;
    tocsin_text_free(&url);
}

/* Seconds as Python writes a float. */
static void add_seconds(tocsin_text *out, int64_t unix_ms)
{
    char text[48];
    size_t len = (size_t)snprintf(text, sizeof text, "%lld.%03d",
                                  (long long)(unix_ms / 1000), (int)(unix_ms % 1000));
    while (text[len - 1] == '0' && text[len - 2] != '.')
        len--;
    tocsin_text_add(out, text, len);
}

bool prefect_message(const tocsin_instance *slack, const tocsin_message *message,
                     tocsin_text *out, tocsin_ending *end)
{
    tocsin_text title = TOCSIN_ZERO;
    tocsin_str body = tocsin_str_strip(message->body, true);
    if (body.len == 0)
        return tocsin_end(end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
    mrkdwn_add_escaped(&title, tocsin_str_strip(message->subject, false));
    tocsin_text_add_c(out, "{\"mrkdwn\": true, \"attachments\": [{\"title\": ");
    tocsin_text_add_json_ascii(out, tocsin_text_str(&title));
    tocsin_text_add_c(out, ", \"text\": ");
    add_restored(out, body);
    tocsin_text_add_c(out, ", \"color\": \"");
    tocsin_text_add_c(out, color(message->severity));
    tocsin_text_add_c(out, "\"");
    add_image(slack, message->severity, ", \"footer_icon\": ", out);
    tocsin_text_add_c(out, ", \"footer\": \"");
    tocsin_text_add_c(out, slack->footer_name);
    tocsin_text_add_c(out, "\", \"ts\": ");
    add_seconds(out, slack->host->now_ms(slack->self));
    tocsin_text_add_c(out, "}]");
    add_image(slack, message->severity, ", \"icon_url\": ", out);
    tocsin_text_add_c(out, "}");
    out->failed |= title.failed;
    tocsin_text_free(&title);
    return true;
}
