/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - see kept.h. */
#include "core/daemon/kept.h"

#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/arena.h"
#include "core/value/document.h"

#define ROOM 16384 /* bytes, in which most texts have room while they are written */

/* Any two seeds: together the hashes are too long to meet by chance. */
#define SEED_1 UINT64_C(0x243f6a8885a308d3)
#define SEED_2 UINT64_C(0x13198a2e03707344)

/* What is to be mixed in gathers first: a long text is hashed faster than many short
 * ones. */
typedef struct mixer {
    tcn_digest digest;
    size_t len;
    char gathered[4096];
} mixer;

static void mix_long(mixer *m, const void *ptr, size_t len)
{
    m->digest.words[0] = tcn_hash(ptr, len, m->digest.words[0]);
    m->digest.words[1] = tcn_hash(ptr, len, m->digest.words[1]);
}

static void flush(mixer *m)
{
    mix_long(m, m->gathered, m->len);
    m->len = 0;
}

static void mix(mixer *m, const void *ptr, size_t len)
{
    if (m->len + len > sizeof m->gathered)
        flush(m);
    if (len > sizeof m->gathered) {
        mix_long(m, ptr, len);
        return;
    }
    memcpy(m->gathered + m->len, ptr, len);
    m->len += len;
}

static void mix_text(mixer *m, const char *ptr, size_t len)
{
    mix(m, &len, sizeof len);
    mix(m, ptr, len);
}

static void mix_json(mixer *m, const json_t *value)
{
    json_t *own = (json_t *)(uintptr_t)value; /* jansson wants it, and changes nothing */
    int type = json_typeof(value);
    size_t count =
        json_is_array(value) ? json_array_size(value) : json_object_size(value);
    json_int_t integer = json_integer_value(value);
    double real = json_real_value(value);
    mix(m, &type, sizeof type);
    mix(m, &count, sizeof count);
    if (json_is_string(value))
        mix_text(m, json_string_value(value), json_string_length(value));
    if (json_is_integer(value))
        mix(m, &integer, sizeof integer);
    if (json_is_real(value))
        mix(m, &real, sizeof real);
    for (size_t i = 0; i < json_array_size(value); i++)
        mix_json(m, json_array_get(value, i));
    for (void *at = json_object_iter(own); at != NULL;
         at = json_object_iter_next(own, at)) {
        mix_text(m, json_object_iter_key(at), json_object_iter_key_len(at));
        mix_json(m, json_object_iter_value(at));
    }
}

tcn_digest tcn_digest_of(const json_t *document)
{
    mixer m;
    m.digest = (tcn_digest){{SEED_1, SEED_2}};
    m.len = 0;
    mix_json(&m, document);
    flush(&m);
    return m.digest;
}

tcn_digest tcn_digest_of_text(tcn_str text)
{
    return (tcn_digest){
        {tcn_hash(text.ptr, text.len, SEED_1), tcn_hash(text.ptr, text.len, SEED_2)}};
}

static tcn_str digest_key(const tcn_digest *digest)
{
    return tcn_str_of((const char *)digest->words, sizeof digest->words);
}

/* ---- one automation ---- */

int tcn_defined_new(const tcn_digest *digest, const tcn_automation *automation,
                    bool has_warnings, tcn_defined **ret)
{
    tcn_defined *defined = tcn_alloc_zero(sizeof *defined);
    if (defined == NULL)
        return TCN_E_NOMEM;
    tcn_arena arena;
    _Alignas(16) char room[ROOM];
    tcn_arena_init_with(&arena, 0, room, sizeof room);
    tcn_buf text;
    tcn_buf_init_in(&text, &arena, SIZE_MAX);
    int rc = tcn_document_write(automation->document, &text);
    defined->uses = 1;
    defined->digest = *digest;
    defined->id = automation->id;
    defined->has_warnings = has_warnings;
    defined->name = tcn_strdup(automation->name);
    defined->len = text.len;
    if (rc == 0)
        defined->text = tcn_strdup_n(text.ptr, text.len);
    tcn_arena_deinit(&arena);
    if (defined->name == NULL || defined->text == NULL) {
        tcn_defined_unref(defined);
        return TCN_E_NOMEM;
    }
    *ret = defined;
    return 0;
}

tcn_defined *tcn_defined_ref(tcn_defined *defined)
{
    defined->uses++;
    return defined;
}

void tcn_defined_unref(tcn_defined *defined)
{
    if (defined == NULL || --defined->uses > 0)
        return;
    tcn_free(defined->name);
    tcn_free(defined->text);
    tcn_free(defined);
}

bool tcn_defined_is_same(const tcn_defined *a, const tcn_defined *b)
{
    return a == b || (a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}

tcn_str tcn_defined_key(const tcn_defined *defined)
{
    return tcn_str_of((const char *)defined->id.bytes, sizeof defined->id.bytes);
}

/* ---- looking ---- */

static const tcn_kept_file *file_at(const tcn_kept *kept, const char *path)
{
    size_t low = 0, high = kept->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(kept->files[middle].path, path);
        if (order == 0)
            return &kept->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const tcn_kept_file *tcn_kept_file_find(const tcn_kept *kept, const char *path,
                                        const tcn_file_mark *mark)
{
    const tcn_kept_file *file = kept == NULL ? NULL : file_at(kept, path);
    bool is_same =
        file != NULL && !file->has_warnings && tcn_file_mark_holds(&file->mark, mark);
    return is_same ? file : NULL;
}

tcn_defined *tcn_kept_find(const tcn_kept *kept, const tcn_digest *digest)
{
    tcn_defined *defined =
        kept == NULL ? NULL : tcn_map_get(&kept->by_digest, digest_key(digest));
    return defined != NULL && !defined->has_warnings ? defined : NULL;
}

tcn_defined *tcn_kept_get(const tcn_kept *kept, const tcn_uuid *id)
{
    return tcn_map_get(&kept->by_id,
                       tcn_str_of((const char *)id->bytes, sizeof id->bytes));
}

/* ---- keeping ---- */

tcn_kept_file *tcn_kept_add_file(tcn_kept *kept, const char *path,
                                 const tcn_file_mark *mark)
{
    int rc = tcn_grow((void **)&kept->files, &kept->capacity, kept->count + 1,
                      sizeof *kept->files);
    char *copy = rc < 0 ? NULL : tcn_strdup(path);
    if (copy == NULL)
        return NULL;
    tcn_kept_file *file = &kept->files[kept->count++];
    *file = (tcn_kept_file){.path = copy, .mark = *mark};
    return file;
}

int tcn_kept_add(tcn_kept *kept, tcn_defined *defined, const char *prefix)
{
    tcn_kept_file *file = &kept->files[kept->count - 1];
    int rc = tcn_grow((void **)&file->items, &file->capacity, file->count + 1,
                      sizeof *file->items);
    if (rc == 0)
        rc = tcn_map_put(&kept->by_digest, digest_key(&defined->digest), defined, NULL);
    if (rc == 0)
        rc = tcn_map_put(&kept->by_id, tcn_defined_key(defined), defined, NULL);
    if (rc < 0)
        return rc;
    tcn_kept_item *item = &file->items[file->count++];
    *item = (tcn_kept_item){.defined = tcn_defined_ref(defined)};
    (void)snprintf(item->prefix, sizeof item->prefix, "%s", prefix);
    file->has_warnings = file->has_warnings || defined->has_warnings;
    kept->automations++;
    return 0;
}

void tcn_kept_deinit(tcn_kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        tcn_kept_file *file = &kept->files[i];
        for (size_t k = 0; k < file->count; k++)
            tcn_defined_unref(file->items[k].defined);
        tcn_free(file->items);
        tcn_free(file->path);
    }
    tcn_free(kept->files);
    tcn_map_deinit(&kept->by_digest);
    tcn_map_deinit(&kept->by_id);
    *kept = (tcn_kept){0};
}
