/* SPDX-License-Identifier: Apache-2.0 */
/* test_quarantine.c - how crashes are put down, and who is not started because of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "rig.h"
#include "tests/unit/folder.h"

#include "core/base/datetime.h"
#include "core/plugin/crash.h"
#include "core/plugin/instance.h"

#define BASE_US (INT64_C(1767323045) * TCN_SECOND_US)

/* ---- words ---- */

static const uint8_t sha256[TCN_SHA256] = {0xab, 0xcd, 0x01};
static const tcn_note note = {
    .thread = 7,
    .slot = "send",
    .plugin = "slack",
    .version = "1.4.0",
    .instance = "ops-alerts",
    .sha256 = sha256,
};

static void a_crash_names_plugin_instance_and_slot(void **state)
{
    static const tcn_note idle = {.thread = 7};
    char text[TCN_CRASH_TEXT + 1] = "";
    (void)state;
    text[tcn_crash_words("", &note, 11, text)] = '\0';
    assert_string_equal(
        text, "fatal signal 11 in plugin slack 1.4.0, instance ops-alerts, send\n");
    text[tcn_crash_words("", &note, 0, text)] = '\0';
    assert_string_equal(text,
                        "exit called in plugin slack 1.4.0, instance ops-alerts, send\n");
    text[tcn_crash_words("<3>", NULL, 6, text)] = '\0';
    assert_string_equal(text, "<3>fatal signal 6 in the daemon\n");
    text[tcn_crash_words("", &idle, 6, text)] = '\0';
    assert_string_equal(text, "fatal signal 6 in the daemon\n");
}

static void a_record_is_read_again(void **state)
{
    char text[TCN_CRASH_TEXT];
    tcn_crash crash = {0};
    (void)state;
    size_t len = tcn_crash_record(&note, 11, BASE_US, text);
    assert_int_equal(text[len - 1], '\n');
    assert_true(tcn_crash_read(tcn_str_of(text, len - 1), &crash));
    assert_int_equal(crash.at_us, BASE_US);
    assert_int_equal(crash.signal, 11);
    assert_true(tcn_str_eq_c(crash.plugin, "slack"));
    assert_true(tcn_str_eq_c(crash.version, "1.4.0"));
    assert_true(tcn_str_eq_c(crash.instance, "ops-alerts"));
    assert_true(tcn_str_eq_c(crash.slot, "send"));
    assert_true(tcn_str_starts(crash.sha256, TCN_STR("abcd0100")));
    for (size_t i = 0; i < len - 1; i++)
        assert_false(tcn_crash_read(tcn_str_of(text, i), &crash));
}

static void long_texts_fit(void **state)
{
    char long_text[1000], text[TCN_CRASH_TEXT];
    tcn_note long_note = note;
    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    long_note.plugin = long_note.version = long_note.instance = long_note.slot =
        long_text;
    assert_in_range(tcn_crash_words("<3>", &long_note, 11, text), 1, TCN_CRASH_TEXT);
    size_t len = tcn_crash_record(&long_note, 11, INT64_MAX, text);
    assert_in_range(len, 1, TCN_CRASH_TEXT);
    assert_int_equal(text[len - 1], '\n');
}

/* ---- who is not started ---- */

typedef struct fixture {
    rig rig;
    folder folder;
    char file[20000];
    size_t len;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    rig_start(&f.rig);
    rig_load(&f.rig, TEST_PLUGIN_DIR "/puppet.so");
    folder_make(&f.folder);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    (void)rig_stop(&f->rig);
    folder_remove(&f->folder);
    return 0;
}

static const uint8_t *puppet_sha256(fixture *f)
{
    return f->rig.plugins->entries.items[0].file->copy.sha256;
}

static void crashed(fixture *f, const char *instance, const uint8_t *sum, int64_t at_s)
{
    tcn_note puppet = note;
    puppet.plugin = "puppet";
    puppet.instance = instance;
    puppet.sha256 = sum;
    f->len +=
        tcn_crash_record(&puppet, 11, BASE_US + at_s * TCN_SECOND_US, f->file + f->len);
}

static const char *load(fixture *f)
{
    tcn_err err = {0};
    folder_write(&f->folder, "crashes", f->file, f->len, 0600);
    const char *path = folder_path(&f->folder, "crashes");
    assert_int_equal(tcn_plugins_quarantine_load(f->rig.plugins, path, &err), 0);
    return path;
}

static const char *state_of_b(fixture *f)
{
    return tcn_instance_state_name(rig_block(&f->rig, "puppet", "{}")->self);
}

static void three_crashes_within_ten_minutes_are_too_many(void **state)
{
    fixture *f = *state;
    crashed(f, "b", puppet_sha256(f), 0);
    crashed(f, "b", puppet_sha256(f), 300);
    crashed(f, "b", puppet_sha256(f), 600);
    (void)load(f);
    assert_string_equal(state_of_b(f), "quarantined");
    tcn_block *block = tcn_plugins_block(f->rig.plugins, TCN_STR("b"));
    assert_false(tcn_block_info_get(block)->is_ready);
    tcn_message message = rig_message();
    assert_int_equal(tcn_block_send(block, &message, rig_on_result, NULL, NULL),
                     TCN_E_STATE);
    json_t *status = tcn_plugins_status(f->rig.plugins);
    const char *told = json_string_value(json_object_get(
        json_array_get(json_object_get(status, "blocks"), 0), "last_error"));
    assert_non_null(strstr(told, "plugin puppet crashed the daemon 3 times within 10 "
                                 "minutes, at last in send"));
    json_decref(status);
    assert_non_null(strstr(rig_log(&f->rig), "block b is quarantined"));
}

static void crashes_further_apart_are_not(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 10; i++)
        crashed(f, "b", puppet_sha256(f), i * 301);
    (void)load(f);
    assert_string_equal(state_of_b(f), "active");
}

static void crashes_of_others_do_not_count(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        crashed(f, "c", puppet_sha256(f), i);
        crashed(f, "b", sha256, i); /* another build */
    }
    (void)load(f);
    assert_string_equal(state_of_b(f), "active");
}

static void what_is_no_record_is_passed_over(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        f->len += (size_t)snprintf(f->file + f->len, 100, "\n\nnonsense %d\n  \n", i);
        crashed(f, "b", puppet_sha256(f), i);
    }
    (void)load(f);
    assert_string_equal(state_of_b(f), "quarantined");
}

static void it_ends_when_it_is_cleared(void **state)
{
    fixture *f = *state;
    for (int i = 0; i < 3; i++)
        crashed(f, "b", puppet_sha256(f), i);
    const char *path = load(f);
    tcn_block *block = rig_block(&f->rig, "puppet", "{}");
    assert_string_equal(tcn_instance_state_name(block->self), "quarantined");
    assert_int_equal(tcn_plugins_quarantine_clear(f->rig.plugins), 0);
    while (!tcn_block_info_get(block)->is_ready)
        (void)uv_run(&f->rig.loop, UV_RUN_ONCE);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    tcn_message message = rig_message();
    assert_int_equal(rig_send(&f->rig, block, &message).status, TOCSIN_DONE);
}

static void without_a_file_everybody_starts(void **state)
{
    fixture *f = *state;
    tcn_err err = {0};
    assert_int_equal(tcn_plugins_quarantine_load(f->rig.plugins,
                                                 folder_path(&f->folder, "none"), &err),
                     0);
    assert_string_equal(state_of_b(f), "active");
    assert_int_equal(tcn_plugins_quarantine_clear(f->rig.plugins), 0);
}

static void a_file_that_grew_is_cut_and_its_end_counts(void **state)
{
    fixture *f = *state;
    static char long_file[200000];
    size_t len = 0;
    tcn_note other = note;
    while (len < sizeof long_file - 2000)
        len += tcn_crash_record(&other, 11, BASE_US, long_file + len);
    for (int i = 0; i < 3; i++)
        crashed(f, "b", puppet_sha256(f), i);
    memcpy(long_file + len, f->file, f->len);
    folder_write(&f->folder, "crashes", long_file, len + f->len, 0600);
    const char *path = folder_path(&f->folder, "crashes");
    tcn_err err = {0};
    for (int i = 0; i < 2; i++)
        assert_int_equal(tcn_plugins_quarantine_load(f->rig.plugins, path, &err), 0);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 1, 40000);
    assert_string_equal(state_of_b(f), "quarantined");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_crash_names_plugin_instance_and_slot),
    cmocka_unit_test(a_record_is_read_again),
    cmocka_unit_test(long_texts_fit),
    CASE(three_crashes_within_ten_minutes_are_too_many),
    CASE(crashes_further_apart_are_not),
    CASE(crashes_of_others_do_not_count),
    CASE(what_is_no_record_is_passed_over),
    CASE(it_ends_when_it_is_cleared),
    CASE(without_a_file_everybody_starts),
    CASE(a_file_that_grew_is_cut_and_its_end_counts),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
