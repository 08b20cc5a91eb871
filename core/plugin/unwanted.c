/* SPDX-License-Identifier: Apache-2.0 */
/* unwanted.c - see unwanted.h. One entry for each id. */
#include "core/plugin/unwanted.h"

#include "core/base/alloc.h"
#include "core/base/str.h"

void tcn_unwanted_note(tcn_unwanted *unwanted, const char *id, const tcn_file_mark *mark)
{
    for (size_t i = 0; i < unwanted->count; i++) {
        if (strcmp(unwanted->items[i].id, id) != 0)
            continue;
        unwanted->items[i].mark = *mark;
        return;
    }
    if (tcn_grow((void **)&unwanted->items, &unwanted->capacity, unwanted->count + 1,
                 sizeof *unwanted->items) < 0)
        return;
    char *copy = tcn_strdup(id);
    if (copy != NULL)
        unwanted->items[unwanted->count++] = (tcn_unwanted_file){copy, *mark};
}

bool tcn_unwanted_is(const tcn_unwanted *unwanted, const tcn_plugin_settings *settings,
                     const tcn_file_mark *mark)
{
    for (size_t i = 0; i < unwanted->count; i++)
        if (tcn_file_mark_holds(&unwanted->items[i].mark, mark))
            return json_object_size(settings->sha256) == 0 &&
                   !tcn_plugin_settings_allow(settings, unwanted->items[i].id);
    return false;
}

void tcn_unwanted_deinit(tcn_unwanted *unwanted)
{
    for (size_t i = 0; i < unwanted->count; i++)
        tcn_free(unwanted->items[i].id);
    tcn_free(unwanted->items);
    *unwanted = (tcn_unwanted){0};
}
