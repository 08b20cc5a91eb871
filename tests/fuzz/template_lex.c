/* SPDX-License-Identifier: Apache-2.0 */
/* template_lex.c - any bytes as the source of a template: validating and compiling must
 * end with a template or a clean error. */
#include "core/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_tpl_env env;
    tcn_tpl_error error = {0};
    tcn_tpl *tpl = NULL;
    tcn_tpl_env_init(&env);
    if (size > 0) {
        env.trim_blocks = (data[0] & 1) != 0;
        env.lstrip_blocks = (data[0] & 2) != 0;
        env.keep_trailing_newline = (data[0] & 4) != 0;
    }
    tcn_str source = tcn_str_of((const char *)data, size);
    (void)tcn_tpl_validate(&env, source, &error);
    if (tcn_tpl_compile(&tpl, &env, source, &error) >= 0)
        (void)tcn_tpl_root_count(tpl);
    tcn_tpl_unref(tpl);
    return 0;
}
