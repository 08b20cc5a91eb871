/* SPDX-License-Identifier: Apache-2.0 */
/* card.c - writers for each form, and the search for the longest text that fits. */
#include "card.h"

#include "markdown.h"
#include "mentions.h"
#include "prefect.h"

#define MESSAGE_BEGIN                                                        \
    "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"application/" \
    "vnd.microsoft.card.adaptive\",\"contentUrl\":null,\"content\":"

/* ---- an Adaptive Card ---- */

/* The colours in which Teams shows a container. */
static const char *severity_style(uint32_t severity)
{
    return severity == TOCSIN_FAILURE   ? "attention"
           : severity == TOCSIN_WARNING ? "warning"
           : severity == TOCSIN_SUCCESS ? "good"
                                        : "accent";
}

static void add_title(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(out, "{\"type\":\"Container\",\"style\":\"");
    tocsin_text_add_c(out, severity_style(c->severity));
    tocsin_text_add_c(out,
                      "\",\"bleed\":true,\"items\":[{\"type\":\"TextBlock\",\"text\":");
    tocsin_text_add_json(out, c->title);
    tocsin_text_add_c(out, ",\"weight\":\"Bolder\",\"size\":\"Large\",\"wrap\":true}]},");
}

/* title: what the card calls that of a fact. */
static void add_pairs(const card *c, const char *title, tocsin_text *out)
{
    for (size_t i = 0; i < c->fact_count; i++) {
        tocsin_text_add_c(out, i > 0 ? ",{" : "{");
        tocsin_text_add_json(out, tocsin_str_of(title));
        tocsin_text_add_c(out, ":");
        tocsin_text_add_json(out, c->facts[i].title);
        tocsin_text_add_c(out, ",\"value\":");
        tocsin_text_add_json(out, c->facts[i].value);
        tocsin_text_add_c(out, "}");
    }
}

static void add_facts(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(out, ",{\"type\":\"FactSet\",\"facts\":[");
    add_pairs(c, "title", out);
    tocsin_text_add_c(out, "]}");
}

static void add_elements(const card *c, tocsin_text *out)
{
    if (c->title.len > 0)
        add_title(c, out);
    tocsin_text_add_c(out, "{\"type\":\"TextBlock\",\"text\":");
    tocsin_text_add_json(out, c->body);
    tocsin_text_add_c(out, c->teams->wraps ? ",\"wrap\":true}" : ",\"wrap\":false}");
    if (c->fact_count > 0)
        add_facts(c, out);
    if (c->footer.len == 0)
        return;
    tocsin_text_add_c(out, ",{\"type\":\"TextBlock\",\"text\":");
    tocsin_text_add_json(out, c->footer);
    tocsin_text_add_c(out, ",\"isSubtle\":true,\"size\":\"Small\",\"spacing\":\"Medium\","
                           "\"wrap\":true}");
}

static void add_teams_part(const card *c, tocsin_text *out)
{
    tocsin_text texts = TOCSIN_ZERO, entities = TOCSIN_ZERO;
    tocsin_text_add_str(&texts, c->title);
    tocsin_text_add_c(&texts, "\n");
    tocsin_text_add_str(&texts, c->body);
    (void)mentions_add(tocsin_text_str(&texts), false, &entities);
    if (c->teams->is_wide || entities.len > 0) {
        tocsin_text_add_c(out, ",\"msteams\":{");
        tocsin_text_add_c(out, c->teams->is_wide ? "\"width\":\"full\"" : "");
        tocsin_text_add_c(out, c->teams->is_wide && entities.len > 0 ? "," : "");
        tocsin_text_add_str(out, tocsin_text_str(&entities));
        tocsin_text_add_c(out, "}");
    }
    out->failed |= texts.failed | entities.failed;
    tocsin_text_free(&texts);
    tocsin_text_free(&entities);
}

static void write_workflow(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(
        out, MESSAGE_BEGIN
        "{\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\","
        "\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[");
    add_elements(c, out);
    tocsin_text_add_c(out, "]");
    add_teams_part(c, out);
    tocsin_text_add_c(out, "}}]}");
}

void card_add_own(tocsin_str own, tocsin_text *out)
{
    tocsin_text_add_c(out, MESSAGE_BEGIN);
    tocsin_text_add_str(out, own);
    tocsin_text_add_c(out, "}]}");
}

/* ---- a connector's card ---- */

static const char *severity_color(uint32_t severity)
{
    return severity == TOCSIN_FAILURE   ? "A32037"
           : severity == TOCSIN_WARNING ? "CACF29"
           : severity == TOCSIN_SUCCESS ? "3AA337"
                                        : "3AA3E3";
}

static tocsin_str first_line(tocsin_str s)
{
    const char *end = s.len == 0 ? NULL : memchr(s.ptr, '\n', s.len);
    return end == NULL ? s : tocsin_str_part(s.ptr, (size_t)(end - s.ptr));
}

static void add_connector_facts(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(out, ",\"sections\":[{\"facts\":[");
    add_pairs(c, "name", out);
    tocsin_text_add_c(out, "]}]");
}

static void write_connector(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(out, "{\"@type\":\"MessageCard\",\"@context\":\"https://schema.org/"
                           "extensions\",\"summary\":");
    tocsin_text_add_json(out, c->title.len > 0 ? c->title : first_line(c->body));
    tocsin_text_add_c(out, ",\"themeColor\":\"");
    tocsin_text_add_c(out, severity_color(c->severity));
    tocsin_text_add_c(out, "\"");
    if (c->title.len > 0) {
        tocsin_text_add_c(out, ",\"title\":");
        tocsin_text_add_json(out, c->title);
    }
    tocsin_text_add_c(out, ",\"text\":");
    tocsin_text_add_json(out, c->body);
    if (c->fact_count > 0)
        add_connector_facts(c, out);
    tocsin_text_add_c(out, "}");
}

/* ---- what fits ---- */

static void write_card(const card *c, tocsin_text *out)
{
    out->len = 0;
    if (c->teams->is_prefect)
        prefect_write(c, out);
    else if (c->teams->kind == KIND_CONNECTOR)
        write_connector(c, out);
    else
        write_workflow(c, out);
}

static bool fits(const card *c, tocsin_text *out)
{
    write_card(c, out);
    return out->len <= CARD_BYTES;
}

/* Cuts *text, a member of *c, to the most bytes with which the card fits. False: it does
 * not fit even without any. kept holds what *text borrows then. */
static bool cut_to_fit(card *c, tocsin_str *text, tocsin_text *kept, tocsin_text *out)
{
    const tocsin_str whole = *text;
    size_t low = 0, high = whole.len < CARD_BYTES ? whole.len : CARD_BYTES;
    bool is_possible = false;
    for (size_t at = 0; low <= high; at = low + (high - low) / 2) {
        kept->len = 0;
        markdown_add_cut(kept, whole, at);
        *text = tocsin_text_str(kept);
        if (fits(c, out)) {
            is_possible = true;
            low = at + 1;
        } else if (at == 0) {
            break;
        } else {
            high = at - 1;
        }
    }
    if (is_possible) {
        kept->len = 0;
        markdown_add_cut(kept, whole, low - 1);
        *text = tocsin_text_str(kept);
        write_card(c, out);
    }
    return is_possible;
}

void card_add(const card *c, tocsin_text *out)
{
    tocsin_text body = TOCSIN_ZERO, title = TOCSIN_ZERO;
    card cut = *c;
    bool is_done = fits(&cut, out) || cut_to_fit(&cut, &cut.body, &body, out) ||
                   cut_to_fit(&cut, &cut.title, &title, out);
    if (!is_done) {
        cut = *c;
        cut.fact_count = 0;
        body.len = title.len = 0;
        (void)(fits(&cut, out) || cut_to_fit(&cut, &cut.body, &body, out) ||
               cut_to_fit(&cut, &cut.title, &title, out));
    }
    out->failed |= body.failed | title.failed;
    tocsin_text_free(&body);
    tocsin_text_free(&title);
}
