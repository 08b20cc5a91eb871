/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - one member after the other. jansson's setters take NULL for "no memory" and
 * fail, so that only their results are looked at. */
#include "core/option/schema.h"

#include <stdio.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/option/option_value.h"

#define DEFAULT_BYTES ((size_t)1 << 20)

static const struct {
    const char *name;   /* ours */
    const char *json;   /* JSON schema's */
    const char *lowest; /* names of the bounds; NULL: none */
    const char *highest;
} types[] = {
    [TOCSIN_OPT_STRING] = {"string", "string", "minLength", "maxLength"},
    [TOCSIN_OPT_TEXT] = {"text", "string", "minLength", "maxLength"},
    [TOCSIN_OPT_BOOL] = {"bool", "boolean", NULL, NULL},
    [TOCSIN_OPT_INT] = {"int", "integer", "minimum", "maximum"},
    [TOCSIN_OPT_NUMBER] = {"number", "number", "minimum", "maximum"},
    [TOCSIN_OPT_DURATION] = {"duration", "number", "minimum", "maximum"},
    [TOCSIN_OPT_SIZE] = {"size", "integer", "minimum", "maximum"},
    [TOCSIN_OPT_ENUM] = {"enum", "string", NULL, NULL},
    [TOCSIN_OPT_URL] = {"url", "string", "minLength", "maxLength"},
    [TOCSIN_OPT_LIST] = {"list", "array", "minItems", "maxItems"},
    [TOCSIN_OPT_MAP] = {"map", "object", NULL, NULL},
    [TOCSIN_OPT_JSON] = {"json", "object", NULL, NULL},
};

const char *tcn_schema_type_name(uint32_t type)
{
    return tcn_option_type_known(type) ? types[type].name : "?";
}

static bool has_flag(const tocsin_option *option, uint32_t flag)
{
    return (option->flags & flag) != 0;
}

static bool has_bounds(const tocsin_option *option)
{
    return option->min != 0 || option->max != 0;
}

/* "5m" for 300000 of a DURATION, "64k" for 65536 of a SIZE, else the number. */
static json_t *bound_of(const tocsin_option *option, int64_t bound)
{
    char text[32];
    bool is_unit = option->type == TOCSIN_OPT_DURATION || option->type == TOCSIN_OPT_SIZE;
    if (!is_unit || bound == 0)
        return json_integer(bound);
    return json_string(tcn_option_bound_text(option, bound, text));
}

static int add_flags(json_t *object, const tocsin_option *option)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } flags[] = {
        {TOCSIN_OPT_REQUIRED, "required"},     {TOCSIN_OPT_SECRET, "secret"},
        {TOCSIN_OPT_TEMPLATE, "template"},     {TOCSIN_OPT_DESTINATION, "destination"},
        {TOCSIN_OPT_DEPRECATED, "deprecated"},
    };
    int rc = 0;
    for (size_t i = 0; i < TCN_COUNT(flags); i++)
        rc |= json_object_set_new(object, flags[i].name,
                                  json_boolean(has_flag(option, flags[i].flag)));
    return rc;
}

static int add_choices(json_t *object, const char *name, const tocsin_option *option)
{
    json_t *list = json_array();
    int rc = 0;
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        rc |= json_array_append_new(list, json_string(option->choices[i]));
    return json_object_set_new(object, name, list) | rc;
}

static json_t *option_of(const tocsin_option *option)
{
    json_t *object = json_pack("{s:s, s:s, s:s}", "key", option->key, "type",
                               tcn_schema_type_name(option->type), "doc", option->doc);
    int rc = add_flags(object, option);
    if (option->dflt != NULL)
        rc |= json_object_set_new(object, "default", tcn_option_default(option));
    if (option->choices != NULL)
        rc |= add_choices(object, "choices", option);
    if (has_bounds(option)) {
        rc |= json_object_set_new(object, "min", bound_of(option, option->min));
        rc |= json_object_set_new(object, "max", bound_of(option, option->max));
    }
    if (rc == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *tcn_schema_options(const tocsin_option *options, size_t count)
{
    json_t *list = json_array();
    int rc = 0;
    for (size_t i = 0; i < count; i++)
        rc |= json_array_append_new(list, option_of(&options[i]));
    if (rc == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* ---- block types ---- */

/* "api_url" as "Api url". */
static json_t *title_of(const char *key)
{
    char title[80];
    (void)snprintf(title, sizeof title, "%s", key);
    for (char *c = title; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    if (title[0] >= 'a' && title[0] <= 'z')
        title[0] = (char)(title[0] - 'a' + 'A');
    return json_string(title);
}

/* As the schema's type has it: seconds of a DURATION, bytes of a SIZE. */
static json_t *default_of(const tocsin_option *option)
{
    json_t *written = tcn_option_default(option), *value = NULL;
    bool is_unit = option->type == TOCSIN_OPT_DURATION || option->type == TOCSIN_OPT_SIZE;
    if (!is_unit)
        return written;
    tcn_arena scratch;
    tcn_arena_init(&scratch, DEFAULT_BYTES);
    tcn_option_value read = {0};
    if (tcn_option_value_read(option, written, &scratch, &read, NULL) == 0)
        value = option->type == TOCSIN_OPT_SIZE ? json_integer(read.integer)
                                                : json_real((double)read.integer / 1000);
    tcn_arena_deinit(&scratch);
    json_decref(written);
    return value;
}

static json_t *limit_of(const tocsin_option *option, int64_t limit)
{
    return option->type == TOCSIN_OPT_DURATION ? json_real((double)limit / 1000)
                                               : json_integer(limit);
}

static int add_limits(json_t *property, const tocsin_option *option)
{
    const char *lowest = types[option->type].lowest;
    int rc = 0;
    if (lowest == NULL || !has_bounds(option))
        return 0;
    /* A length is never negative. */
    if (option->min != 0 || strcmp(lowest, "minimum") == 0)
        rc |= json_object_set_new(property, lowest, limit_of(option, option->min));
    rc |= json_object_set_new(property, types[option->type].highest,
                              limit_of(option, option->max));
    return rc;
}

static int add_contents(json_t *property, const tocsin_option *option)
{
    bool is_secret = has_flag(option, TOCSIN_OPT_SECRET);
    json_t *item = json_pack("{s:s}", "type", "string");
    if (option->type == TOCSIN_OPT_LIST)
        return json_object_set_new(property, "items", item);
    int rc = 0;
    if (is_secret && option->type == TOCSIN_OPT_MAP) {
        rc = json_object_set_new(item, "format", json_string("password")) |
             json_object_set_new(item, "writeOnly", json_true());
    } else if (is_secret) {
        rc = json_object_set_new(property, "format", json_string("password")) |
             json_object_set_new(property, "writeOnly", json_true());
    }
    if (option->type == TOCSIN_OPT_MAP)
        return json_object_set_new(property, "additionalProperties", item) | rc;
    json_decref(item);
    return rc;
}

static json_t *property_of(const tocsin_option *option, size_t position)
{
    json_t *property = json_pack("{s:o, s:s, s:s, s:I}", "title", title_of(option->key),
                                 "type", types[option->type].json, "description",
                                 option->doc, "position", (json_int_t)position);
    int rc = add_contents(property, option) | add_limits(property, option);
    if (option->dflt != NULL)
        rc |= json_object_set_new(property, "default", default_of(option));
    if (option->choices != NULL)
        rc |= add_choices(property, "enum", option);
    if (has_flag(option, TOCSIN_OPT_DEPRECATED))
        rc |= json_object_set_new(property, "deprecated", json_true());
    if (rc == 0)
        return property;
    json_decref(property);
    return NULL;
}

static int add_field(const tocsin_option *field, size_t position, json_t *properties,
                     json_t *required, json_t *secrets)
{
    char name[80];
    int rc = json_object_set_new(properties, field->key, property_of(field, position));
    if (has_flag(field, TOCSIN_OPT_REQUIRED))
        rc |= json_array_append_new(required, json_string(field->key));
    (void)snprintf(name, sizeof name, "%s%s", field->key,
                   field->type == TOCSIN_OPT_MAP ? ".*" : "");
    if (has_flag(field, TOCSIN_OPT_SECRET))
        rc |= json_array_append_new(secrets, json_string(name));
    return rc;
}

json_t *tcn_schema_block(const tcn_schema_type *type)
{
    json_t *properties = json_object(), *required = json_array(), *secrets = json_array();
    int rc = 0;
    for (size_t i = 0; i < type->count; i++)
        rc |= add_field(&type->fields[i], i, properties, required, secrets);
    json_t *schema = json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:{}}", "title",
                               type->title, "type", "object", "properties", properties,
                               "required", required, "block_type_slug", type->slug,
                               "secret_fields", secrets, "block_schema_references");
    if (rc == 0)
        return schema;
    json_decref(schema);
    return NULL;
}
