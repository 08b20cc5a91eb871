/* SPDX-License-Identifier: Apache-2.0 */
/* test_store_faults.c - kills, full disks, foreign locks and damage. What was reported is
 * there; what was not reported did not happen or happened whole. */
#include "fixture.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- kill -9 ---- */

/* In a child: commits event after event, batch after batch, with an action each, and
 * reports each commit by writing the number of the next event. Never returns. */
static void commit_until_killed(fixture *f, unsigned next, enum tcn_store_sync sync,
                                int report)
{
    tcn_err err = {0};
    if (fixture_open(f, sync, &err) < 0)
        _exit(1);
    for (unsigned size = 1;; size = size % 7 + 1) {
        const tcn_event *events[8];
        for (unsigned i = 0; i < size; i++)
            events[i] = fixture_event(f, next + i, "test.event");
        tcn_step outcome = {0};
        tcn_outbox_new action = {.firing = fixture_firing(f, next)};
        tcn_store_step step = {
            .events = events,
            .event_count = size,
            .outcome = &outcome,
            .actions = &action,
            .action_count = 1,
        };
        if (fixture_commit(f, &step) < 0)
            _exit(2);
        next += size;
        if (write(report, &next, sizeof next) != sizeof next)
            _exit(3);
        tcn_arena_reset(&f->arena, 1 << 20);
    }
}

typedef struct tally {
    unsigned events, records;
} tally;

static int count_in_order(const tcn_store_record *record, void *ud)
{
    tally *t = ud;
    for (size_t i = 0; i < record->event_count; i++) {
        tcn_uuid expected = fixture_id(1, t->events++);
        assert_true(tcn_uuid_eq(&record->events[i].id, &expected));
    }
    t->records++;
    return 0;
}

/* Lets a child commit until it reported some commits, kills it, and counts what is there.
 */
static unsigned kill_one(fixture *f, unsigned next, enum tcn_store_sync sync,
                         unsigned reports)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        close(pipes[0]);
        commit_until_killed(f, next, sync, pipes[1]);
    }
    close(pipes[1]);
    unsigned reported = next;
    for (unsigned i = 0; i < reports; i++)
        assert_int_equal(read(pipes[0], &reported, sizeof reported), sizeof reported);
    kill(pid, SIGKILL);
    while (read(pipes[0], &reported, sizeof reported) == sizeof reported)
        continue; /* what it said before it died counts as well */
    waitpid(pid, NULL, 0);
    close(pipes[0]);

    tcn_err err = {0};
    assert_int_equal(fixture_open(f, sync, &err), 0);
    tally t = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, count_in_order, &t, &err), 0);
    assert_in_range(t.events, reported, reported + 7);
    assert_int_equal(tcn_store_next_sequence(f->store), t.records + 1);
    tcn_store_counts counts;
    tcn_store_counts_get(f->store, &counts);
    assert_int_equal(counts.outbox_queued, t.records);
    fixture_close(f);
    return t.events;
}

static void a_kill_loses_nothing_reported(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    unsigned next = 0;
    for (unsigned round = 0; round < 30; round++) {
        enum tcn_store_sync sync = round % 3 == 0 ? TCN_STORE_FULL : TCN_STORE_NORMAL;
        next = kill_one(f, next, sync, 1 + round * 7 % 40);
    }
}

static void a_kill_before_the_first_commit_leaves_nothing_behind(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 3), 0);
    fixture_close(
        f); /* the WAL goes, and the next one begins with its full size in zeros */
    for (int round = 0; round < 2; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            tcn_err err = {0};
            _exit(fixture_open(f, TCN_STORE_FULL, &err) == 0 ? 0 : 1);
        }
        int status = -1;
        waitpid(pid, &status, 0);
        assert_int_equal(status, 0);
        struct stat info;
        assert_int_equal(stat(fixture_text(f, "%s-wal", f->path), &info), 0);
        assert_in_range(info.st_size, 4 << 20, 8 << 20);
    }
    tcn_err err = {0};
    tally t = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_FULL, &err), 0);
    assert_int_equal(tcn_store_replay(f->store, 0, count_in_order, &t, &err), 0);
    assert_int_equal(t.events, 3);
    assert_int_equal(fixture_commit_events(f, 3, 3), 0);
    fixture_reopen(f);
    t = (tally){0};
    assert_int_equal(tcn_store_replay(f->store, 0, count_in_order, &t, &err), 0);
    assert_int_equal(t.events, 6);
}

/* ---- a full disk ---- */

/* A file that may not grow: EFBIG, which SQLite reports as a failed write. */
static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Commits until it fails, and then some more; returns the number of the first event that
 * is not in the store. */
static unsigned commit_until_full(fixture *f, int *ret_code)
{
    unsigned next = 0;
    int rc = 0;
    while (next < 30000) {
        rc = fixture_commit_events(f, next, 3);
        if (rc < 0)
            break;
        next += 3;
    }
    uint64_t sequence = tcn_store_next_sequence(f->store);
    for (int i = 0; i < 5; i++)
        assert_int_equal(fixture_commit_events(f, next, 3), rc);
    assert_int_equal(tcn_store_next_sequence(f->store), sequence);
    assert_int_equal(f->count, 0);
    *ret_code = rc;
    return next;
}

static void assert_goes_on(fixture *f, unsigned next)
{
    assert_int_equal(fixture_commit_events(f, next, 3), 0);
    fixture_reopen(f);
    tally t = {0};
    tcn_err err = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, count_in_order, &t, &err), 0);
    assert_int_equal(t.events, next + 3);
}

static void a_file_that_may_not_grow_fails_the_step_and_only_it(void **state)
{
    fixture *f = *state;
    (void)signal(SIGXFSZ, SIG_IGN);
    set_file_limit(300000);
    int rc = 0;
    unsigned next = commit_until_full(f, &rc);
    assert_true(rc == TCN_E_FULL || rc == TCN_E_IO);
    set_file_limit(RLIM_INFINITY);
    assert_goes_on(f, next);
}

static void a_full_disk_fails_the_step_and_only_it(void **state)
{
    fixture *f = *state;
    char kept[sizeof f->path];
    memcpy(kept, f->path, sizeof kept);
    const char *disk = fixture_text(f, "%s/disk", f->folder);
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("none", disk, "tmpfs", 0, "size=1m") != 0) {
        print_message("skipped: a small disk cannot be mounted (%s)\n", strerror(errno));
        (void)rmdir(disk);
        skip();
    }
    fixture_close(f);
    snprintf(f->path, sizeof f->path, "%s/t.db", disk);
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    int rc = 0;
    unsigned next = commit_until_full(f, &rc);
    assert_int_equal(rc, TCN_E_FULL);
    assert_int_equal(mount("none", disk, "tmpfs", MS_REMOUNT, "size=16m"), 0);
    assert_goes_on(f, next);
    fixture_close(f);
    assert_int_equal(umount(disk), 0);
    (void)rmdir(disk);
    memcpy(f->path, kept, sizeof kept);
}

static void a_failed_step_queues_and_ends_nothing(void **state)
{
    fixture *f = *state;
    (void)signal(SIGXFSZ, SIG_IGN);
    tcn_step outcome = {0};
    tcn_outbox_new action = {.invocation = fixture_id(6, 1),
                             .firing = fixture_firing(f, 1)};
    tcn_outbox_result result = {
        .id = 1,
        .invocation = fixture_id(6, 1),
        .outcome = TCN_OUTBOX_DONE,
    };
    tcn_store_step step = {.outcome = &outcome, .actions = &action, .action_count = 1};
    assert_int_equal(fixture_commit(f, &step), 0);
    step.results = &result;
    step.result_count = 1;
    set_file_limit(4096);
    assert_true(fixture_commit(f, &step) < 0);
    set_file_limit(RLIM_INFINITY);
    tcn_store_counts counts;
    tcn_store_counts_get(f->store, &counts);
    assert_int_equal(counts.outbox_queued, 1);
    assert_int_equal(counts.commit_errors, 1);
    assert_int_equal(fixture_commit(f, &step), 0);
    assert_int_equal(f->entries[0]->id, 2);
    tcn_store_counts_get(f->store, &counts);
    assert_int_equal(counts.outbox_queued, 1);
}

/* ---- another program that locks the file ---- */

static void waits_for_a_lock_and_gives_up(void **state)
{
    fixture *f = *state;
    assert_int_equal(fixture_commit_events(f, 0, 1), 0);
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(fixture_commit_events(f, 1, 1), TCN_E_IO);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(fixture_commit_events(f, 1, 1), 0);
}

/* ---- damage ---- */

static void assert_replay_refuses(fixture *f, const char *damage, unsigned record)
{
    fixture_close(f);
    fixture_sql(f, damage);
    tcn_err err = {0};
    assert_int_equal(fixture_open(f, TCN_STORE_NORMAL, &err), 0);
    tally t = {0};
    assert_int_equal(tcn_store_replay(f->store, 0, count_in_order, &t, &err),
                     TCN_E_CORRUPT);
    assert_int_equal(t.records, record - 1);
    assert_string_equal(
        err.text,
        fixture_text(f,
                     "log record %u of %s is damaged: put back a copy of the file, "
                     "or move it away to begin a new store",
                     record, f->path));
}

static void replay_finds_damage(void **state)
{
    fixture *f = *state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fixture_commit_events(f, i * 20, 20), 0);
    assert_replay_refuses(f,
                          "UPDATE log SET body = CAST(substr(body, 1, 60) || x'00' ||"
                          " substr(body, 62) AS BLOB) WHERE sequence = 5",
                          5);
    assert_replay_refuses(f, "UPDATE log SET received_last = 0 WHERE sequence = 4", 4);
    assert_replay_refuses(
        f,
        "UPDATE log SET body = (SELECT body FROM log WHERE sequence = 1)"
        " WHERE sequence = 3",
        3);
    assert_replay_refuses(f, "DELETE FROM log WHERE sequence = 2", 2);
}

/* What is left of the log, as a process sees it that dies without closing, so that the
 * files stay as they were. */
static unsigned count_apart(fixture *f)
{
    unsigned count = UINT_MAX;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        tcn_err err = {0};
        tally t = {0};
        bool is_whole = fixture_open(f, TCN_STORE_NORMAL, &err) == 0 &&
                        tcn_store_replay(f->store, 0, count_in_order, &t, &err) == 0 &&
                        tcn_store_next_sequence(f->store) == t.records + 1;
        count = t.records;
        _exit(is_whole && write(pipes[1], &count, sizeof count) > 0 ? 0 : 1);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &count, sizeof count), sizeof count);
    close(pipes[0]);
    waitpid(pid, NULL, 0);
    return count;
}

static void a_wal_cut_anywhere_gives_a_prefix(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0)
        commit_until_killed(f, 0, TCN_STORE_NORMAL, pipes[1]);
    close(pipes[1]);
    unsigned reported = 0;
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(read(pipes[0], &reported, sizeof reported), sizeof reported);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(pipes[0]);

    const char *wal = fixture_text(f, "%s-wal", f->path);
    FILE *file = fopen(wal, "rb");
    assert_non_null(file);
    static char bytes[8 << 20];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    unsigned last = UINT_MAX - 1;
    for (size_t len = size; len > 0; len = len > size / 23 ? len - size / 23 : 0) {
        file = fopen(wal, "wb");
        assert_int_equal(fwrite(bytes, 1, len, file), len);
        (void)fclose(file);
        (void)unlink(fixture_text(f, "%s-shm", f->path));
        unsigned records = count_apart(f);
        assert_in_range(records, 0, last);
        last = records;
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_kill_loses_nothing_reported, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_kill_before_the_first_commit_leaves_nothing_behind,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_file_that_may_not_grow_fails_the_step_and_only_it,
                                    fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_full_disk_fails_the_step_and_only_it, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(a_failed_step_queues_and_ends_nothing, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(waits_for_a_lock_and_gives_up, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(replay_finds_damage, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(a_wal_cut_anywhere_gives_a_prefix, fixture_setup,
                                    fixture_teardown),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
