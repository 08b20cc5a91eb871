/* SPDX-License-Identifier: Apache-2.0 */
/* test_abi.c - plugins of each version on a host of one version: this file is linked with
 * the daemon's own room (HOST_MINOR 0), and with the same sources that were compiled with
 * the next version's header (HOST_MINOR 1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "rig.h"

#if HOST_MINOR >= 1
static uint64_t answer(tocsin_self *self)
{
    (void)self;
    return 42;
}
#endif

static int set_up(void **state)
{
    static rig r;
    rig_start(&r);
#if HOST_MINOR >= 1
    r.plugins->host.answer = answer;
#endif
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    (void)rig_stop(*state);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, TEST_PLUGIN_DIR "/%s.so", name);
    return path;
}

static void assert_speaks(rig *r, const char *name, unsigned minor, unsigned told,
                          unsigned sequence)
{
    char expected[200];
    rig_load(r, path_of(name));
    tcn_block *block = rig_block(r, "abi", "{\"mode\": \"b\", \"level\": 3}");
    tcn_message message = rig_message();
    (void)snprintf(expected, sizeof expected,
                   "plugin 1.%u on host 1.%d: answer %u, sequence %u, http 0, mode b",
                   minor, HOST_MINOR, told, sequence);
    assert_string_equal(rig_send(r, block, &message).reason, expected);
}

static void assert_refused(rig *r, const char *name, const char *text)
{
    char expected[700];
    tcn_problems problems;
    tcn_problems_init(&problems);
    assert_true(tcn_plugins_load_file(r->plugins, path_of(name), &problems) < 0);
    (void)snprintf(expected, sizeof expected, "plugin %s: %s", path_of(name), text);
    assert_string_equal(problems.items[problems.count - 1].err.text, expected);
    tcn_problems_deinit(&problems);
}

static void a_plugin_of_1_0_loads(void **state)
{
    assert_speaks(*state, "abi_1_0_c", 0, 0, 0);
}

/* Where there is no C++ compiler these are not built. */
#if defined(HAS_CXX)
static void a_plugin_of_1_0_in_cxx_loads(void **state)
{
    assert_speaks(*state, "abi_1_0_cxx", 0, 0, 0);
}

static void a_younger_plugin_in_cxx_loads_everywhere(void **state)
{
    assert_speaks(*state, "abi_1_1_cxx", 1, HOST_MINOR * 42, HOST_MINOR);
}
#endif

static void a_younger_plugin_that_asks_loads_everywhere(void **state)
{
    assert_speaks(*state, "abi_1_1_c", 1, HOST_MINOR * 42, HOST_MINOR);
}

static void a_plugin_that_needs_a_younger_host_says_so(void **state)
{
    if (HOST_MINOR >= 1)
        assert_speaks(*state, "abi_1_1_needs_c", 1, 42, 1);
    else
        assert_refused(*state, "abi_1_1_needs_c",
                       "needs ABI 1.1, this daemon speaks 1.0");
}

static void a_host_finds_its_major_version_among_others(void **state)
{
    rig_load(*state, path_of("both_entries"));
    assert_refused(*state, "entry_v2",
                   "does not export tocsin_plugin_entry_v1 (exports "
                   "tocsin_plugin_entry_v2: made for ABI 2, this daemon speaks 1)");
}

static void wrong_tables_are_refused_by_every_host(void **state)
{
    static const struct {
        const char *name, *text;
    } table[] = {
        {"abi_1_0_wrong_size_c", "says ABI 1.0 but its table has 168 bytes, not 160"},
        {"edge_size_8", "says ABI 1.0 but its table has 8 bytes, not 160"},
        {"edge_huge", "says that its table has 2147483648 bytes, above the maximum 4096"},
        {"edge_major_2", "says ABI 2.0, but its entry is for ABI 1"},
        {"edge_good", "says that its table has 160 bytes, which cannot be read"},
        {"abi_1_0_no_send_c", "lacks send"},
    };
    for (size_t i = 0; i < TCN_COUNT(table); i++)
        assert_refused(*state, table[i].name, table[i].text);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
static const struct CMUnitTest cases[] = {
    CASE(a_plugin_of_1_0_loads),
#if defined(HAS_CXX)
    CASE(a_plugin_of_1_0_in_cxx_loads),
    CASE(a_younger_plugin_in_cxx_loads_everywhere),
#endif
    CASE(a_younger_plugin_that_asks_loads_everywhere),
    CASE(a_plugin_that_needs_a_younger_host_says_so),
    CASE(a_host_finds_its_major_version_among_others),
    CASE(wrong_tables_are_refused_by_every_host),
};

int main(void)
{
    return cmocka_run_group_tests(cases, NULL, NULL);
}
