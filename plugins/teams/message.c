/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - reads the message's texts and facts, cleaned and escaped, and has them
 * written as a card. */
#include "message.h"

#include "card.h"
#include "markdown.h"
#include <tocsin/json.h>

#define FACTS_MAX 50

typedef struct reader {
    const tocsin_instance *teams;
    const tocsin_message *message;
    tocsin_delivery *delivery;
    tocsin_ending *end;
    tocsin_text title, body, footer;
    tocsin_text facts; /* one behind the other */
    size_t fact_ends[FACTS_MAX];
    card_fact fact_list[FACTS_MAX];
    size_t fact_count;
} reader;

/* ---- texts ---- */

static bool read_text(reader *r, const char *key, tocsin_text *ret)
{
    tocsin_str live;
    if (!tocsin_render(r->teams->host, r->delivery, key, NULL, TOCSIN_ESC_CARD, &live,
                       r->end))
        return false;
    tocsin_text_add_clean(ret, tocsin_str_trim(live));
    return !ret->failed || tocsin_end_nomem(r->end);
}

/* From which automation, and when, in the reader's own time zone. */
static void write_footer(reader *r)
{
    tocsin_text name = TOCSIN_ZERO, time = TOCSIN_ZERO;
    tocsin_text_add_clean(&name, r->message->automation_name);
    tocsin_text_to_line(&name);
    if (name.len > 0) {
        tocsin_text escaped = TOCSIN_ZERO;
        markdown_add_escaped(&escaped, tocsin_text_str(&name));
        markdown_add_cut(&r->footer, tocsin_text_str(&escaped), 200);
        tocsin_text_add_c(&r->footer, " \xc2\xb7 ");
        r->footer.failed |= escaped.failed;
        tocsin_text_free(&escaped);
    }
    tocsin_text_add_time(&time, r->message->fired_at_ms, 0);
    tocsin_text_add_c(&r->footer, "{{DATE(");
    tocsin_text_add_str(&r->footer, tocsin_text_str(&time));
    tocsin_text_add_c(&r->footer, ",SHORT)}} {{TIME(");
    tocsin_text_add_str(&r->footer, tocsin_text_str(&time));
    tocsin_text_add_c(&r->footer, ")}}");
    r->footer.failed |= name.failed | time.failed;
    tocsin_text_free(&name);
    tocsin_text_free(&time);
}

static bool read_texts(reader *r)
{
    tocsin_text lines = TOCSIN_ZERO;
    bool is_read = read_text(r, "@subject", &r->title) && read_text(r, "@body", &lines);
    tocsin_text_to_line(&r->title);
    markdown_add_paragraphs(&r->body, tocsin_text_str(&lines));
    bool has_failed = lines.failed || r->body.failed;
    tocsin_text_free(&lines);
    if (!is_read)
        return false;
    if (has_failed)
        return tocsin_end_nomem(r->end);
    if (r->body.len == 0)
        return tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
    if (r->teams->has_footer)
        write_footer(r);
    return true;
}

/* A fact that cannot be rendered, such as one that a label makes too long, does not cost
 * the alert. */
static bool read_fact(reader *r, const char *name, tocsin_str *ret)
{
    tocsin_ending ending = *r->end;
    if (tocsin_render(r->teams->host, r->delivery, "facts", name, TOCSIN_ESC_CARD, ret,
                      &ending))
        return true;
    if (ending.status == TOCSIN_FAIL) {
        *ret = tocsin_str_of("(this fact cannot be rendered)");
        return true;
    }
    *r->end = ending;
    return false;
}

/* A fact without a value says nothing and is left out. */
static bool read_facts(reader *r)
{
    const tocsin_instance *teams = r->teams;
    for (uint64_t i = 0; i < teams->fact_count && r->fact_count < FACTS_MAX; i++) {
        tocsin_str value;
        if (!read_fact(r, teams->facts[i].name.ptr, &value))
            return false;
        if (tocsin_str_is_blank(value))
            continue;
        tocsin_text_add_clean(&r->facts, tocsin_str_trim(value));
        r->fact_list[r->fact_count].title = teams->facts[i].name;
        r->fact_ends[r->fact_count++] = r->facts.len;
    }
    for (size_t i = 0, begin = 0; i < r->fact_count; begin = r->fact_ends[i++])
        r->fact_list[i].value =
            tocsin_str_part(r->facts.ptr + begin, r->fact_ends[i] - begin);
    return !r->facts.failed || tocsin_end_nomem(r->end);
}

/* ---- forms ---- */

static bool add_prefect(const reader *r, tocsin_text *out)
{
    const card c = {.teams = r->teams,
                    .severity = r->message->severity,
                    .title = tocsin_str_strip(r->message->subject, false),
                    .body = tocsin_str_strip(r->message->body, true)};
    if (c.body.len == 0)
        return tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_REJECTED, "message is empty");
    card_add(&c, out);
    return true;
}

static bool add_own(reader *r, tocsin_text *out)
{
    tocsin_str own;
    if (!tocsin_render(r->teams->host, r->delivery, "card", NULL, TOCSIN_ESC_CARD, &own,
                       r->end))
        return false;
    card_add_own(own, out);
    return out->len <= CARD_BYTES ||
           tocsin_end(r->end, TOCSIN_FAIL, TOCSIN_CAUSE_TOO_LARGE,
                      "the card makes a message of more than 28,000 bytes");
}

static bool add_card(reader *r, tocsin_text *out)
{
    if (!read_texts(r))
        return false;
    if (r->teams->has_card)
        return add_own(r, out);
    if (!read_facts(r))
        return false;
    const card c = {.teams = r->teams,
                    .severity = r->message->severity,
                    .title = tocsin_text_str(&r->title),
                    .body = tocsin_text_str(&r->body),
                    .footer = tocsin_text_str(&r->footer),
                    .facts = r->fact_list,
                    .fact_count = r->fact_count};
    card_add(&c, out);
    return true;
}

const char *message_card_mistake(tocsin_str source)
{
    tocsin_str value, member;
    if (!tocsin_json_read(source, &value) || tocsin_json_kind(value) != '{')
        return "must be a mapping: an Adaptive Card";
    if (!tocsin_json_get(value, "type", &member) ||
        !tocsin_json_is(member, "AdaptiveCard"))
        return "must have type: AdaptiveCard";
    if (!tocsin_json_get(value, "version", &member) || tocsin_json_kind(member) != '"')
        return "must have a version, such as \"1.4\"";
    return NULL;
}

bool message_add(const tocsin_instance *teams, const tocsin_message *message,
                 tocsin_delivery *delivery, tocsin_text *out, tocsin_ending *end)
{
    reader r = {.teams = teams, .message = message, .delivery = delivery, .end = end};
    bool is_good = teams->is_prefect ? add_prefect(&r, out) : add_card(&r, out);
    bool has_failed = out->failed || r.footer.failed;
    tocsin_text_free(&r.title);
    tocsin_text_free(&r.body);
    tocsin_text_free(&r.footer);
    tocsin_text_free(&r.facts);
    return is_good && has_failed ? tocsin_end_nomem(end) : is_good;
}
