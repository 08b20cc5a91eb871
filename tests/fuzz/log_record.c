/* SPDX-License-Identifier: Apache-2.0 */
/* log_record.c - a log record out of any bytes: packed as they stand in the file, and
 * plain, as they would be behind a checksum that happens to be right. Whatever opens is
 * read to its end. */
#include <stdlib.h>

#include "core/store/pack.h"
#include "core/store/record.h"

#define PLAIN_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_events(const tcn_record *record)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_record_cursor cursor = {0};
    tcn_record_entry entry, again;
    tcn_event event;
    uint32_t count = 0;
    while (tcn_record_next(record, &cursor, &entry)) {
        if (tcn_record_event(&entry, &arena, &event) == 0 && event.resource.id.len == 0)
            abort();
        if (count++ < 16 && tcn_record_entry_at(record, entry.position, &again) < 0)
            abort();
    }
    if (count != record->taken + record->emitted || cursor.offset != record->texts.len)
        abort();
    tcn_arena_deinit(&arena);
}

static void read_firings(const tcn_record *record)
{
    size_t pos = 0;
    tcn_record_firing firing;
    uint32_t count = 0;
    while (tcn_record_next_firing(record, &pos, &firing))
        count++;
    if (count != record->firings)
        abort();
}

static void read_record(tcn_str plain)
{
    tcn_record record;
    if (tcn_record_open(plain, 1, &record) < 0)
        return;
    read_events(&record);
    read_firings(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_str bytes = tcn_str_of((const char *)data, size);
    read_record(bytes);

    tcn_packer *packer = tcn_packer_new();
    tcn_buf plain;
    tcn_buf_init(&plain, PLAIN_MAX + 1);
    if (packer != NULL && tcn_unpack(packer, bytes, 0, PLAIN_MAX, &plain) == 0)
        read_record(tcn_buf_str(&plain));
    tcn_buf_deinit(&plain);
    tcn_packer_free(packer);
    return 0;
}
