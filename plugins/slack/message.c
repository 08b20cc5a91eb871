/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - from a message to the bodies of requests: a text, or blocks. Subject and
 * body are cleaned and escaped once, here; what follows only divides and quotes them. */
#include "blocks.h"
#include "mrkdwn.h"
#include "prefect.h"
#include "slack.h"

/* Slack's own limits, and for the sum of a message's blocks one that it keeps to:
 * somewhat above 13,000 it answers msg_blocks_too_long. */
#define TEXT_UNITS     40000
#define FALLBACK_UNITS 4000
#define HEADER_UNITS   150
#define SECTION_UNITS  3000
#define MESSAGE_UNITS  12000
#define BLOCKS_MAX     50
#define NAME_UNITS     200 /* of an automation, in the footer */

/* What the writers of one message share. */
typedef struct writer {
    const tocsin_instance *slack;
    const tocsin_message *message;
    tocsin_delivery *delivery;
    slack_parts *parts;
    tocsin_ending *end;
    tocsin_text subject, body; /* clean and escaped */
    tocsin_text scratch, footer;
    tocsin_str channel, thread_ts;
} writer;

static bool render(const writer *w, const char *key, uint32_t escape, tocsin_str *ret)
{
    return tocsin_render(w->slack->host, w->delivery, key, NULL, escape, ret, w->end);
}

/* ---- the message's texts ---- */

/* Cleaned, trimmed and escaped: all of it for plain text, else only what came from
 * values. */
static bool read_text(writer *w, const char *key, tocsin_str plain, tocsin_text *ret)
{
    tocsin_str live;
    tocsin_text clean = TOCSIN_ZERO;
    bool is_plain = w->slack->is_plain;
    if (!is_plain && !render(w, key, TOCSIN_ESC_SLACK, &live))
        return false;
    tocsin_text_add_clean(&clean, is_plain ? plain : live);
    tocsin_str trimmed = tocsin_str_trim(tocsin_text_str(&clean));
    if (is_plain)
        mrkdwn_add_escaped(ret, trimmed);
    else
        tocsin_text_add_str(ret, trimmed);
    bool is_done = !clean.failed && !ret->failed;
    tocsin_text_free(&clean);
    return is_done || tocsin_end_nomem(w->end);
}

static bool read_texts(writer *w)
{
    if (!read_text(w, "@subject", w->message->subject, &w->subject) ||
        !read_text(w, "@body", w->message->body, &w->body))
        return false;
    tocsin_text_to_line(&w->subject);
    return w->body.len > 0 ||
           tocsin_end(w->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
}

/* ---- writing ---- */

static tocsin_text *begin_part(writer *w)
{
    tocsin_text *out = &w->parts->bodies[w->parts->count++];
    tocsin_text_add_c(out, "{");
    if (w->slack->is_bot) {
        tocsin_text_add_c(out, "\"channel\":");
        tocsin_text_add_json(out, w->channel);
        tocsin_text_add_c(out, ",");
    }
    return out;
}

static void end_part(const writer *w, tocsin_text *out)
{
    const char *unfurl = w->slack->unfurls ? "true" : "false";
    tocsin_text_add_c(out, ",\"unfurl_links\":");
    tocsin_text_add_c(out, unfurl);
    tocsin_text_add_c(out, ",\"unfurl_media\":");
    tocsin_text_add_c(out, unfurl);
    if (w->slack->is_plain)
        tocsin_text_add_c(out, ",\"mrkdwn\":false");
    if (w->slack->is_bot) {
        if (w->thread_ts.len > 0) {
            tocsin_text_add_c(out, ",\"thread_ts\":");
            tocsin_text_add_json(out, w->thread_ts);
        }
        tocsin_text_add_c(out, ",\"metadata\":{\"event_type\":\"tocsin_notification\","
                               "\"event_payload\":{\"invocation\":");
        tocsin_text_add_json(out, w->message->invocation);
        tocsin_text_add_c(out, "}}");
    }
    tocsin_text_add_c(out, "}");
}

/* The text of a message without blocks: the subject stands out, where that is possible.
 */
static void add_whole_text(const writer *w, tocsin_text *out)
{
    tocsin_str subject = tocsin_text_str(&w->subject);
    bool is_bold = !w->slack->is_plain && !tocsin_str_has(subject, "*");
    if (subject.len > 0) {
        tocsin_text_add_c(out, is_bold ? "*" : "");
        tocsin_text_add_str(out, subject);
        tocsin_text_add_c(out, is_bold ? "*\n" : "\n");
    }
    tocsin_text_add_str(out, tocsin_text_str(&w->body));
}

static void add_text(writer *w, mrkdwn_reader *reader, bool is_last)
{
    tocsin_text *out = begin_part(w);
    w->scratch.len = 0;
    mrkdwn_next(reader, TEXT_UNITS, is_last, &w->scratch);
    tocsin_text_add_c(out, "\"text\":");
    tocsin_text_add_json(out, tocsin_text_str(&w->scratch));
    end_part(w, out);
}

static void add_texts(writer *w)
{
    tocsin_text whole = TOCSIN_ZERO;
    add_whole_text(w, &whole);
    mrkdwn_reader reader = {tocsin_text_str(&whole), false};
    unsigned most = w->slack->splits ? SLACK_PARTS : 1;
    do
        add_text(w, &reader, w->parts->count + 1 == most);
    while (reader.rest.len > 0 && w->parts->count < most);
    w->scratch.failed |= whole.failed;
    tocsin_text_free(&whole);
}

/* What shows in notifications and where blocks cannot be shown. */
static void add_fallback(writer *w, tocsin_text *out, tocsin_str body)
{
    tocsin_text whole = TOCSIN_ZERO;
    if (w->subject.len > 0) {
        tocsin_text_add_str(&whole, tocsin_text_str(&w->subject));
        tocsin_text_add_c(&whole, "\n");
    }
    tocsin_text_add_str(&whole, body);
    w->scratch.len = 0;
    mrkdwn_add_cut(&w->scratch, tocsin_text_str(&whole), FALLBACK_UNITS);
    tocsin_text_add_c(out, "\"text\":");
    tocsin_text_add_json(out, tocsin_text_str(&w->scratch));
    w->scratch.failed |= whole.failed;
    tocsin_text_free(&whole);
}

/* ---- the standard blocks: a header, sections, a footer ---- */

static void add_header(writer *w, tocsin_text *out)
{
    w->scratch.len = 0;
    mrkdwn_add_cut(&w->scratch, tocsin_text_str(&w->subject), HEADER_UNITS);
    tocsin_text_add_c(out,
                      "{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"text\":");
    tocsin_text_add_json(out, tocsin_text_str(&w->scratch));
    tocsin_text_add_c(out, "}}");
}

static void add_section(writer *w, tocsin_text *out, tocsin_str text)
{
    tocsin_text_add_c(
        out, w->slack->is_plain
                 ? "{\"type\":\"section\",\"text\":{\"type\":\"plain_text\",\"text\":"
                 : "{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":");
    tocsin_text_add_json(out, text);
    tocsin_text_add_c(out, "}}");
}

static const char *severity_icon(uint32_t severity)
{
    return severity == TOCSIN_FAILURE   ? ":red_circle:"
           : severity == TOCSIN_WARNING ? ":large_yellow_circle:"
           : severity == TOCSIN_SUCCESS ? ":large_green_circle:"
                                        : ":large_blue_circle:";
}

/* How bad, from which automation, and when, in the reader's own time zone. */
static void write_footer(writer *w)
{
    const tocsin_message *message = w->message;
    tocsin_text *out = &w->footer, name = TOCSIN_ZERO, time = TOCSIN_ZERO;
    tocsin_text_add_c(out, severity_icon(message->severity));
    tocsin_text_add_c(out, "  ");
    if (message->automation_name.len > 0) {
        tocsin_text_add_clean(&name, message->automation_name);
        tocsin_text_to_line(&name);
        w->scratch.len = 0;
        mrkdwn_add_escaped(&w->scratch, tocsin_text_str(&name));
        mrkdwn_add_cut(out, tocsin_text_str(&w->scratch), NAME_UNITS);
    } else {
        tocsin_text_add_c(out,
                          message->flags & TOCSIN_MSG_TEST ? "test message" : "tocsin");
    }
    tocsin_text_add_c(out, "  |  <!date^");
    tocsin_text_add_int(out, message->fired_at_ms / 1000);
    tocsin_text_add_c(out, "^{date_short_pretty} at {time}|");
    tocsin_text_add_time(&time, message->fired_at_ms, 0);
    tocsin_text_add_str(out, tocsin_text_str(&time));
    tocsin_text_add_c(out, ">");
    out->failed |= name.failed | time.failed;
    tocsin_text_free(&name);
    tocsin_text_free(&time);
}

static void add_footer(const writer *w, tocsin_text *out)
{
    tocsin_text_add_c(
        out, ",{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"text\":");
    tocsin_text_add_json(out, tocsin_text_str(&w->footer));
    tocsin_text_add_c(out, "}]}");
}

/* Sections until the message is full or the body is over. is_last: no message follows. */
static void add_sections(writer *w, mrkdwn_reader *reader, tocsin_text *out,
                         bool is_first, bool is_last)
{
    size_t left = MESSAGE_UNITS - tocsin_str_units(tocsin_text_str(&w->footer));
    unsigned blocks = w->slack->has_footer ? 1 : 0;
    if (is_first && w->subject.len > 0) {
        add_header(w, out);
        tocsin_text_add_c(out, ",");
        left -= HEADER_UNITS;
        blocks++;
    }
    for (bool is_more = false; reader->rest.len > 0 && left >= 16; is_more = true) {
        bool is_end = left <= SECTION_UNITS || blocks + 1 == BLOCKS_MAX;
        w->scratch.len = 0;
        mrkdwn_next(reader, left < SECTION_UNITS ? left : SECTION_UNITS,
                    is_end && is_last, &w->scratch);
        tocsin_text_add_c(out, is_more ? "," : "");
        add_section(w, out, tocsin_text_str(&w->scratch));
        left -= tocsin_str_units(tocsin_text_str(&w->scratch));
        blocks++;
        if (is_end)
            break;
    }
}

static void add_standard(writer *w, mrkdwn_reader *reader, bool is_first, bool is_last)
{
    tocsin_text *out = begin_part(w);
    add_fallback(w, out, reader->rest);
    tocsin_text_add_c(out, ",\"blocks\":[");
    add_sections(w, reader, out, is_first, is_last);
    if (w->slack->has_footer)
        add_footer(w, out);
    tocsin_text_add_c(out, "]");
    end_part(w, out);
}

static void add_standards(writer *w)
{
    mrkdwn_reader reader = {tocsin_text_str(&w->body), false};
    unsigned most = w->slack->splits ? SLACK_PARTS : 1;
    if (w->slack->has_footer)
        write_footer(w);
    do
        add_standard(w, &reader, w->parts->count == 0, w->parts->count + 1 == most);
    while (reader.rest.len > 0 && w->parts->count < most);
}

/* ---- own blocks ---- */

static bool add_own(writer *w)
{
    tocsin_str blocks;
    if (!render(w, "blocks", TOCSIN_ESC_SLACK, &blocks))
        return false;
    tocsin_text *out = begin_part(w);
    add_fallback(w, out, tocsin_text_str(&w->body));
    tocsin_text_add_c(out, ",\"blocks\":");
    bool is_good = blocks_add(blocks, out, w->end);
    end_part(w, out);
    return is_good;
}

/* Channel and thread of a bot's message. */
static bool read_place(writer *w)
{
    const tocsin_instance *slack = w->slack;
    if (!render(w, "channel", TOCSIN_ESC_LINE, &w->channel))
        return false;
    if (tocsin_str_is_blank(w->channel))
        return tocsin_end(w->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "channel is empty");
    return !tocsin_option_is_set(slack->host, slack->config, "thread_ts") ||
           render(w, "thread_ts", TOCSIN_ESC_LINE, &w->thread_ts);
}

static bool build(writer *w)
{
    const tocsin_instance *slack = w->slack;
    if (slack->format == FORMAT_PREFECT)
        return prefect_message(slack, w->message, &w->parts->bodies[w->parts->count++],
                               w->end);
    if (!read_texts(w))
        return false;
    if (slack->is_bot && !read_place(w))
        return false;
    if (slack->has_blocks)
        return add_own(w);
    if (slack->format == FORMAT_TEXT)
        add_texts(w);
    else
        add_standards(w);
    return true;
}

bool slack_message(const tocsin_instance *slack, const tocsin_message *message,
                   tocsin_delivery *delivery, slack_parts *parts, tocsin_ending *end)
{
    writer w = {.slack = slack,
                .message = message,
                .delivery = delivery,
                .parts = parts,
                .end = end};
    bool is_built = build(&w);
    bool has_failed = w.scratch.failed || w.footer.failed;
    for (unsigned i = 0; i < parts->count; i++)
        has_failed |= parts->bodies[i].failed;
    tocsin_text_free(&w.subject);
    tocsin_text_free(&w.body);
    tocsin_text_free(&w.scratch);
    tocsin_text_free(&w.footer);
    return is_built && has_failed ? tocsin_end_nomem(end) : is_built;
}

void slack_parts_free(slack_parts *parts)
{
    for (unsigned i = 0; i < parts->count; i++)
        tocsin_text_free(&parts->bodies[i]);
    parts->count = 0;
}
