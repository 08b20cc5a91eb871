/* SPDX-License-Identifier: Apache-2.0 */
/* check_arrival.c - what people may be told reaches the peer, whatever it is made of. A
 * text that the host or the plugin refuses is lost, and one that is tried again comes to
 * the same end each time; only what is too long may be refused, by a named limit. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <tocsin/plugin.h>

#include "core/kit/rig.h"

#define FIRST      "kitfirst"
#define LAST       "kitlast"
#define FOX        "\xf0\x9f\xa6\x8a"
#define SHALOM     "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"
#define BODY_BYTES ((size_t)100 << 10)
#define LINE_BYTES ((size_t)9 << 10)

typedef struct trial {
    const char *what; /* "a subject with CR LF" */
    tcn_str subject, body;
    const char *parts[3]; /* that arrive, unless neither of the plain texts did */
    bool is_body;         /* of the body, not of the subject */
    bool is_long;         /* it may be cut, or refused by a named limit */
} trial;

/* What a plugin shows of a plain message. */
typedef struct habit {
    bool has_subject, has_body;
} habit;

/* ---- what arrived ---- */

static bool has_text(json_t *json, tcn_str part)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(json))
        return tcn_str_find(tcn_str_of(json_string_value(json), json_string_length(json)),
                            part) != SIZE_MAX;
    json_array_foreach(json, i, value) if (has_text(value, part)) return true;
    json_object_foreach((json_t *)json, key,
                        value) if (has_text(value, part)) return true;
    return false;
}

/* The part as each percent-encoding writes it. */
static tcn_str encoded(tcn_str part, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < part.len && len + 4 < size; i++) {
        unsigned char c = (unsigned char)part.ptr[i];
        len += (size_t)snprintf(out + len, size - len, isalnum(c) ? "%c" : "%%%02X", c);
    }
    return tcn_str_of(out, len);
}

static bool holds(const tcn_peer *peer, size_t i, tcn_str part)
{
    char buf[64];
    tcn_str head = tcn_peer_head(peer, i), body = tcn_peer_body(peer, i);
    tcn_str other = encoded(part, buf, sizeof buf);
    if (tcn_str_find(head, part) != SIZE_MAX || tcn_str_find(body, part) != SIZE_MAX ||
        tcn_str_find(head, other) != SIZE_MAX || tcn_str_find(body, other) != SIZE_MAX)
        return true;
    json_t *json = json_loadb(body.ptr, body.len, JSON_ALLOW_NUL, NULL);
    bool is_in = json != NULL && has_text(json, part);
    json_decref(json);
    return is_in;
}

static bool has_arrived(const tcn_peer *peer, const char *part)
{
    for (size_t i = 0; i < peer->count && i < TCN_PEER_KEPT; i++)
        if (holds(peer, i, tcn_str_c(part)))
            return true;
    return false;
}

/* A cut that a reader can see. */
static bool has_mark(const tcn_peer *peer)
{
    static const char *const marks[] = {"\xe2\x80\xa6", "...", "truncated", "cut"};
    for (size_t i = 0; i < TCN_COUNT(marks); i++)
        if (has_arrived(peer, marks[i]))
            return true;
    return false;
}

/* ---- the trials ---- */

/* In the plugin's own words, not those with which the host tells of a code. */
static bool names_limit(const char *reason)
{
    return strpbrk(reason, "0123456789") != NULL &&
           strstr(reason, "did not accept the message") == NULL;
}

static bool judge_end(tcn_rig *rig, const trial *t, const tcn_outcome *out)
{
    if (out->status == TOCSIN_DONE)
        return true;
    if (out->status == TOCSIN_RETRY)
        return tcn_report_fail(rig->report,
                               "%s is tried again and again and never arrives: %s",
                               t->what, out->reason);
    if (!t->is_long)
        return tcn_report_fail(rig->report, "%s is lost: %s", t->what, out->reason);
    return names_limit(out->reason) ||
           tcn_report_fail(rig->report,
                           "%s is lost, and the reason does not name the limit: %s",
                           t->what, out->reason);
}

static bool judge_parts(tcn_rig *rig, const trial *t)
{
    for (size_t i = 0; i < TCN_COUNT(t->parts) && t->parts[i] != NULL; i++)
        if (!has_arrived(&rig->peer, t->parts[i]) &&
            !(t->is_long && i > 0 && has_mark(&rig->peer)))
            return tcn_report_fail(rig->report,
                                   i > 0 && t->is_long
                                       ? "%s arrives without \"%s\" at its end, and "
                                         "without a sign that it was cut"
                                       : "%s arrives without its \"%s\"",
                                   t->what, t->parts[i]);
    return true;
}

static bool try_one(tcn_rig *rig, tcn_block *block, const trial *t, const habit *usual)
{
    tcn_outcome out;
    tcn_message message = tcn_rig_message();
    message.subject = t->subject;
    message.body = t->body;
    tcn_peer_clear(&rig->peer);
    if (!tcn_rig_send(rig, block, &message, &out) || !judge_end(rig, t, &out))
        return false;
    bool is_shown = t->is_body ? usual->has_body : usual->has_subject;
    return !is_shown || out.status != TOCSIN_DONE || judge_parts(rig, t);
}

/* Mail has encodings of its own: there only the end of each delivery is judged. */
static bool learn_habit(tcn_rig *rig, tcn_block *block, habit *ret)
{
    tcn_outcome out;
    tcn_message message = tcn_rig_message();
    message.subject = TCN_STR("kitsubject");
    message.body = TCN_STR("kitbody");
    tcn_peer_clear(&rig->peer);
    if (!tcn_rig_send(rig, block, &message, &out))
        return false;
    *ret = (habit){!rig->peer.is_smtp && has_arrived(&rig->peer, "kitsubject"),
                   !rig->peer.is_smtp && has_arrived(&rig->peer, "kitbody")};
    return true;
}

static tcn_str stretched(char *out, size_t len)
{
    memset(out, 'x', len);
    for (size_t i = 80; i < len; i += 80)
        out[i] = ' ';
    memcpy(out, FIRST " ", sizeof FIRST);
    memcpy(out + len - sizeof LAST, " " LAST, sizeof LAST);
    return tcn_str_of(out, len);
}

static void check_arrival(const tcn_kit *kit, tcn_report *report)
{
    static char large[BODY_BYTES], line[LINE_BYTES];
    static tcn_rig rig;
    const tcn_str plain = TCN_STR("plain");
    const trial trials[] = {
        {"a subject with CR LF", TCN_STR(FIRST "\r\n" LAST), plain, {FIRST, LAST}, 0, 0},
        {"a subject with a line feed",
         TCN_STR(FIRST "\n" LAST),
         plain,
         {FIRST, LAST},
         0,
         0},
        {"a subject with control characters",
         TCN_STR(FIRST "\x01\x1b\x7f" LAST),
         plain,
         {FIRST, LAST},
         0,
         0},
        {"a subject with NUL", TCN_STR(FIRST "\0" LAST), plain, {FIRST, LAST}, 0, 0},
        {"a subject with bad UTF-8",
         TCN_STR(FIRST "\xff\xc3(" LAST),
         plain,
         {FIRST, LAST},
         0,
         0},
        {"a subject with quotes",
         TCN_STR(FIRST "\"}, {\"a\": \"\\\" ' `" LAST),
         plain,
         {FIRST, LAST},
         0,
         0},
        {"a body with markup",
         plain,
         TCN_STR(FIRST "<!channel> <script>*_~`[a](b)</at> &amp; {{ subject }}" LAST),
         {FIRST, LAST},
         true,
         0},
        {"a body with lines of dots",
         plain,
         TCN_STR(FIRST "\r\n.\r\n..\r\n" LAST),
         {FIRST, LAST},
         true,
         0},
        {"a subject with an emoji",
         TCN_STR(FIRST " " FOX " " LAST),
         plain,
         {FIRST, FOX, LAST},
         0,
         0},
        {"a subject from right to left",
         TCN_STR(SHALOM " " LAST),
         plain,
         {SHALOM, LAST},
         0,
         0},
        {"an empty subject", TCN_STR(""), TCN_STR(FIRST), {FIRST}, true, 0},
        {"a body with an emoji and CR LF",
         plain,
         TCN_STR(FIRST "\r\n" FOX "\x02" LAST),
         {FIRST, FOX, LAST},
         true,
         0},
        {"a subject of 9 KiB",
         stretched(line, sizeof line),
         plain,
         {FIRST, LAST},
         false,
         true},
        {"a body of 100 KiB",
         plain,
         stretched(large, sizeof large),
         {FIRST, LAST},
         true,
         true},
    };
    habit usual;
    if (!tcn_rig_start(&rig, kit, NULL, report))
        return;
    tcn_block *block = tcn_rig_block(&rig, "kit");
    bool is_good =
        block != NULL && tcn_rig_please(&rig, block) && learn_habit(&rig, block, &usual);
    for (size_t i = 0; is_good && i < TCN_COUNT(trials); i++)
        is_good = try_one(&rig, block, &trials[i], &usual);
    if (is_good)
        (void)tcn_rig_stop(&rig);
}

const tcn_check tcn_checks_arrival[] = {
    {"arrival", "every text arrives, or a named limit refuses it for good", check_arrival,
     60000, NULL},
    {0},
};
