/* SPDX-License-Identifier: Apache-2.0 */
/* test_worker.c - send on threads of the instance's own, with a plugin that waits at a
 * gate (a pipe) for as long as a test wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"
#include "tests/unit/folder.h"

#include "core/base/clock.h"
#include "core/plugin/instance.h"
#include "core/plugin/worker.h"

typedef struct fixture {
    rig rig;
    folder folder;
    int gate; /* each byte lets one send through */
    char options[600];
} fixture;

static int set_up(void **state)
{
    static fixture f;
    rig_start(&f.rig);
    rig_load(&f.rig, TEST_PLUGIN_DIR "/puppet.so");
    rig_load(&f.rig, TEST_PLUGIN_DIR "/prepared_puppet.so");
    f.rig.plugins->times.cancel_ms = 20;
    f.rig.plugins->times.stop_ms = 50;
    folder_make(&f.folder);
    assert_int_equal(mkfifo(folder_path(&f.folder, "gate"), 0600), 0);
    f.gate = open(folder_path(&f.folder, "gate"), O_RDWR | O_CLOEXEC);
    assert_true(f.gate >= 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    (void)rig_stop(&f->rig);
    (void)close(f->gate);
    folder_remove(&f->folder);
    return 0;
}

static void open_gate(fixture *f, size_t times)
{
    for (size_t i = 0; i < times; i++)
        assert_int_equal(write(f->gate, "x", 1), 1);
}

/* A block whose sends wait at the gate. */
static tcn_block *gated(fixture *f, const char *plugin, int workers, int queue)
{
    (void)snprintf(
        f->options, sizeof f->options,
        "{\"send\": \"gate\", \"gate\": \"%s\", \"workers\": %d, \"queue\": %d, "
        "\"text\": \"{{ subject }}\"}",
        folder_path(&f->folder, "gate"), workers, queue);
    return rig_block(&f->rig, plugin, f->options);
}

static json_int_t count(const tocsin_self *self, const char *what)
{
    json_t *status = tcn_workers_status(self->workers);
    json_int_t value = json_integer_value(json_object_get(status, what));
    json_decref(status);
    return value;
}

static void wait_for(const tocsin_self *self, const char *what, json_int_t value)
{
    int64_t until_ms = tcn_clock_mono_ms() + 10000;
    while (count(self, what) != value) {
        if (tcn_clock_mono_ms() > until_ms)
            fail_msg("%s is not %d within 10 s", what, (int)value);
        (void)usleep(200);
    }
}

static tcn_delivery *send_one(tcn_block *block, uint32_t timeout_ms, outcome *out)
{
    tcn_message message = rig_message();
    tcn_delivery *delivery = NULL;
    *out = (outcome){0};
    message.timeout_ms = timeout_ms;
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, out, &delivery), 0);
    return delivery;
}

static void send_runs_on_a_thread_that_the_loop_keeps_its_services_from(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *block = rig_block(&f->rig, "puppet", "{\"workers\": 2}");
    outcome out = rig_send(&f->rig, block, &message);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_non_null(strstr(rig_log(&f->rig), "block b: on a worker"));
}

static size_t threads_named(const char *name)
{
    size_t found = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char path[300], comm[32] = "";
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        (void)fgets(comm, sizeof comm, file);
        (void)fclose(file);
        found += strcmp(comm, name) == 0;
    }
    (void)closedir(tasks);
    return found;
}

/* A thread takes its name when it runs, and is seen for a moment after its end. */
static void wait_for_threads(const char *name, size_t count)
{
    int64_t until_ms = tcn_clock_mono_ms() + 10000;
    while (threads_named(name) != count && tcn_clock_mono_ms() < until_ms)
        (void)usleep(200);
    assert_int_equal(threads_named(name), count);
}

static void its_threads_have_its_name_and_end_with_it(void **state)
{
    fixture *f = *state;
    (void)rig_block(&f->rig, "puppet", "{\"workers\": 3}");
    wait_for_threads("sink:b\n", 3);
    (void)rig_stop(&f->rig);
    wait_for_threads("sink:b\n", 0);
    rig_start(&f->rig);
}

static void numbers_out_of_bounds_are_refused(void **state)
{
    static const char *const rows[] = {
        "\"workers\": 17",
        "\"workers\": 1, \"queue\": 0",
        "\"workers\": 1, \"queue\": 1025",
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(rows); i++) {
        char document[200];
        (void)snprintf(document, sizeof document,
                       "{\"name\": \"x\", \"type\": \"puppet\", \"options\": {%s}}",
                       rows[i]);
        assert_string_equal(rig_problems(&f->rig, document),
                            "options: use_workers was refused");
    }
}

static void a_create_that_fails_ends_its_threads(void **state)
{
    fixture *f = *state;
    assert_string_equal(
        rig_problems(&f->rig, "{\"name\": \"x\", \"type\": \"puppet\", \"options\": "
                              "{\"workers\": 4, \"life\": \"create_fails\"}}"),
        "options.life: wants to fail");
    wait_for_threads("sink:x\n", 0);
}

static void prepare_renders_what_a_worker_sends(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *block = rig_block(&f->rig, "prepared-puppet",
                                 "{\"workers\": 1, \"text\": \"<{{ subject }}>\"}");
    assert_string_equal(rig_send(&f->rig, block, &message).reason,
                        "<Flow run \"x\" failed>");
}

static void prepare_runs_on_the_loop_before_send_too(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *block =
        rig_block(&f->rig, "prepared-puppet", "{\"text\": \"<{{ severity }}>\"}");
    assert_string_equal(rig_send(&f->rig, block, &message).reason, "<failure>");
}

static void what_prepare_refuses_is_not_sent(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *block = rig_block(&f->rig, "prepared-puppet",
                                 "{\"workers\": 1, \"prepare\": \"refuse\"}");
    outcome out = rig_send(&f->rig, block, &message);
    assert_string_equal(out.reason, "not prepared for that");
    assert_int_equal(out.status, TOCSIN_FAIL);
    assert_int_equal(out.cause, TOCSIN_CAUSE_REJECTED);
}

static void what_prepare_ends_is_not_sent(void **state)
{
    fixture *f = *state;
    tcn_message message = rig_message();
    tcn_block *block =
        rig_block(&f->rig, "prepared-puppet", "{\"workers\": 1, \"prepare\": \"done\"}");
    assert_int_equal(rig_send(&f->rig, block, &message).status, TOCSIN_DONE);
    assert_null(strstr(rig_log(&f->rig), "twice"));
}

static void a_full_queue_is_a_retry(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "puppet", 1, 2);
    outcome out[4];
    (void)send_one(block, 9000, &out[0]);
    wait_for(block->self, "busy", 1);
    (void)send_one(block, 9000, &out[1]);
    (void)send_one(block, 9000, &out[2]);
    assert_int_equal(count(block->self, "queued"), 2);
    assert_null(send_one(block, 9000, &out[3]));
    assert_int_equal(out[3].status, TOCSIN_RETRY);
    assert_string_equal(out[3].reason, "every worker is busy and their queue is full");
    open_gate(f, 3);
    for (int i = 0; i < 3; i++) {
        rig_wait(&f->rig, &out[i].is_done);
        assert_int_equal(out[i].status, TOCSIN_DONE);
    }
}

static void workers_send_at_the_same_time(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "puppet", 3, 8);
    outcome out[3];
    for (int i = 0; i < 3; i++)
        (void)send_one(block, 9000, &out[i]);
    wait_for(block->self, "busy", 3);
    open_gate(f, 3);
    for (int i = 0; i < 3; i++)
        rig_wait(&f->rig, &out[i].is_done);
}

static void a_waiting_delivery_ends_as_soon_as_it_is_canceled(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "puppet", 1, 2);
    outcome first, second;
    (void)send_one(block, 9000, &first);
    wait_for(block->self, "busy", 1);
    tcn_delivery_cancel(send_one(block, 9000, &second));
    assert_int_equal(second.calls, 1);
    assert_int_equal(second.cause, TOCSIN_CAUSE_CANCELED);
    assert_string_equal(second.reason, "canceled before a worker was free");
    assert_int_equal(count(block->self, "queued"), 0);
    open_gate(f, 1);
    rig_wait(&f->rig, &first.is_done);
}

static void a_waiting_delivery_ends_when_its_time_is_over(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "puppet", 1, 2);
    outcome first, second;
    (void)send_one(block, 9000, &first);
    wait_for(block->self, "busy", 1);
    (void)send_one(block, 10, &second);
    rig_wait(&f->rig, &second.is_done);
    assert_int_equal(second.cause, TOCSIN_CAUSE_TIMEOUT);
    assert_string_equal(second.reason, "no answer within 10 ms");
    open_gate(f, 1);
    rig_wait(&f->rig, &first.is_done);
}

static void a_prepared_delivery_reaches_send_though_it_is_canceled(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "prepared-puppet", 1, 2);
    outcome first, second;
    f->rig.plugins->times.cancel_ms = 9000;
    (void)send_one(block, 9000, &first);
    wait_for(block->self, "busy", 1);
    tcn_delivery_cancel(send_one(block, 9000, &second));
    assert_false(second.is_done);
    open_gate(f, 1);
    rig_wait(&f->rig, &second.is_done);
    assert_int_equal(second.status, TOCSIN_RETRY);
    assert_int_equal(second.cause, TOCSIN_CAUSE_CANCELED);
    assert_int_equal(first.status, TOCSIN_DONE);
}

static void a_worker_that_comes_back_late_is_used_again(void **state)
{
    fixture *f = *state;
    tcn_block *block = gated(f, "puppet", 1, 2);
    outcome out;
    (void)send_one(block, 10, &out);
    wait_for(block->self, "busy", 1);
    rig_wait(&f->rig, &out.is_done);
    assert_int_equal(out.status, TOCSIN_RETRY);
    assert_int_equal(out.cause, TOCSIN_CAUSE_TIMEOUT);
    assert_int_equal(count(block->self, "stuck"), 1);
    assert_string_equal(tcn_instance_state_name(block->self), "stuck");
    open_gate(f, 2);
    wait_for(block->self, "stuck", 0);
    assert_string_equal(tcn_instance_state_name(block->self), "active");
    (void)send_one(block, 9000, &out);
    rig_wait(&f->rig, &out.is_done);
    assert_int_equal(out.status, TOCSIN_DONE);
    assert_null(strstr(rig_log(&f->rig), "twice"));
}

static void a_worker_that_never_comes_back_is_left_behind(void **state)
{
    fixture *f = *state;
    static tocsin_self *kept; /* the thread still uses it */
    static bool is_stuck;
    f->rig.plugins->is_stuck = &is_stuck;
    tcn_block *block = gated(f, "puppet", 1, 2);
    outcome out;
    (void)send_one(block, 10, &out);
    wait_for(block->self, "busy", 1);
    rig_wait(&f->rig, &out.is_done);
    kept = block->self;
    const char *log = rig_stop(&f->rig);
    assert_non_null(
        strstr(log, "block b: send of plugin puppet did not end within 50 ms"));
    assert_true(is_stuck);
    assert_int_equal(kept->state, TCN_INSTANCE_STUCK);
    /* What it says now goes nowhere. */
    open_gate(f, 1);
    wait_for(kept, "busy", 0);
    rig_start(&f->rig);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
/* ---- what threads ask of the host ---- */

typedef struct asking {
    tocsin_self self;
    atomic_int is_over;
} asking;

static void *ask_for_addresses(void *ud)
{
    asking *a = ud;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    while (atomic_load(&a->is_over) == 0)
        (void)a->self.plugins->host.address_check(&a->self, &address, sizeof address);
    return NULL;
}

/* A reload frees the old guard as soon as the new one is set. Each has a long list, so
 * that the thread is most of the time within one. */
static void an_address_is_checked_while_a_reload_brings_another_guard(void **state)
{
    fixture *f = *state;
    const char *allow[1000];
    for (size_t i = 0; i < TCN_COUNT(allow); i++)
        allow[i] = "10.0.0.0/8";
    asking a = {.self = {.plugins = f->rig.plugins}};
    tcn_guard *old = NULL;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, ask_for_addresses, &a), 0);
    for (int i = 0; i < 200; i++) {
        tcn_guard *guard;
        assert_int_equal(tcn_guard_new(allow, TCN_COUNT(allow), false, &guard, NULL), 0);
        tcn_plugins_guard_set(f->rig.plugins, guard);
        tcn_guard_free(old);
        old = guard;
    }
    atomic_store(&a.is_over, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    tcn_plugins_guard_set(f->rig.plugins, NULL);
    tcn_guard_free(old);
}

static const struct CMUnitTest cases[] = {
    CASE(send_runs_on_a_thread_that_the_loop_keeps_its_services_from),
    CASE(its_threads_have_its_name_and_end_with_it),
    CASE(numbers_out_of_bounds_are_refused),
    CASE(a_create_that_fails_ends_its_threads),
    CASE(prepare_renders_what_a_worker_sends),
    CASE(prepare_runs_on_the_loop_before_send_too),
    CASE(what_prepare_refuses_is_not_sent),
    CASE(what_prepare_ends_is_not_sent),
    CASE(a_full_queue_is_a_retry),
    CASE(workers_send_at_the_same_time),
    CASE(a_waiting_delivery_ends_as_soon_as_it_is_canceled),
    CASE(a_waiting_delivery_ends_when_its_time_is_over),
    CASE(a_prepared_delivery_reaches_send_though_it_is_canceled),
    CASE(a_worker_that_comes_back_late_is_used_again),
    CASE(a_worker_that_never_comes_back_is_left_behind),
    CASE(an_address_is_checked_while_a_reload_brings_another_guard),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
