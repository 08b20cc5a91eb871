/* SPDX-License-Identifier: Apache-2.0 */
/* check_load.c - before anything is configured: the gate, what is exported, the entry. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/gate/elf.h"
#include "core/kit/census.h"
#include "core/kit/kit_int.h"
#include "core/kit/load.h"
#include "core/plugin/describe.h"

#define FILE_MAX ((size_t)64 << 20)

static tcn_plugins *load(const tcn_kit *kit, tcn_report *report)
{
    tcn_plugins *plugins = NULL;
    tcn_problems problems;
    tcn_problems_init(&problems);
    tcn_err err = {0};
    int rc = tcn_kit_load(kit->options.path, NULL, &plugins, &problems, &err);
    tcn_problems_deinit(&problems);
    if (rc == 0)
        return plugins;
    (void)tcn_report_fail(report, "%s", err.text);
    return NULL;
}

static void check_gate(const tcn_kit *kit, tcn_report *report)
{
    (void)load(kit, report);
}

static int read_image(const char *path, tcn_buf *out)
{
    char bytes[65536];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -errno;
    for (size_t n = 1; n > 0 && out->status == 0;) {
        n = fread(bytes, 1, sizeof bytes, file);
        (void)tcn_buf_add(out, bytes, n);
    }
    (void)fclose(file);
    return tcn_buf_status(out);
}

/* Some linkers export the borders of sections, too. */
static bool is_linkers_own(tcn_str name)
{
    static const char *const names[] = {"_init", "_fini",       "_edata",
                                        "_end",  "__bss_start", "__end__"};
    for (size_t i = 0; i < TCN_COUNT(names); i++)
        if (tcn_str_eq_c(name, names[i]))
            return true;
    return tcn_str_starts(name, TCN_STR("tocsin_plugin_entry_v"));
}

static void note_export(tcn_str name, void *ud)
{
    tcn_buf *names = ud;
    if (is_linkers_own(name))
        return;
    if (names->len > 0)
        (void)tcn_buf_add_c(names, ", ");
    (void)tcn_buf_add_str(names, name);
}

static void check_exports(const tcn_kit *kit, tcn_report *report)
{
    tcn_buf image, names;
    tcn_buf_init(&image, FILE_MAX);
    tcn_buf_init(&names, 400);
    tcn_err err = {0};
    if (read_image(kit->options.path, &image) < 0)
        (void)tcn_report_fail(report, "the file cannot be read again");
    else if (tcn_elf_exports(tcn_buf_str(&image), note_export, &names, &err) < 0)
        (void)tcn_report_fail(report, "%s", err.text);
    else if (names.len > 0)
        (void)tcn_report_fail(report,
                              "exports %.*s: compile with -fvisibility=hidden, or make "
                              "functions static",
                              TCN_STR_ARG(tcn_buf_str(&names)));
    tcn_buf_deinit(&image);
    tcn_buf_deinit(&names);
}

static void check_entry(const tcn_kit *kit, tcn_report *report)
{
    tcn_census before, after;
    char change[400];
    tcn_plugins *plugins = load(kit, report);
    if (plugins == NULL)
        return;
    tcn_census_take(&before);
    if (!tcn_plugins_entry_is_steady(plugins))
        (void)tcn_report_fail(report, "the entry does not give one static table");
    tcn_census_take(&after);
    if (tcn_census_change(&before, &after, change) != NULL)
        (void)tcn_report_fail(report, "the entry %s", change);
    if (after.descriptors != before.descriptors)
        (void)tcn_report_fail(report, "the entry leaves a descriptor open");
    if (after.threads != before.threads)
        (void)tcn_report_fail(report, "the entry leaves a thread running");
}

const tcn_check tcn_checks_load[] = {
    {"gate", "the checks 1 to 11 of loading", check_gate, 0,
     "the plugin cannot be loaded until \"gate\" is mended"},
    {"exports", "nothing is exported but the entry", check_exports, 0, NULL},
    {"entry", "the entry gives one table and has no side effect", check_entry, 0, NULL},
    {0},
};
