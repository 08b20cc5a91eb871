/* SPDX-License-Identifier: Apache-2.0 */
/* template_parse.c - any bytes as the source of a template: validating, looking for names
 * that cannot be meant, and compiling end with a template or a clean error. */
#include "core/base/err.h"
#include "core/template/lint.h"
#include "core/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *ud, const tcn_tpl_error *finding)
{
    size_t *findings = ud;
    *findings += finding->line > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_tpl_env env;
    tcn_tpl_error error = {0};
    tcn_tpl *tpl = NULL;
    size_t findings = 0;
    tcn_str source = tcn_str_of((const char *)data, size);
    tcn_tpl_env_init(&env);
    int valid = tcn_tpl_validate(&env, source, &error);
    if (valid < 0 && error.exc_class == TCN_EXC_NONE)
        __builtin_trap();
    int rc = tcn_tpl_lint(&env, source, NULL, count, &findings, &error);
    /* A template that was found valid parses again. */
    if (valid >= 0 && rc < 0)
        __builtin_trap();
    error = (tcn_tpl_error){0};
    rc = tcn_tpl_compile(&tpl, &env, source, &error);
    if (rc < 0 && rc != TCN_E_NOMEM && error.exc_class == TCN_EXC_NONE)
        __builtin_trap();
    for (size_t i = 0; rc >= 0 && i < tcn_tpl_root_count(tpl); i++) {
        if (!tcn_tpl_loads(tpl, tcn_tpl_root(tpl, i)))
            __builtin_trap();
    }
    tcn_tpl_unref(tpl);
    return 0;
}
