/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_plugin_check.c - tocsin plugin check: the conformance kit on a plugin file, a line
 * a check and a score at the end. */
#include <stdio.h>
#include <string.h>

#include "core/base/str.h"
#include "core/cli/cli.h"
#include "core/cli/documents.h"
#include "core/cli/json_text.h"
#include "core/cli/options.h"
#include "core/cli/sanitize.h"
#include "core/kit/kit.h"

static const char usage[] =
    "usage: tocsin plugin check FILE [--options FILE] [--answer TEXT] [--url URL] [--only CHECK]...\n"
    "                           [--sanitize] [--json]\n"
    "\n"
    "Drives a plugin through its whole contract, with the daemon's own code as its host and a\n"
    "scripted peer, each check in a process of its own. Exit status 1 when a check fails.\n"
    "\n"
    "  --options FILE   options of a block (YAML or JSON), where those that the kit makes up will\n"
    "                   not do; hosts in URLs are replaced by the scripted peer\n"
    "  --answer TEXT    the body of an answer 200 that means success, such as '{\"result\":\"sent\"}'\n"
    "  --url URL        deliver one message to this receiver, too\n"
    "  --only CHECK     this check only (by its name in the report), and what it depends on; may be\n"
    "                   given several times\n"
    "  --sanitize       under the sanitizer that the plugin was built with, else under valgrind\n"
    "  --json           the result as one JSON object\n";

typedef struct view {
    bool is_json, has_colour;
    json_t *checks;
    size_t left_out; /* checks, all for one reason */
    char why[200];
} view;

static const char *verdict_text(enum tcn_verdict verdict)
{
    switch (verdict) {
    case TCN_VERDICT_OK:
        return "ok";
    case TCN_VERDICT_FAIL:
        return "FAIL";
    case TCN_VERDICT_SKIP:
        break;
    }
    return "skip";
}

static void print_line(const view *v, const tcn_kit_result *result)
{
    const char *colour = !v->has_colour                        ? ""
                         : result->verdict == TCN_VERDICT_OK   ? "\033[32m"
                         : result->verdict == TCN_VERDICT_FAIL ? "\033[31m"
                                                               : "\033[33m";
    const char *text = result->verdict == TCN_VERDICT_OK ? result->what : result->reason;
    printf("%s%-4s%s  %-13s  %s\n", colour, verdict_text(result->verdict),
           v->has_colour ? "\033[0m" : "", result->name, text);
    (void)fflush(stdout);
}

static void on_result(const tcn_kit_result *result, void *ud)
{
    view *v = ud;
    if (!v->is_json && !result->is_left_out) {
        print_line(v, result);
        return;
    }
    if (!v->is_json) {
        v->left_out++;
        (void)snprintf(v->why, sizeof v->why, "%s", result->reason);
        return;
    }
    (void)json_array_append_new(
        v->checks,
        json_pack("{s:s, s:s, s:s, s:s, s:I}", "name", result->name, "what", result->what,
                  "result", verdict_text(result->verdict), "reason", result->reason,
                  "took_ms", (json_int_t)result->took_ms));
}

static void print_score(const view *v, const char *path, const tcn_kit_score *score)
{
    const char *id = json_string_value(json_object_get(score->plugin, "id"));
    const char *version = json_string_value(json_object_get(score->plugin, "version"));
    if (v->is_json) {
        json_t *told =
            json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:I, s:O}", "file", path, "plugin", id,
                      "version", version, "ok", (json_int_t)score->ok, "failed",
                      (json_int_t)score->failed, "skipped", (json_int_t)score->skipped,
                      "checks", v->checks);
        tcn_cli_print_json(told);
        json_decref(told);
        return;
    }
    if (v->left_out > 0)
        printf("\n%zu check%s not run: %s\n", v->left_out, tcn_plural(v->left_out),
               v->why);
    printf("\n%s%s%s: %zu ok, %zu failed, %zu skipped\n", id != NULL ? id : path,
           version != NULL ? " " : "", version != NULL ? version : "", score->ok,
           score->failed, score->skipped);
}

/* Options as they stand in a block: the mapping itself, a block, or a file of blocks. */
static int read_options(const char *path, json_t **ret, tcn_err *reterr)
{
    tcn_documents *documents = NULL;
    int rc = tcn_documents_load(path, &documents, reterr);
    if (rc < 0)
        return rc;
    json_t *root = tcn_documents_root(documents), *block = root;
    if (json_array_size(json_object_get(root, "blocks")) > 0)
        block = json_array_get(json_object_get(root, "blocks"), 0);
    json_t *inner = json_object_get(block, "options");
    bool is_block = json_object_get(block, "type") != NULL && json_is_object(inner);
    json_t *options = is_block ? inner : root;
    if (json_is_object(options))
        *ret = json_deep_copy(options);
    else
        rc = tcn_err_set(reterr, TCN_E_INVALID, "%.200s: is not a mapping of options",
                         path);
    tcn_documents_free(documents);
    return rc;
}

static int run(const tcn_kit_options *kit, bool is_json)
{
    view v = {.is_json = is_json, .has_colour = tcn_cli_has_colour(1)};
    v.checks = json_array();
    tcn_kit_score score = {0};
    tcn_err err = {0};
    int rc = tcn_kit_run(kit, on_result, &v, &score, &err);
    if (rc == 0)
        print_score(&v, kit->path, &score);
    json_decref(score.plugin);
    json_decref(v.checks);
    if (rc == 0 && score.failed == 0)
        tcn_sanitize_log_remove();
    if (rc < 0)
        return tcn_cli_fail_err(&err);
    return score.failed > 0 ? TCN_EXIT_FAILED : TCN_EXIT_OK;
}

int tcn_cmd_plugin_check(int argc, char **argv)
{
    const char *options_path = NULL, *url = NULL, *answer = NULL;
    bool is_json = false, is_sanitized = false;
    static tcn_option_list only;
    const tcn_option options[] = {
        {.name = "only", .list = &only},
        {.name = "options", .text = &options_path},
        {.name = "url", .text = &url},
        {.name = "sanitize", .flag = &is_sanitized},
        {.name = "json", .flag = &is_json},
        {.name = "answer", .text = &answer},
        {0},
    };
    tcn_operands files;
    int status = TCN_EXIT_OK;
    if (!tcn_options_parse(usage, options, argc, argv, &files, &status))
        return status;
    if (files.count != 1)
        return tcn_usage_error(argv[0], "takes one FILE");
    for (size_t i = 0; i < only.count; i++)
        if (!tcn_kit_has_check(only.items[i]))
            return tcn_usage_error(argv[0], "there is no check \"%s\"", only.items[i]);
    tcn_err err = {0};
    if (is_sanitized && tcn_sanitize_exec(files.items[0], argv + 1, &err) < 0)
        return tcn_cli_fail_err(&err);
    tcn_kit_options kit = {.path = files.items[0],
                           .url = url,
                           .answer = answer,
                           .only = only.items,
                           .only_count = only.count,
                           .log_dir = tcn_sanitize_log_dir(),
                           .slowdown = tcn_sanitize_slowdown()};
    json_t *given = NULL;
    if (options_path != NULL && read_options(options_path, &given, &err) < 0)
        return tcn_cli_fail_err(&err);
    kit.options = given;
    status = run(&kit, is_json);
    json_decref(given);
    return status;
}
