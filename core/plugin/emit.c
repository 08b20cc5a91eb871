/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c - an event is checked on the thread that emits it, so that the plugin learns at
 * once what is wrong; what is missing of id and occurred is written into its text. How
 * many firings led to it is known from what the thread is doing: an event that leads to
 * another of its kind is refused after a while. */
#include "core/plugin/emit.h"

#include <stdio.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/event/decode.h"
#include "core/plugin/host.h"

#define EMITS_PER_SECOND 100
#define CHAIN_MAX        8

static int32_t refuse(tocsin_error *reterr, int32_t code, const char *key,
                      const char *text)
{
    tcn_host_error(reterr, code, key, text);
    return code;
}

static bool may_emit(tocsin_self *self)
{
    int64_t second = tcn_clock_mono_ms() / 1000;
    uv_mutex_lock(&self->plugins->lock);
    if (second != self->emit_second) {
        self->emit_second = second;
        self->emits = 0;
    }
    bool is_allowed = self->emits < EMITS_PER_SECOND;
    self->emits += is_allowed;
    uv_mutex_unlock(&self->plugins->lock);
    return is_allowed;
}

/* ---- the text ---- */

/* Writes a member in front of the others. false: there are none, or it is no object. */
static bool put_member(tcn_buf *text, const char *member)
{
    tcn_str whole = tcn_buf_str(text);
    size_t open = 0;
    while (open < whole.len && strchr(" \t\r\n", whole.ptr[open]) != NULL)
        open++;
    if (open == whole.len || whole.ptr[open] != '{')
        return false;
    tcn_buf longer;
    tcn_buf_init(&longer, text->limit);
    (void)tcn_buf_printf(&longer, "{%s,", member);
    (void)tcn_buf_add(&longer, whole.ptr + open + 1, whole.len - open - 1);
    bool is_good = tcn_buf_status(&longer) == 0;
    if (!is_good) {
        tcn_buf_deinit(&longer);
        return false;
    }
    tcn_buf_deinit(text);
    *text = longer;
    return true;
}

static bool put_missing(tcn_buf *text, const char *path)
{
    char member[320], value[TCN_DATETIME_TEXT + TCN_UUID_TEXT];
    if (strcmp(path, "id") == 0) {
        tcn_uuid id = tcn_uuid_v4();
        (void)tcn_uuid_format(&id, value);
    } else if (strcmp(path, "occurred") == 0) {
        (void)tcn_datetime_format(tcn_clock_wall_us(), value);
    } else {
        return false;
    }
    (void)snprintf(member, sizeof member, "\"%s\":\"%s\"", path, value);
    return put_member(text, member);
}

/* The event as the door will read it. */
static int32_t complete(tcn_buf *text, tocsin_error *reterr)
{
    tcn_arena arena;
    tcn_event event;
    tcn_event_error err = {0};
    tcn_arena_init(&arena, (size_t)16 << 20);
    int rc;
    do {
        tcn_arena_reset(&arena, SIZE_MAX);
        err = (tcn_event_error){0};
        rc = tcn_event_decode(tcn_buf_str(text), &tcn_event_limits_default, &arena,
                              &event, &err);
    } while (rc < 0 && err.type != NULL && strcmp(err.type, "missing") == 0 &&
             put_missing(text, err.path));
    tcn_arena_deinit(&arena);
    if (rc == 0)
        return TOCSIN_OK;
    if (rc == TCN_E_NOMEM)
        return TOCSIN_E_NOMEM;
    char why[460];
    (void)snprintf(why, sizeof why, "%s%s%s", err.path, err.path[0] != '\0' ? ": " : "",
                   err.text);
    return refuse(reterr, err.is_too_large ? TOCSIN_E_LIMIT : TOCSIN_E_INVALID, "", why);
}

/* ---- the door ---- */

static int32_t hand_in(tcn_plugins *plugins, tcn_str event, uint16_t depth,
                       tocsin_error *reterr)
{
    if (!tcn_plugins_on_loop(plugins))
        return tcn_posts_emit(&plugins->posts, plugins, event, depth) < 0 ? TOCSIN_E_NOMEM
                                                                          : TOCSIN_OK;
    int rc = plugins->emit(event, depth, plugins->emit_ud);
    if (rc == 0)
        return TOCSIN_OK;
    return refuse(reterr, rc == TCN_E_NOMEM ? TOCSIN_E_NOMEM : TOCSIN_E_BUSY, "",
                  "the daemon does not take events now");
}

void tcn_plugin_emit_receive(tcn_plugins *plugins, tcn_str event, uint16_t depth)
{
    int rc = plugins->emit(event, depth, plugins->emit_ud);
    if (rc < 0)
        tcn_log_write(plugins->log, TCN_LOG_WARNING, "plugin",
                      "an event that a plugin emitted is lost: %s", tcn_err_text(rc));
}

int32_t tcn_plugin_emit(tocsin_self *self, tocsin_str event, tocsin_error *reterr)
{
    tcn_plugins *plugins = self->plugins;
    if (event.ptr == NULL)
        return TOCSIN_E_INVALID;
    if (plugins->emit == NULL)
        return refuse(reterr, TOCSIN_E_UNSUPPORTED, "", "no events are taken in here");
    uint16_t depth = tcn_notes_depth(&plugins->notes);
    if (depth > CHAIN_MAX)
        return refuse(reterr, TOCSIN_E_LIMIT, "",
                      "this event follows from too many others that plugins emitted");
    if (!may_emit(self))
        return refuse(reterr, TOCSIN_E_LIMIT, "", "more than 100 events in a second");
    tcn_buf text;
    tcn_buf_init(&text, tcn_event_limits_default.event_size + 200);
    int32_t rc = tcn_buf_add(&text, event.ptr, event.len) < 0
                     ? refuse(reterr, TOCSIN_E_LIMIT, "", "the event is too large")
                     : complete(&text, reterr);
    if (rc == TOCSIN_OK)
        rc = hand_in(plugins, tcn_buf_str(&text), depth, reterr);
    tcn_buf_deinit(&text);
    return rc;
}
