/* SPDX-License-Identifier: Apache-2.0 */
/* event_file.c - one batch at a time; in live play a batch is what is due. */
#include "core/cli/event_file.h"

#include <stdio.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/datetime.h"
#include "core/cli/cli.h"
#include "core/cli/event_line.h"
#include "core/event/decode.h"

#define FILE_BYTES   ((size_t)1 << 30)
#define BATCH_EVENTS 500
#define BATCH_BYTES  ((size_t)2 << 20)
/* One event may be as large as the daemon takes. */
#define BATCH_LIMIT ((size_t)8 << 20)

typedef struct player {
    tcn_remote *remote;
    const char *path;
    bool is_live;
    tcn_buf file, batch;
    tcn_fetch_reply reply;
    tcn_arena arena;
    size_t in_batch, sent;
    uint32_t line;
    bool has_origin;
    int64_t origin_us, start_us; /* of the first event: as recorded, and now */
    tcn_uuid salt;               /* makes this play's ids different from the last one's */
} player;

static int flush(player *p, tcn_err *reterr)
{
    if (p->in_batch == 0)
        return 0;
    int rc = tcn_buf_add_char(&p->batch, ']');
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    rc = tcn_remote_ask(p->remote, "POST", "/events", tcn_buf_str(&p->batch), NULL,
                        &p->reply, reterr);
    if (rc < 0)
        return rc;
    p->sent += p->in_batch;
    p->in_batch = 0;
    tcn_buf_reset(&p->batch);
    return 0;
}

static int add(player *p, tcn_str json, const tcn_event *event, tcn_err *reterr)
{
    tcn_buf_add_char(&p->batch, p->in_batch == 0 ? '[' : ',');
    if (event != NULL)
        tcn_event_encode(event, &p->batch);
    else
        tcn_buf_add_str(&p->batch, json);
    int rc = tcn_buf_status(&p->batch);
    if (rc < 0)
        return tcn_err_set(reterr, rc, "%s", tcn_err_text(rc));
    p->in_batch++;
    if (p->in_batch == BATCH_EVENTS || p->batch.len > BATCH_BYTES)
        return flush(p, reterr);
    return 0;
}

/* The same old id gives the same new one, so "follows" still points at its leader. */
static tcn_uuid renewed(const player *p, const tcn_uuid *id)
{
    tcn_uuid name[2] = {p->salt, *id};
    return tcn_uuid_v5(name, sizeof name);
}

static void sleep_us(int64_t us)
{
    struct timespec left = {us / TCN_SECOND_US, us % TCN_SECOND_US * 1000};
    while (nanosleep(&left, &left) != 0) {
    }
}

static int play(player *p, tcn_event *event, tcn_err *reterr)
{
    if (!p->has_origin) {
        p->has_origin = true;
        p->origin_us = event->occurred_at_us;
        p->start_us = tcn_clock_wall_us();
    }
    event->occurred_at_us += p->start_us - p->origin_us;
    event->id = renewed(p, &event->id);
    if (event->has_follows)
        event->follows = renewed(p, &event->follows);
    int64_t wait_us = event->occurred_at_us - tcn_clock_wall_us();
    int rc = 0;
    if (wait_us > 0) {
        rc = flush(p, reterr);
        sleep_us(wait_us);
    }
    if (rc >= 0)
        tcn_event_line_print(event);
    return rc < 0 ? rc : add(p, (tcn_str){0}, event, reterr);
}

static int say_wrong(const player *p, const tcn_event_error *wrong, tcn_err *reterr)
{
    tcn_err_set(reterr, TCN_E_INVALID, "%s%s%s", wrong->path,
                wrong->path[0] != '\0' ? ": " : "", wrong->text);
    if (reterr != NULL)
        reterr->line = p->line;
    tcn_err_source(reterr, p->path);
    return TCN_E_INVALID;
}

/* Calls visit for each line that is not blank. */
static int each_event(player *p, int (*visit)(player *p, tcn_str json, tcn_err *reterr),
                      tcn_err *reterr)
{
    tcn_str rest = tcn_buf_str(&p->file), line;
    p->line = 0;
    while (tcn_str_split(&rest, '\n', &line)) {
        p->line++;
        line = tcn_str_trim(line);
        int rc = line.len > 0 ? visit(p, line, reterr) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int decode(player *p, tcn_str json, tcn_event *ret, tcn_err *reterr)
{
    tcn_event_error wrong = {0};
    tcn_arena_reset(&p->arena, SIZE_MAX);
    int rc = tcn_event_decode(json, &tcn_event_limits_default, &p->arena, ret, &wrong);
    if (rc == TCN_E_NOMEM)
        return tcn_err_set(reterr, rc, "out of memory");
    return rc < 0 ? say_wrong(p, &wrong, reterr) : 0;
}

static int check_line(player *p, tcn_str json, tcn_err *reterr)
{
    tcn_event event;
    return decode(p, json, &event, reterr);
}

static int send_line(player *p, tcn_str json, tcn_err *reterr)
{
    if (!p->is_live)
        return add(p, json, NULL, reterr);
    tcn_event event;
    int rc = decode(p, json, &event, reterr);
    return rc < 0 ? rc : play(p, &event, reterr);
}

int tcn_event_file_send(tcn_remote *remote, const char *path, bool is_live, size_t *count,
                        tcn_err *reterr)
{
    player p = {
        .remote = remote, .path = path, .is_live = is_live, .salt = tcn_uuid_v4()};
    tcn_buf_init(&p.file, FILE_BYTES);
    tcn_buf_init(&p.batch, BATCH_LIMIT);
    tcn_buf_init(&p.reply.body, BATCH_LIMIT);
    tcn_arena_init(&p.arena, 0);
    int rc = tcn_cli_read_file(path, &p.file, reterr);
    if (rc >= 0)
        rc = each_event(&p, check_line, reterr);
    if (rc >= 0)
        rc = each_event(&p, send_line, reterr);
    if (rc >= 0)
        rc = flush(&p, reterr);
    *count += p.sent;
    tcn_arena_deinit(&p.arena);
    tcn_buf_deinit(&p.reply.body);
    tcn_buf_deinit(&p.batch);
    tcn_buf_deinit(&p.file);
    return rc;
}
