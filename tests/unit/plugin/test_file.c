/* SPDX-License-Identifier: Apache-2.0 */
/* test_file.c - checks 6 to 11 through the registry: what a refusal says for each
 * mistake. */
#include "core/plugin/plugins_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/folder.h"

#include "core/gate/probe.h"

typedef struct fixture {
    folder dir;
    tcn_plugins *plugins;
    tcn_problems problems;
} fixture;

static void plugins_make_pinned(fixture *f, const char *allow, const json_t *sha256)
{
    const char *dirs[] = {f->dir.path, TEST_PLUGIN_DIR};
    tcn_plugins_options options = {
        .dirs = dirs,
        .dir_count = 2,
        .max_generations = 100,
        .allow = &allow,
        .allow_count = allow != NULL,
        .sha256 = sha256,
        .timeout_ms = 1000,
        .concurrency = 4,
        .deadline_ms = 1000,
    };
    tcn_err err = {0};
    assert_int_equal(tcn_plugins_new(&options, &f->plugins, &err), 0);
    f->plugins->loader.probe_ms = 500;
}

static void plugins_make(fixture *f, const char *allow)
{
    plugins_make_pinned(f, allow, NULL);
}

static int set_up(void **state)
{
    static fixture f;
    folder_make(&f.dir);
    plugins_make(&f, NULL);
    tcn_problems_init(&f.problems);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    tcn_plugins_close(f->plugins, NULL, NULL);
    tcn_problems_deinit(&f->problems);
    folder_remove(&f->dir);
    return 0;
}

static void each_mistake_has_its_text(void **state)
{
    static const struct {
        const char *name, *text;
    } table[] = {
        {"crashes", "crashes when it is loaded (signal 6, Aborted)"},
        {"sleeps", "does not finish loading within 500 ms"},
        {"exits", "ends the process when it is loaded (exit 3)"},
        {"exits_0", "ends the process when it is loaded (exit 0)"},
        {"forks", "starts a process when it is loaded"},
        {"closes", "closes descriptors that are not its own when it is loaded"},
        {"undefined", "cannot be loaded: undefined symbol: foo_is_not_there"},
        {"declines", "declined to load on this daemon (ABI 1.0)"},
        {"abi_2", "says ABI 2.0, but its entry is for ABI 1"},
        {"needs_3", "needs ABI 1.3, this daemon speaks 1.0"},
        {"size_8", "says ABI 1.0 but its table has 8 bytes, not 160"},
        {"size_other", "says ABI 1.0 but its table has 168 bytes, not 160"},
        {"size_huge", "says that its table has 2147483648 bytes, above the maximum 4096"},
        {"needs_more", "says ABI 1.0 and that it needs ABI 1.1"},
        {"edge_size_8", "says ABI 1.0 but its table has 8 bytes, not 160"},
        {"edge_major_2", "says ABI 2.0, but its entry is for ABI 1"},
        {"edge_huge", "says that its table has 2147483648 bytes, above the maximum 4096"},
        {"edge_good", "says that its table has 160 bytes, which cannot be read"},
        {"nowhere", "has a table that cannot be read"},
        {"wild_id", "crashes when it is loaded (signal 11, Segmentation fault)"},
        {"textrel", "has text relocations (compile it with -fPIC)"},
        {"unique", "needs -fno-gnu-unique"},
        {"no_entry", "does not export tocsin_plugin_entry_v1"},
        {"entry_v2",
         "does not export tocsin_plugin_entry_v1 (exports tocsin_plugin_entry_v2: made "
         "for ABI 2, this daemon speaks 1)"},
        {"no_id", "lacks id"},
        {"bad_title",
         "has the malformed title \"Two\\x0alines\": one line of UTF-8, at most 1000 bytes"},
        {"no_summary", "lacks summary"},
        {"null_capabilities",
         "has no capability that this daemon knows (notify, action)"},
        {"option_size", "has a table of options with entries of 8 bytes, not 56"},
        {"options_null", "says that it has 2 options, but no table of them"},
        {"actions_33", "has 33 action types, above the maximum 32"},
        {"action_size", "has a table of action types with entries of 16 bytes, not 40"},
        {"bad_action",
         "has the malformed action type \"Run!\": a-z, 0-9 and -, beginning with a-z, at most 63"},
        {"action_no_doc", "action \"run-it\": lacks doc"},
        {"choices_extra", "option \"x\": has choices but is no ENUM"},
        {"default_choice", "option \"x\": default \"c\" is not one of a, b"},
        {"min_high", "option \"x\": its minimum is above its maximum"},
        {"secret_type", "option \"x\": its type cannot be SECRET"},
        {"template_type", "option \"x\": its type cannot be TEMPLATE"},
        {"no_create", "lacks create"},
        {"no_send", "lacks send"},
        {"no_destroy", "lacks destroy"},
        {"bad_id",
         "has the malformed id \"Slack!\": a-z, 0-9 and -, beginning with a-z, at most 32"},
        {"bad_version",
         "has the malformed version \"one point oh\": at most 32 letters, digits and signs of .+-~_"},
        {"no_title", "lacks title"},
        {"no_capability", "has no capability that this daemon knows (notify, action)"},
        {"no_actions", "has the capability action but no action types"},
        {"options_65", "has 65 options, above the maximum 64"},
        {"actions_33", "has 33 action types, above the maximum 32"},
        {"key_twice", "option \"mode\": stands twice"},
        {"key_bad",
         "has the malformed option key \"Mode\": a-z, 0-9 and _, beginning with a-z, at most 63"},
        {"key_reserved", "option \"timeout\": is a key of the daemon's own"},
        {"type_unknown", "option \"x\": has an unknown type"},
        {"no_doc", "option \"x\": lacks doc"},
        {"default_high", "option \"retries\": default 50 is above the maximum 10"},
        {"default_type",
         "option \"wait\": default \"soon\" is not a duration (a number of seconds, or "
         "500ms 10s 5m 2h)"},
        {"choices_lack", "option \"x\": is an ENUM without choices"},
        {"secret_default", "option \"x\": is SECRET and has a default"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < TCN_COUNT(table); i++) {
        char path[512], expected[1024];
        (void)snprintf(path, sizeof path, TEST_PLUGIN_DIR "/%s.so", table[i].name);
        (void)snprintf(expected, sizeof expected, "plugin %s: %s", path, table[i].text);
        size_t errors = f->problems.errors;
        assert_true(tcn_plugins_load_file(f->plugins, path, &f->problems) < 0);
        assert_int_equal(f->problems.errors, errors + 1);
        assert_string_equal(f->problems.items[f->problems.count - 1].err.text, expected);
    }
}

static void an_id_is_taken_once(void **state)
{
    fixture *f = *state;
    assert_int_equal(
        tcn_plugins_load_file(f->plugins, TEST_PLUGIN_DIR "/good.so", &f->problems), 0);
    assert_int_equal(f->problems.errors, 0);
    assert_true(tcn_plugins_load_file(f->plugins, TEST_PLUGIN_DIR "/both_entries.so",
                                      &f->problems) < 0);
    assert_string_equal(f->problems.items[f->problems.count - 1].err.text,
                        "plugin " TEST_PLUGIN_DIR
                        "/both_entries.so: has the id \"table\", already "
                        "provided by " TEST_PLUGIN_DIR "/good.so");
}

/* Where the plugin of an id was loaded from. */
static const char *file_of(const fixture *f, const char *id)
{
    static char path[512];
    json_t *status = tcn_plugins_status(f->plugins);
    json_t *loaded = json_object_get(status, "plugins");
    path[0] = '\0';
    for (size_t i = 0; i < json_array_size(loaded); i++) {
        json_t *one = json_array_get(loaded, i);
        const char *its = json_string_value(json_object_get(one, "id"));
        if (its != NULL && strcmp(its, id) == 0)
            (void)snprintf(path, sizeof path, "%s",
                           json_string_value(json_object_get(one, "file")));
    }
    json_decref(status);
    return path;
}

static void a_stage_takes_the_good_and_reports_the_rest(void **state)
{
    fixture *f = *state;
    tcn_plugins_close(f->plugins, NULL, NULL);
    plugins_make(f, NULL);
    folder_install(&f->dir, "good", "a.so");
    folder_write(&f->dir, "b.so", "no plugin", 9, 0644);
    folder_write(&f->dir, "readme.txt", "hello", 5, 0644);
    /* The test folder comes first and hides puppet.so of the second. */
    folder_install(&f->dir, "puppet", "puppet.so");
    tcn_stage *stage = NULL;
    assert_int_equal(tcn_stage_begin(f->plugins, NULL, TCN_STAGE_ALL, &stage), 0);
    tcn_stage_files_read(stage);
    assert_true(tcn_stage_files_check(stage, &f->problems) < 0);
    tcn_stage_commit(stage);
    assert_string_equal(file_of(f, "table"), folder_path(&f->dir, "a.so"));
    assert_string_equal(file_of(f, "puppet"), folder_path(&f->dir, "puppet.so"));
    char expected[600];
    (void)snprintf(expected, sizeof expected, "plugin %s: is not an ELF file",
                   folder_path(&f->dir, "b.so"));
    bool is_told = false;
    for (size_t i = 0; i < f->problems.count; i++)
        is_told = is_told || strcmp(f->problems.items[i].err.text, expected) == 0;
    assert_true(is_told);
}

static void what_is_not_allowed_is_not_loaded_and_no_problem(void **state)
{
    fixture *f = *state;
    tcn_plugins_close(f->plugins, NULL, NULL);
    plugins_make(f, "puppet");
    assert_int_equal(
        tcn_plugins_load_file(f->plugins, TEST_PLUGIN_DIR "/good.so", &f->problems), 0);
    assert_int_equal(
        tcn_plugins_load_file(f->plugins, TEST_PLUGIN_DIR "/puppet.so", &f->problems), 0);
    assert_int_equal(f->problems.errors, 0);
    json_t *status = tcn_plugins_status(f->plugins);
    assert_int_equal(json_array_size(json_object_get(status, "plugins")), 1);
    json_decref(status);
}

/* As the status tells it of what is loaded. */
static void sha256_of(fixture *f, const char *path, char out[65])
{
    assert_int_equal(tcn_plugins_load_file(f->plugins, path, &f->problems), 0);
    json_t *status = tcn_plugins_status(f->plugins);
    json_t *loaded = json_array_get(json_object_get(status, "plugins"), 0);
    (void)snprintf(out, 65, "%s", json_string_value(json_object_get(loaded, "sha256")));
    json_decref(status);
}

static int load_pinned(fixture *f, const char *id, const char *sha256, const char *path)
{
    json_t *pins = json_pack("{s:[s,s]}", id,
                             "0000000000000000000000000000000000000000000000000000000000"
                             "000000",
                             sha256);
    tcn_plugins_close(f->plugins, NULL, NULL);
    plugins_make_pinned(f, NULL, pins);
    json_decref(pins);
    return tcn_plugins_load_file(f->plugins, path, &f->problems);
}

/* By the name of the file before anything of it runs, and by the id in its table. */
static void a_file_that_is_not_the_configured_one_is_refused(void **state)
{
    static const char other[] =
        "1111111111111111111111111111111111111111111111111111111111111111";
    fixture *f = *state;
    char sha256[65], expected[600];
    folder_install(&f->dir, "good", "a.so");
    const char *path = folder_path(&f->dir, "a.so");
    sha256_of(f, path, sha256);
    assert_int_equal(load_pinned(f, "table", sha256, path), 0);
    assert_int_equal(load_pinned(f, "a", sha256, path), 0);
    assert_int_equal(load_pinned(f, "somebody-else", other, path), 0);
    assert_int_equal(f->problems.errors, 0);
    (void)snprintf(expected, sizeof expected,
                   "plugin %s: has another SHA-256 than configured", path);
    static const char *const names[] = {"a", "table"};
    for (size_t i = 0; i < TCN_COUNT(names); i++) {
        assert_true(load_pinned(f, names[i], other, path) < 0);
        assert_string_equal(f->problems.items[f->problems.count - 1].err.text, expected);
    }
}

static void a_loaded_plugin_does_not_mind_what_happens_to_its_file(void **state)
{
    fixture *f = *state;
    folder_install(&f->dir, "good", "a.so");
    assert_int_equal(
        tcn_plugins_load_file(f->plugins, folder_path(&f->dir, "a.so"), &f->problems), 0);
    assert_int_equal(truncate(folder_path(&f->dir, "a.so"), 0), 0);
    json_t *block = json_pack("{s:s, s:s, s:{s:s}}", "name", "b", "type", "table",
                              "options", "mode", "b");
    assert_int_equal(tcn_plugins_block_add(f->plugins, block, &f->problems), 0);
    json_decref(block);
}

/* What the ELF checks let through may still crash the linker or its own constructors. */
static void mutated_files_crash_a_child_at_most(void **state)
{
    fixture *f = *state;
    static char image[1 << 20];
    folder_install(&f->dir, "good", "a.so");
    FILE *file = fopen(folder_path(&f->dir, "a.so"), "rbe");
    assert_non_null(file);
    size_t len = fread(image, 1, sizeof image, file);
    (void)fclose(file);
    uint64_t seed = UINT64_C(88172645463325252);
    size_t crashes = 0;
    for (int round = 0; round < 300; round++) {
        char saved[8];
        size_t places[8];
        for (size_t k = 0; k < 8; k++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            places[k] = seed % len;
            saved[k] = image[places[k]];
            image[places[k]] = (char)(seed >> 33);
        }
        folder_write(&f->dir, "m.so", image, len, 0644);
        const char *path = folder_path(&f->dir, "m.so");
        tcn_probe probe = {
            .path = path, .fd = -1, .host = &f->plugins->host, .limit_ms = 100};
        tcn_probe_load(&probe, 1);
        crashes += probe.status < 0;
        for (size_t k = 8; k-- > 0;)
            image[places[k]] = saved[k];
    }
    assert_true(crashes > 0);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(each_mistake_has_its_text, set_up, tear_down),
    cmocka_unit_test_setup_teardown(mutated_files_crash_a_child_at_most, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(an_id_is_taken_once, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_file_that_is_not_the_configured_one_is_refused,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_stage_takes_the_good_and_reports_the_rest, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(what_is_not_allowed_is_not_loaded_and_no_problem,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(
        a_loaded_plugin_does_not_mind_what_happens_to_its_file, set_up, tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
