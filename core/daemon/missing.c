/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - see missing.h. */
#include "core/daemon/missing.h"

#include <stdio.h>

#define NAMES_SHOWN 8
#define TEXT_BYTES  8192

static const char *text_of(const tcn_definition *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object->document, key));
    return text != NULL ? text : "";
}

bool tcn_missing_is(const tcn_stage *stage, const json_t *document)
{
    const char *type = json_string_value(json_object_get(document, "type"));
    return type != NULL && tcn_stage_lacks(stage, type);
}

/* "block a needs", "blocks a, b and 7 more need": those from first on that have its
 * type. */
static void name_blocks(const tcn_found *blocks, size_t first, tcn_buf *out)
{
    const char *type = text_of(&blocks->items[first], "type");
    size_t count = 0;
    tcn_buf names;
    tcn_buf_init(&names, 1024);
    for (size_t i = first; i < blocks->count; i++) {
        if (strcmp(text_of(&blocks->items[i], "type"), type) != 0)
            continue;
        if (count < NAMES_SHOWN)
            (void)tcn_buf_printf(&names, "%s%.40s", count > 0 ? ", " : "",
                                 text_of(&blocks->items[i], "name"));
        count++;
    }
    (void)tcn_buf_printf(out, "block%s %.*s", tcn_plural(count),
                         TCN_STR_ARG(tcn_buf_str(&names)));
    if (count > NAMES_SHOWN)
        (void)tcn_buf_printf(out, " and %zu more", count - NAMES_SHOWN);
    (void)tcn_buf_printf(out, " need%s", count == 1 ? "s" : "");
    tcn_buf_deinit(&names);
}

static void tell(const tcn_stage *stage, const tcn_found *blocks, size_t first,
                 bool *is_cause_told, tcn_problems *problems)
{
    const tcn_definition *object = &blocks->items[first];
    size_t count = problems->count;
    tcn_err err = {0};
    tcn_buf text;
    tcn_buf_init(&text, TEXT_BYTES);
    (void)tcn_buf_printf(&text, "no plugin \"%.64s\" is loaded, which ",
                         text_of(object, "type"));
    name_blocks(blocks, first, &text);
    if (!tcn_stage_allows(stage, text_of(object, "type"))) {
        (void)tcn_buf_add_c(&text, "; plugins.allow does not name it");
    } else if (!*is_cause_told) {
        *is_cause_told = true;
        (void)tcn_buf_add_c(&text, "; ");
        tcn_stage_searched(stage, &text);
    }
    (void)tcn_err_field(&err, TCN_E_NOT_FOUND, "type", "%.*s",
                        TCN_STR_ARG(tcn_buf_str(&text)));
    tcn_problems_add(problems, &err);
    tcn_definition_place(object, problems, count);
    tcn_buf_deinit(&text);
}

void tcn_missing_tell(const tcn_stage *stage, const tcn_found *blocks,
                      tcn_problems *problems)
{
    tcn_map told = {0};
    bool is_cause_told = false;
    for (size_t i = 0; i < blocks->count; i++) {
        const tcn_definition *object = &blocks->items[i];
        tcn_str type = tcn_str_c(text_of(object, "type"));
        if (!tcn_missing_is(stage, object->document) || tcn_map_get(&told, type) != NULL)
            continue;
        tell(stage, blocks, i, &is_cause_told, problems);
        (void)tcn_map_put(&told, type, (void *)(uintptr_t)object, NULL);
    }
    tcn_map_deinit(&told);
}
