/* SPDX-License-Identifier: Apache-2.0 */
/* text_table.c - two passes: how wide, then what. */
#include "core/cli/text_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CELL_BYTES 512

static const char *cell(const json_t *object, const char *key, char out[CELL_BYTES])
{
    const json_t *value = json_object_get(object, key);
    (void)snprintf(out, CELL_BYTES, "-");
    if (json_is_string(value))
        (void)snprintf(out, CELL_BYTES, "%s", json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(out, CELL_BYTES, "%lld", (long long)json_integer_value(value));
    else if (json_is_boolean(value))
        (void)snprintf(out, CELL_BYTES, "%s", json_is_true(value) ? "yes" : "no");
    return out;
}

static int width_of(const tcn_text_column *column, const json_t *list)
{
    char text[CELL_BYTES];
    size_t width = strlen(column->title);
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t len = strlen(cell(json_array_get(list, i), column->key, text));
        width = len > width ? len : width;
    }
    return (int)width;
}

void tcn_text_table_print(const tcn_text_column *columns, const json_t *list)
{
    char text[CELL_BYTES];
    for (size_t row = 0; row <= json_array_size(list); row++) {
        const json_t *object = row == 0 ? NULL : json_array_get(list, row - 1);
        for (size_t i = 0; columns[i].title != NULL; i++) {
            const char *shown =
                row == 0 ? columns[i].title : cell(object, columns[i].key, text);
            bool is_last = columns[i + 1].title == NULL;
            printf("%-*s%s", is_last ? 0 : width_of(&columns[i], list), shown,
                   is_last ? "\n" : "  ");
        }
    }
}
