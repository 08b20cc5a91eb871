/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - asking events, and copies that stand alone. Most text of an event lies inside
 * its source; a copy keeps it there and moves only the pointers. */
#include "core/event/event.h"

#include "core/base/alloc.h"

const tcn_str *tcn_resource_label(const tcn_resource *resource, tcn_str key)
{
    for (uint32_t i = 0; i < resource->count; i++) {
        if (tcn_str_eq(resource->labels[i].key, key))
            return &resource->labels[i].value;
    }
    return NULL;
}

static bool lies_in(tcn_str s, tcn_str whole)
{
    return s.ptr != NULL && whole.ptr != NULL && s.ptr >= whole.ptr &&
           s.ptr + s.len <= whole.ptr + whole.len;
}

/* The bytes of a copy. With out NULL they are only counted. */
typedef struct copying {
    tcn_str old_source;
    char *source; /* the copy of old_source */
    char *out;    /* where text that is not in the source goes next */
    size_t more;  /* bytes of that text */
} copying;

static tcn_str copy_text(copying *c, tcn_str s)
{
    if (lies_in(s, c->old_source)) {
        size_t place = (size_t)(s.ptr - c->old_source.ptr);
        return c->source != NULL ? tcn_str_of(c->source + place, s.len) : s;
    }
    c->more += s.len;
    if (c->out == NULL || s.len == 0)
        return c->out != NULL ? tcn_str_of(c->out, 0) : s;
    memcpy(c->out, s.ptr, s.len);
    tcn_str copy = tcn_str_of(c->out, s.len);
    c->out += s.len;
    return copy;
}

/* Takes the labels from *labels on. With *labels NULL nothing is written. */
static void copy_resource(copying *c, const tcn_resource *from, tcn_resource *to,
                          tcn_label **labels)
{
    tcn_resource copy = {.count = from->count, .labels = *labels};
    for (uint32_t i = 0; i < from->count; i++) {
        tcn_label label = {copy_text(c, from->labels[i].key),
                           copy_text(c, from->labels[i].value)};
        if (*labels != NULL)
            copy.labels[i] = label;
    }
    copy.id = copy_text(c, from->id);
    copy.role = copy_text(c, from->role);
    if (*labels == NULL)
        return;
    *labels += from->count;
    *to = copy;
}

static size_t label_count(const tcn_event *event)
{
    size_t count = event->resource.count;
    for (uint32_t i = 0; i < event->related_count; i++)
        count += event->related[i].count;
    return count;
}

/* to and labels are NULL while only counting. */
static void copy_parts(copying *c, const tcn_event *from, tcn_event *to,
                       tcn_label *labels)
{
    tcn_str name = copy_text(c, from->name);
    tcn_str payload = copy_text(c, from->payload);
    copy_resource(c, &from->resource, to != NULL ? &to->resource : NULL, &labels);
    for (uint32_t i = 0; i < from->related_count; i++)
        copy_resource(c, &from->related[i], to != NULL ? &to->related[i] : NULL, &labels);
    if (to == NULL)
        return;
    to->name = name;
    to->payload = payload;
    to->source = tcn_str_of(c->source, c->old_source.len);
}

tcn_event *tcn_event_copy(const tcn_event *event)
{
    copying count = {.old_source = event->source};
    copy_parts(&count, event, NULL, NULL);
    size_t labels = label_count(event);
    size_t tables = sizeof *event + event->related_count * sizeof *event->related +
                    labels * sizeof(tcn_label);
    char *block = tcn_alloc(tables + event->source.len + count.more + 1);
    if (block == NULL)
        return NULL;

    tcn_event *copy = (tcn_event *)(void *)block;
    *copy = *event;
    copy->related = (tcn_resource *)(void *)(copy + 1);
    tcn_label *first_label = (tcn_label *)(void *)(copy->related + event->related_count);
    copying c = {.old_source = event->source, .source = block + tables};
    if (event->source.len != 0)
        memcpy(c.source, event->source.ptr, event->source.len);
    c.out = c.source + event->source.len;
    copy_parts(&c, event, copy, first_label);
    return copy;
}

void tcn_event_free(tcn_event *event)
{
    tcn_free(event);
}
