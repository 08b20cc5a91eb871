/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - see missing.h. */
#include "core/daemon/missing.h"

#define TEXT_BYTES 8192

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

/* Of those from first on that have its type. A new reference. */
static json_t *names_of(const tcn_found *blocks, size_t first)
{
    const char *type = text_of(&blocks->items[first], "type");
    json_t *names = json_array();
    for (size_t i = first; i < blocks->count; i++)
        if (strcmp(text_of(&blocks->items[i], "type"), type) == 0)
            (void)json_array_append_new(names,
                                        json_string(text_of(&blocks->items[i], "name")));
    return names;
}

static void tell(const tcn_stage *stage, const tcn_found *blocks, size_t first,
                 bool *is_cause_told, tcn_problems *problems)
{
    const tcn_definition *object = &blocks->items[first];
    size_t count = problems->count;
    tcn_err err = {0};
    tcn_buf text;
    tcn_buf_init(&text, TEXT_BYTES);
    json_t *names = names_of(blocks, first);
    tcn_stage_lack_write(stage, text_of(object, "type"), names, is_cause_told, &text);
    json_decref(names);
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
