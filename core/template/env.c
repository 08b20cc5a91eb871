/* SPDX-License-Identifier: Apache-2.0 */
/* env.c - the environment of Prefect's templates, and the check of a template when it is
 * saved. */
#include "core/base/err.h"
#include "core/template/ast.h"

void tcn_tpl_limits_default(tcn_tpl_limits *limits)
{
    *limits = (tcn_tpl_limits){
        .source_bytes = 256 << 10,
        .tokens = 100000,
        .nesting = 200,
        .output_bytes = 1 << 20,
        .heap_bytes = 32 << 20,
        .loops = 10,
        .loop_nesting = 2,
        .calls = 100,
        .time_us = 50000,
    };
    tcn_rt_limits_default(&limits->run);
}

void tcn_tpl_env_init(tcn_tpl_env *env)
{
    *env = (tcn_tpl_env){.newline = "\n"};
    tcn_tpl_limits_default(&env->limits);
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
            reterr, TCN_EXC_TemplateSecurityError, ast->source, 0, SIZE_MAX,
            "Contains %u for loops. Templates can contain no more than %u for "
            "loops.",
            ast->loops, limits->loops);
        return TCN_E_LIMIT;
    }
    if (ast->loop_nesting > limits->loop_nesting) {
        (void)tcn_tpl_fail(
            reterr, TCN_EXC_TemplateSecurityError, ast->source, 0, SIZE_MAX,
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
