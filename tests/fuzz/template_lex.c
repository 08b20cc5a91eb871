/* SPDX-License-Identifier: Apache-2.0 */
/* template_lex.c - any bytes to tokens: whatever they are, the tokens lie in the source
 * in order, and the last one is the end or the mistake. */
#include "core/template/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const tcn_tokens *tokens)
{
    uint32_t pos = 0;
    if (tokens->count == 0)
        __builtin_trap();
    for (size_t i = 0; i < tokens->count; i++) {
        const tcn_token *token = &tokens->items[i];
        bool is_last = i + 1 == tokens->count;
        bool is_end = token->type == TCN_TOK_EOF || token->type == TCN_TOK_WRONG;
        if (is_end != is_last || token->pos < pos || token->pos > tokens->source.len)
            __builtin_trap();
        if (token->type == TCN_TOK_NAME && token->number >= tokens->names.count)
            __builtin_trap();
        pos = token->pos;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tcn_tpl_env env;
    tcn_tpl_error error = {0};
    tcn_tokens tokens;
    tcn_arena arena;
    tcn_tpl_env_init(&env);
    if (size > 0) {
        env.trim_blocks = (data[0] & 1) != 0;
        env.lstrip_blocks = (data[0] & 2) != 0;
        env.keep_trailing_newline = (data[0] & 4) != 0;
        env.newline = (data[0] & 8) != 0 ? "\r\n" : "\n";
    }
    tcn_arena_init(&arena, 0);
    if (tcn_tpl_lex(&env, tcn_str_of((const char *)data, size), &arena, &arena, &tokens,
                    &error) >= 0)
        check(&tokens);
    tcn_arena_deinit(&arena);
    return 0;
}
