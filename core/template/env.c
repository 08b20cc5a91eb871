/* SPDX-License-Identifier: Apache-2.0 */
/* env.c - the table of environments, and the check of a template when it is saved. */
#include "core/base/err.h"
#include "core/template/ast.h"

/* What an environment sets besides the limits of computing; those are range_items, when
 * that is not 0, and the default ones. */
typedef struct environment {
    const char *name;
    enum tcn_tpl_type type;
    bool keeps_plain;
    uint32_t range_items;
    tcn_tpl_limits limits;
} environment;

/* clang-format off */
static const environment environments[] = {
    /* What Prefect's objects define; with another type, what a sink is sent. */
    {.name = "prefect", .type = TCN_TPL_TEXT, .keeps_plain = true,
     .limits = {.source_bytes = 256 << 10, .tokens = 100000, .nesting = 200,
                .output_bytes = 1 << 20, .heap_bytes = 32 << 20, .loops = 10,
                .loop_nesting = 2, .calls = 100, .templates = 0, .time_us = 50000}},
    /* What we serve ourselves. Its templates are ours, the values are not. */
    {.name = "page", .type = TCN_TPL_HTML, .keeps_plain = false, .range_items = 10000,
     .limits = {.source_bytes = 256 << 10, .tokens = 100000, .nesting = 200,
                .output_bytes = 4 << 20, .heap_bytes = 64 << 20, .loops = 100,
                .loop_nesting = 8, .calls = 100, .templates = 20, .time_us = 500000}},
};
/* clang-format on */

static void set_limits(tcn_tpl_limits *limits, const environment *row)
{
    *limits = row->limits;
    tcn_rt_limits_default(&limits->run);
    if (row->range_items > 0)
        limits->run.range_items = row->range_items;
}

static void set_env(tcn_tpl_env *env, const environment *row)
{
    *env = (tcn_tpl_env){
        .newline = "\n", .type = row->type, .keeps_plain = row->keeps_plain};
    set_limits(&env->limits, row);
}

void tcn_tpl_limits_default(tcn_tpl_limits *limits)
{
    set_limits(limits, &environments[0]);
}

void tcn_tpl_env_init(tcn_tpl_env *env)
{
    set_env(env, &environments[0]);
}

bool tcn_tpl_env_named(tcn_tpl_env *env, tcn_str name)
{
    enum tcn_tpl_type type;
    for (size_t i = 0; i < TCN_COUNT(environments); i++) {
        if (!tcn_str_eq_c(name, environments[i].name))
            continue;
        set_env(env, &environments[i]);
        return true;
    }
    if (!tcn_tpl_type_of(name, &type))
        return false;
    tcn_tpl_env_init(env);
    env->type = type;
    return true;
}

bool tcn_tpl_is_template(tcn_str text)
{
    return tcn_str_find(text, TCN_STR("{{")) != SIZE_MAX ||
           tcn_str_find(text, TCN_STR("{%")) != SIZE_MAX;
}

int tcn_tpl_check_loops(const tcn_tpl_env *env, const tcn_ast *ast, tcn_tpl_error *reterr)
{
    const tcn_tpl_limits *limits = &env->limits;
    if (ast->loops > limits->loops) {
        (void)tcn_tpl_fail(
            reterr, TCN_EXC_TemplateSecurityError, ast->source, SIZE_MAX,
            "Contains %u for loops. Templates can contain no more than %u for "
            "loops.",
            ast->loops, limits->loops);
        return TCN_E_LIMIT;
    }
    if (ast->loop_nesting > limits->loop_nesting) {
        (void)tcn_tpl_fail(
            reterr, TCN_EXC_TemplateSecurityError, ast->source, SIZE_MAX,
            "Contains nested for loops at a depth of %u. Templates can nest for "
            "loops no more than %u loops deep.",
            ast->loop_nesting, limits->loop_nesting);
        return TCN_E_LIMIT;
    }
    return 0;
}

int tcn_tpl_validate(const tcn_tpl_env *env, tcn_str source, tcn_tpl_error *reterr)
{
    tcn_arena arena;
    tcn_ast ast = {0};
    tcn_arena_init(&arena, 0);
    int rc = tcn_tpl_parse(env, source, &arena, &arena, &ast, reterr);
    if (rc >= 0)
        rc = tcn_tpl_check_loops(env, &ast, reterr);
    tcn_arena_deinit(&arena);
    return rc;
}
