/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a store in a temporary folder with a loop of its own, and hand-made events,
 * firings and steps. Everything made here stands in the fixture's arena. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/store/store.h"

#define BASE_US INT64_C(1767225600000000) /* 2026-01-01T00:00:00Z */

typedef struct fixture {
    char folder[64];
    char path[96];
    uv_loop_t loop;
    tcn_store *store;
    tcn_arena arena;
    /* What the last commit gave. */
    bool has_answer;
    int status;
    tcn_outbox_entry *entries[1000];
    size_t count;
} fixture;

/* setup: a folder and an open store, sync normal. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

int fixture_open(fixture *f, enum tcn_store_sync sync, tcn_err *reterr);
void fixture_close(fixture *f);
void fixture_reopen(fixture *f);

/* Event number n: its id ends in n, it occurred n seconds after BASE_US and is on
 * resource "resource.<n % 10>". */
tcn_event *fixture_event(fixture *f, unsigned n, const char *name);
/* As the engine makes them: no source. */
tcn_event *fixture_emitted(fixture *f, unsigned n, const char *name, uint64_t position);
tcn_firing *fixture_firing(fixture *f, unsigned n);
tcn_uuid fixture_id(unsigned kind, unsigned n);
char *fixture_text(fixture *f, const char *fmt, ...) TCN_PRINTF(2, 3);

/* Commits and waits for the answer. Positions of the events are set. Returns the status.
 */
int fixture_commit(fixture *f, const tcn_store_step *step);
/* count events from number first on, named "test.event". */
int fixture_commit_events(fixture *f, unsigned first, unsigned count);
void fixture_free_entries(fixture *f);

/* Runs SQL on the closed store's file. */
void fixture_sql(fixture *f, const char *sql);
int64_t fixture_sql_number(fixture *f, const char *sql);

#endif
