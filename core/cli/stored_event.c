/* SPDX-License-Identifier: Apache-2.0 */
/* stored_event.c - the daemon cuts a page where it must and says where to go on. */
#include "core/cli/stored_event.h"

#include "core/base/uuid.h"
#include "core/event/decode.h"

/* One event alone may take 1.5 MB. */
#define PAGE_BYTES ((size_t)1 << 30)
#define QUERY_MAX  8192

void tcn_stored_query_add(tcn_buf *path, const char *name, const char *value)
{
    if (value == NULL)
        return;
    bool is_first = tcn_str_find(tcn_buf_str(path), TCN_STR("?")) == SIZE_MAX;
    (void)tcn_buf_printf(path, "%c%s=", is_first ? '?' : '&', name);
    (void)tcn_url_add_escaped(path, tcn_str_c(value));
}

static int ask_page(tcn_remote *remote, const char *path, tcn_fetch_reply *reply,
                    const char *after, tcn_err *reterr)
{
    tcn_buf page;
    tcn_buf_init(&page, QUERY_MAX);
    (void)tcn_buf_add_c(&page, path);
    tcn_stored_query_add(&page, "after", after);
    int rc = tcn_buf_status(&page);
    if (rc < 0)
        (void)tcn_err_set(reterr, rc, "the filter is too long");
    else
        rc = tcn_remote_ask(remote, "GET", page.ptr, (tcn_str){0}, "Tocsin-Next", reply,
                            reterr);
    tcn_buf_deinit(&page);
    return rc;
}

int tcn_stored_pages(tcn_remote *remote, const char *path,
                     int (*fn)(tcn_str lines, void *ud, tcn_err *reterr), void *ud,
                     tcn_err *reterr)
{
    tcn_fetch_reply reply = {0};
    tcn_buf_init(&reply.body, PAGE_BYTES);
    char after[sizeof reply.header] = "";
    bool is_last = false;
    int rc = 0;
    while (rc == 0 && !is_last) {
        rc = ask_page(remote, path, &reply, after[0] != '\0' ? after : NULL, reterr);
        memcpy(after, reply.header, sizeof after);
        is_last = after[0] == '\0';
        if (rc == 0)
            rc = fn(tcn_buf_str(&reply.body), ud, reterr);
    }
    tcn_buf_deinit(&reply.body);
    return rc;
}

int tcn_stored_each(tcn_str lines, void (*fn)(const tcn_event *event, void *ud), void *ud,
                    tcn_err *reterr)
{
    tcn_arena arena;
    tcn_arena_init(&arena, 0);
    tcn_str line;
    int rc = 0;
    while (rc == 0 && tcn_str_split(&lines, '\n', &line)) {
        tcn_event event;
        tcn_event_error wrong = {0};
        tcn_arena_reset(&arena, SIZE_MAX);
        if (line.len == 0)
            continue;
        rc = tcn_event_decode(line, &tcn_event_limits_default, &arena, &event, &wrong);
        if (rc == 0)
            fn(&event, ud);
        else
            (void)tcn_err_set(reterr, rc,
                              "the daemon sent an event that cannot be read: %s",
                              wrong.text);
    }
    tcn_arena_deinit(&arena);
    return rc;
}

static int keep_line(tcn_str lines, void *ud, tcn_err *reterr)
{
    tcn_buf *out = ud;
    tcn_str line;
    if (lines.len == 0 || !tcn_str_split(&lines, '\n', &line))
        return 0;
    int rc = tcn_buf_add_str(out, line);
    return rc < 0 ? tcn_err_set(reterr, rc, "%s", tcn_err_text(rc)) : 1;
}

int tcn_stored_event_get(tcn_remote *remote, const char *id, tcn_buf *out,
                         tcn_err *reterr)
{
    tcn_uuid parsed;
    if (!tcn_uuid_parse(tcn_str_c(id), &parsed))
        return tcn_err_set(reterr, TCN_E_INVALID, "\"%s\" is not the id of an event", id);
    tcn_buf path;
    tcn_buf_init(&path, QUERY_MAX);
    (void)tcn_buf_add_c(&path, "/tocsin/events");
    tcn_stored_query_add(&path, "id", id);
    int rc = tcn_buf_status(&path);
    if (rc == 0)
        rc = tcn_stored_pages(remote, path.ptr, keep_line, out, reterr);
    tcn_buf_deinit(&path);
    if (rc == 0)
        return tcn_err_set(reterr, TCN_E_NOT_FOUND, "the daemon's log holds no event %s",
                           id);
    return rc < 0 ? rc : 0;
}
