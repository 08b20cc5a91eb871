/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_text.c - both forms say the same of each option: its type with bounds and
 * choices, its default, and its flags in words. */
#include "core/cli/plugin_text.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"

#define LINE_WIDTH 96
#define CELL_BYTES ((size_t)64 << 10)

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

/* A list of texts with a separator. */
static void add_list(tcn_buf *out, const json_t *list, const char *separator)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)tcn_buf_printf(out, "%s%s", i > 0 ? separator : "",
                             json_string_value(json_array_get(list, i)));
}

static void add_value(tcn_buf *out, const json_t *value)
{
    if (json_is_string(value)) {
        (void)tcn_buf_add_c(out, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    (void)tcn_buf_add_c(out, text != NULL ? text : "?");
    free(text);
}

/* "enum: text, blocks", "int, 1 to 10", "duration, at most 5m". */
static void add_type(tcn_buf *out, const json_t *option)
{
    const json_t *min = json_object_get(option, "min"),
                 *max = json_object_get(option, "max");
    const json_t *choices = json_object_get(option, "choices");
    const char *type = text_of(option, "type");
    bool is_open = json_is_integer(min) && json_integer_value(min) == 0;
    (void)tcn_buf_add_c(out, type);
    if (choices != NULL) {
        (void)tcn_buf_add_c(out, ": ");
        add_list(out, choices, ", ");
    }
    if (max == NULL)
        return;
    (void)tcn_buf_add_c(out, is_open ? ", at most " : ", ");
    if (!is_open) {
        add_value(out, min);
        (void)tcn_buf_add_c(out, " to ");
    }
    add_value(out, max);
    if (strcmp(type, "list") == 0 || strcmp(type, "map") == 0)
        (void)tcn_buf_add_c(out, " entries");
    else if (strcmp(type, "string") == 0 || strcmp(type, "text") == 0)
        (void)tcn_buf_add_c(out, " bytes");
}

static void add_flags(tcn_buf *out, const json_t *option)
{
    static const char *const flags[] = {"required", "secret", "template", "deprecated"};
    for (size_t i = 0; i < TCN_COUNT(flags); i++)
        if (json_is_true(json_object_get(option, flags[i])))
            (void)tcn_buf_printf(out, "%s%s", out->len > 0 ? ", " : "", flags[i]);
}

/* One line, with doc wrapped below it. */
static void print_wrapped(const char *text, int indent)
{
    int used = LINE_WIDTH;
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");
        if (used + 1 + len > LINE_WIDTH) {
            printf("%s%*s", used == LINE_WIDTH ? "" : "\n", indent, "");
            used = indent;
        } else {
            printf(" ");
            used++;
        }
        printf("%.*s", len, text);
        used += len;
        text += len + (text[len] == ' ');
    }
    printf("\n");
}

static void print_option(const json_t *option, int width, int indent)
{
    tcn_buf line, flags;
    tcn_buf_init(&line, CELL_BYTES);
    tcn_buf_init(&flags, CELL_BYTES);
    add_type(&line, option);
    add_flags(&flags, option);
    if (flags.len > 0)
        (void)tcn_buf_printf(&line, "; %s", flags.ptr);
    if (json_object_get(option, "default") != NULL) {
        (void)tcn_buf_add_c(&line, "; default ");
        add_value(&line, json_object_get(option, "default"));
    }
    printf("%*s%-*s  ", indent, "", width, text_of(option, "key"));
    printf("%s\n", line.len > 0 ? line.ptr : "");
    print_wrapped(text_of(option, "doc"), indent + width + 2);
    tcn_buf_deinit(&line);
    tcn_buf_deinit(&flags);
}

static void print_options(const json_t *options, int indent)
{
    int width = 0;
    for (size_t i = 0; i < json_array_size(options); i++) {
        int len = (int)strlen(text_of(json_array_get(options, i), "key"));
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < json_array_size(options); i++)
        print_option(json_array_get(options, i), width, indent);
}

static void print_list(const char *title, const json_t *list)
{
    tcn_buf line;
    tcn_buf_init(&line, CELL_BYTES);
    add_list(&line, list, ", ");
    if (line.len > 0)
        printf("%-14s%s\n", title, line.ptr);
    tcn_buf_deinit(&line);
}

static int abi_number(const json_t *plugin, const char *key)
{
    return (int)json_integer_value(json_object_get(json_object_get(plugin, "abi"), key));
}

static void print_block_types(const json_t *types)
{
    for (size_t i = 0; i < json_array_size(types); i++)
        printf("%-14s%s (%s)\n", i == 0 ? "Prefect types" : "",
               text_of(json_array_get(types, i), "slug"),
               text_of(json_array_get(types, i), "name"));
}

void tcn_plugin_text_print(const json_t *plugin)
{
    const json_t *actions = json_object_get(plugin, "actions");
    const json_t *options = json_object_get(plugin, "options");
    printf("%s %s: %s\n%s\n\n", text_of(plugin, "id"), text_of(plugin, "version"),
           text_of(plugin, "title"), text_of(plugin, "summary"));
    printf("%-14s%s\n%-14s%s\n", "file", text_of(plugin, "file"), "sha256",
           text_of(plugin, "sha256"));
    printf("%-14s%d.%d; runs on daemons of ABI %d.%d and younger\n", "ABI",
           abi_number(plugin, "major"), abi_number(plugin, "minor"),
           abi_number(plugin, "major"), abi_number(plugin, "min_minor"));
    print_list("capabilities", json_object_get(plugin, "capabilities"));
    print_list("extensions", json_object_get(plugin, "extensions"));
    printf("%-14s%s\n", "block type",
           text_of(json_object_get(plugin, "block_schema"), "block_type_slug"));
    print_block_types(json_object_get(plugin, "block_types"));
    printf("\n%s\n", json_array_size(options) > 0 ? "Options" : "No options");
    print_options(options, 2);
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const json_t *action = json_array_get(actions, i);
        printf("\nAction %s\n", text_of(action, "type"));
        print_wrapped(text_of(action, "doc"), 2);
        print_options(json_object_get(action, "params"), 4);
    }
}

/* ---- a page ---- */

/* In a cell of a table. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<')
            printf("\\");
        putchar(*text == '\n' ? ' ' : *text);
    }
}

static void page_option(const json_t *option)
{
    tcn_buf cell;
    tcn_buf_init(&cell, CELL_BYTES);
    const json_t *standard = json_object_get(option, "default");
    printf("| `%s` | ", text_of(option, "key"));
    add_type(&cell, option);
    print_cell(cell.ptr);
    printf(" | ");
    tcn_buf_reset(&cell);
    if (standard != NULL) {
        (void)tcn_buf_add_c(&cell, "`");
        add_value(&cell, standard);
        (void)tcn_buf_add_c(&cell, "`");
        print_cell(cell.ptr);
    }
    printf(" | ");
    tcn_buf_reset(&cell);
    add_flags(&cell, option);
    print_cell(cell.len > 0 ? cell.ptr : "");
    printf(" | ");
    print_cell(text_of(option, "doc"));
    printf(" |\n");
    tcn_buf_deinit(&cell);
}

static void page_options(const json_t *options)
{
    printf("| option | type | default | | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < json_array_size(options); i++)
        page_option(json_array_get(options, i));
}

void tcn_plugin_text_page(const json_t *plugin)
{
    const json_t *actions = json_object_get(plugin, "actions");
    const json_t *types = json_object_get(plugin, "block_types");
    printf("# %s (`%s`)\n\n%s.\n\n", text_of(plugin, "title"), text_of(plugin, "id"),
           text_of(plugin, "summary"));
    printf("This page is what `tocsin plugin inspect --markdown` prints; version %s.\n\n",
           text_of(plugin, "version"));
    page_options(json_object_get(plugin, "options"));
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const json_t *action = json_array_get(actions, i);
        printf("\n## Action `%s`\n\n%s\n", text_of(action, "type"),
               text_of(action, "doc"));
        if (json_array_size(json_object_get(action, "params")) > 0) {
            printf("\n");
            page_options(json_object_get(action, "params"));
        }
    }
    if (json_array_size(types) > 0)
        printf("\n## Prefect block types\n\n");
    for (size_t i = 0; i < json_array_size(types); i++)
        printf("- `%s`: %s\n", text_of(json_array_get(types, i), "slug"),
               text_of(json_array_get(types, i), "name"));
}
