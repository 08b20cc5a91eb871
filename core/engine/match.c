/* SPDX-License-Identifier: Apache-2.0 */
/* match.c - the labels that a trigger names, and their values in an event. */
#include "core/engine/match.h"

#include "core/base/alloc.h"

void tcn_globs_deinit(tcn_globs *globs)
{
    for (uint32_t i = 0; i < globs->count; i++)
        tcn_glob_deinit(&globs->items[i]);
    tcn_free(globs->items);
    *globs = (tcn_globs){0};
}

void tcn_match_deinit(tcn_match *match)
{
    for (uint32_t i = 0; i < match->count; i++)
        tcn_globs_deinit(&match->tests[i].values);
    tcn_free(match->tests);
    *match = (tcn_match){0};
}

tcn_str tcn_key_label_value(const tcn_key_label *label, const tcn_event *event)
{
    const tcn_str *value = NULL;
    for (uint32_t i = 0; label->label.ptr != NULL && i < event->related_count; i++) {
        if (!tcn_str_eq(event->related[i].role, label->role))
            continue;
        value = tcn_resource_label(&event->related[i], label->label);
        return value != NULL ? *value : TCN_STR("");
    }
    value = tcn_resource_label(&event->resource, label->text);
    return value != NULL ? *value : TCN_STR("");
}

/* The label is what follows the last colon; the role stands between the first and the
 * last. */
tcn_key_label tcn_key_label_of(tcn_str text)
{
    static const char start[] = "related:";
    const size_t start_len = sizeof start - 1;
    tcn_key_label key = {.text = text};
    if (!tcn_str_starts(text, TCN_STR("related:")))
        return key;
    size_t last = text.len;
    while (text.ptr[last - 1] != ':')
        last--;
    if (last > start_len)
        key.role = tcn_str_of(text.ptr + start_len, last - 1 - start_len);
    key.label = tcn_str_of(text.ptr + last, text.len - last);
    return key;
}
