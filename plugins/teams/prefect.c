/* SPDX-License-Identifier: Apache-2.0 */
/* prefect.c - nothing is escaped but for JSON, whose spaces are part of it. */
#include "prefect.h"

#include "mentions.h"

static void add_image(const card *c, tocsin_text *out)
{
    tocsin_text url = TOCSIN_ZERO;
    const char *name = tocsin_severity_name(c->severity);
    tocsin_text_add_str(&url, c->teams->image_base);
    tocsin_text_add_c(&url, "apprise-");
    tocsin_text_add_c(&url, name);
    tocsin_text_add_c(&url, "-32x32.png");
    tocsin_text_add_c(out, "{\"type\": \"Image\", \"url\": ");
    tocsin_text_add_json_ascii(out, tocsin_text_str(&url));
    tocsin_text_add_c(out, ", \"height\": \"32px\", \"altText\": \"");
    tocsin_text_add_c(out, name);
    tocsin_text_add_c(out, "\"}, ");
    out->failed |= url.failed;
    tocsin_text_free(&url);
}

void prefect_write(const card *c, tocsin_text *out)
{
    tocsin_text_add_c(
        out,
        "{\"type\": \"message\", \"attachments\": [{\"contentType\": \"application/"
        "vnd.microsoft.card.adaptive\", \"contentUrl\": null, \"content\": {\"$schema\": "
        "\"http://adaptivecards.io/schemas/adaptive-card.json\", \"type\": "
        "\"AdaptiveCard\", \"version\": \"1.4\", \"body\": [");
    if (c->teams->has_image && c->teams->image_base.len > 0)
        add_image(c, out);
    if (c->title.len > 0) {
        tocsin_text_add_c(out, "{\"type\": \"TextBlock\", \"text\": ");
        tocsin_text_add_json_ascii(out, c->title);
        tocsin_text_add_c(out,
                          ", \"style\": \"heading\", \"weight\": \"Bolder\", \"size\": "
                          "\"Large\", \"id\": \"title\"}, ");
    }
    tocsin_text_add_c(out, "{\"type\": \"TextBlock\", \"text\": ");
    tocsin_text_add_json_ascii(out, c->body);
    tocsin_text_add_c(out, ", \"style\": \"default\", \"wrap\": ");
    tocsin_text_add_c(out, c->teams->wraps ? "true" : "false");
    tocsin_text_add_c(out, ", \"id\": \"body\"}], \"msteams\": {\"width\": \"full\"");
    tocsin_text entities = TOCSIN_ZERO;
    tocsin_text_add_c(out, mentions_add(c->body, true, &entities) > 0 ? ", " : "");
    tocsin_text_add_str(out, tocsin_text_str(&entities));
    tocsin_text_add_c(out, "}}}]}");
    out->failed |= entities.failed;
    tocsin_text_free(&entities);
}
