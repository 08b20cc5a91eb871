/* SPDX-License-Identifier: Apache-2.0 */
/* outbox_entry.c - entries in one block of memory, their texts behind the struct. */
#include "core/store/outbox_entry.h"

#include "core/base/alloc.h"

#define FORM 1

/* Every text of an entry. */
static void list_texts(tcn_outbox_entry *entry, tcn_str *texts[8])
{
    texts[0] = &entry->action;
    texts[1] = &entry->automation;
    texts[2] = &entry->firing;
    texts[3] = &entry->event;
    texts[4] = &entry->emitted;
    texts[5] = &entry->block;
    texts[6] = &entry->progress;
    texts[7] = &entry->rendered;
}
#define BODY_TEXTS 5 /* the first of them, which the body holds */
#define TEXTS      8

int tcn_outbox_entry_make(const tcn_outbox_entry *entry, tcn_outbox_entry **ret)
{
    tcn_outbox_entry copy = *entry;
    tcn_str *texts[TEXTS];
    list_texts(&copy, texts);
    size_t size = sizeof copy;
    for (size_t i = 0; i < TEXTS; i++)
        size += texts[i]->len + 1;

    tcn_outbox_entry *made = tcn_alloc(size);
    if (made == NULL)
        return TCN_E_NOMEM;
    char *next = (char *)(made + 1);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t len = texts[i]->len;
        if (len > 0)
            memcpy(next, texts[i]->ptr, len);
        next[len] = '\0';
        texts[i]->ptr = next;
        next += len + 1;
    }
    *made = copy;
    *ret = made;
    return 0;
}

void tcn_outbox_entry_free(tcn_outbox_entry *entry)
{
    tcn_free(entry);
}

int tcn_outbox_entry_write(const tcn_outbox_entry *entry, tcn_buf *out)
{
    tcn_outbox_entry copy = *entry;
    tcn_str *texts[TEXTS];
    list_texts(&copy, texts);
    tcn_buf_add_u32(out, FORM);
    for (size_t i = 0; i < BODY_TEXTS; i++)
        tcn_buf_add_field(out, *texts[i]);
    return tcn_buf_status(out);
}

int tcn_outbox_entry_read(tcn_str plain, tcn_outbox_entry *ret)
{
    tcn_str *texts[TEXTS];
    list_texts(ret, texts);
    tcn_reader reader = tcn_reader_of(plain);
    if (tcn_reader_u32(&reader) != FORM)
        return reader.failed ? TCN_E_CORRUPT : TCN_E_UNSUPPORTED;
    for (size_t i = 0; i < BODY_TEXTS; i++)
        *texts[i] = tcn_reader_field(&reader);
    return reader.failed || !tcn_reader_at_end(&reader) ? TCN_E_CORRUPT : 0;
}

int tcn_outbox_entry_of_row(tcn_packer *packer, sqlite3_stmt *stmt, tcn_buf *plain,
                            tcn_outbox_entry **ret)
{
    tcn_outbox_entry entry = {
        .id = (uint64_t)sqlite3_column_int64(stmt, 0),
        .action_index = (uint32_t)sqlite3_column_int64(stmt, 2),
        .attempt = (uint32_t)sqlite3_column_int64(stmt, 3),
        .created_at_us = sqlite3_column_int64(stmt, 4),
        .deadline_at_us = sqlite3_column_int64(stmt, 5),
        .block = tcn_db_bytes(stmt, 6),
        .progress = tcn_db_bytes(stmt, 7),
        .rendered = tcn_db_bytes(stmt, 9),
    };
    tcn_str invocation = tcn_db_bytes(stmt, 1);
    if (invocation.len != sizeof entry.invocation.bytes)
        return TCN_E_CORRUPT;
    memcpy(entry.invocation.bytes, invocation.ptr, invocation.len);
    int rc = tcn_unpack(packer, tcn_db_bytes(stmt, 8), entry.id, TCN_PACK_MAX, plain);
    if (rc >= 0)
        rc = tcn_outbox_entry_read(tcn_buf_str(plain), &entry);
    return rc < 0 ? rc : tcn_outbox_entry_make(&entry, ret);
}
