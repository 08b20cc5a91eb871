/* SPDX-License-Identifier: Apache-2.0 */
/* support.h - what the tests of the dispatcher share: a clock that stands still, blocks
 * that remember what they were given and answer when told, and rows as the store makes
 * them. It takes the place of the room of plugins: its functions are defined here. */
#ifndef TCN_TEST_ACTION_SUPPORT_H
#define TCN_TEST_ACTION_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <tocsin/plugin.h>

#include "core/action/dispatcher_int.h"
#include "core/base/alloc.h"
#include "core/base/datetime.h"

#define SENT_MAX    4096
#define REPORTS_MAX 20000
#define BLOCKS_MAX  200

/* One delivery that a block was given. */
typedef struct sent {
    uint64_t number; /* counts over all blocks */
    tcn_uuid invocation;
    uint32_t attempt, severity, timeout_ms;
    char subject[160], body[400], payload[400], action[40], event_name[80], progress[40];
} sent;

struct tcn_delivery {
    tcn_list link;
    tcn_block *block;
    tcn_delivery_cb cb;
    void *ud;
};

struct tcn_block {
    tcn_block_info info;
    bool has_webhook;
    bool answers_at_once; /* with answer, before tcn_block_send returns */
    int send_rc;          /* negative: deliveries are not accepted */
    tcn_delivery_result answer;
    sent sent[SENT_MAX];
    size_t sent_count;
    tcn_list open; /* tcn_delivery, the oldest first */
};

/* The blocks of a test are those of its plugins. */
struct tcn_blocks {
    tcn_plugins *plugins;
};
struct tcn_plugins {
    tcn_block *blocks[BLOCKS_MAX];
    size_t count;
    uint64_t sends;
};

typedef struct fixture {
    uv_loop_t loop;
    tcn_plugins plugins;
    tcn_dispatcher *dispatcher;
    tcn_report *reports[REPORTS_MAX];
    size_t report_count;
    uint64_t next_id;
    bool is_closed;
} fixture;

/* A row to be queued; what is NULL or 0 gets a value. */
typedef struct row_spec {
    const char *block, *action; /* action: JSON */
    const char *event, *emitted, *firing, *automation;
    const char *progress, *rendered;
    uint32_t action_index, attempt;
    int64_t next_in_us, deadline_in_us; /* from now */
} row_spec;

extern const char notification[]; /* actions with plain texts */
extern const char webhook[];
extern const char failed_event[]; /* of a flow run of a deployment */

fixture *fixture_new(void);
/* Closes the dispatcher, ends what is in flight, frees everything. */
void fixture_free(fixture *f);
int setup(void **state);
int teardown(void **state);
/* For tcn_dispatcher_close: ud is a bool that becomes true. */
void note_closed(void *ud);

/* A ready block that notifies and takes webhooks, four at a time; its destination is its
 * own. */
tcn_block *add_block(fixture *f, const char *name);
/* A row as the store hands it over; it gets the next id. */
tcn_outbox_entry *make_entry(fixture *f, row_spec row);
/* Queues a row and lets the loop turn. Returns its id. */
uint64_t queue(fixture *f, row_spec row);
/* The loop turns until there is nothing to do at this instant. */
void settle(fixture *f);
/* Time passes in one go. */
void pass(fixture *f, int64_t us);
/* Time passes from one thing that is due to the next. */
void pass_slowly(fixture *f, int64_t us);

/* The block's oldest open delivery ends so. */
void answer(fixture *f, tcn_block *block, uint32_t status, uint32_t cause, int32_t code,
            const char *reason);
void answer_done(fixture *f, tcn_block *block);
/* The server's fault: HTTP 500. */
void answer_retry(fixture *f, tcn_block *block);
void answer_retry_after(fixture *f, tcn_block *block, int64_t retry_after_ms);
size_t open_count(const tcn_block *block);

const tcn_report *last_report(const fixture *f);
/* The report about that row, from the end; NULL when there is none. */
const tcn_report *report_of(const fixture *f, uint64_t id);
bool text_is(tcn_str text, const char *expected);

/* Wall and monotonic time of the tests. */
extern int64_t test_now_us, test_mono_us;

#endif
