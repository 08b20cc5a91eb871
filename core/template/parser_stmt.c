/* SPDX-License-Identifier: Apache-2.0 */
/* parser_stmt.c - what stands in "{% %}", one function a tag. */
#include "core/template/parser.h"

static tcn_node *parse_target(tcn_parser *p, unsigned flags)
{
    tcn_node *target = tcn_parse_tuple(p, flags | TCN_TUPLE_SIMPLE);
    return target != NULL && tcn_make_target(p, target, TCN_CTX_STORE) ? target : NULL;
}

/* A plain name as target. */
static tcn_node *parse_name_target(tcn_parser *p)
{
    const tcn_token *token = tcn_expect(p, TCN_TOK_NAME);
    if (token == NULL)
        return NULL;
    tcn_node *node = tcn_node_new(p, TCN_N_NAME, token);
    if (node == NULL)
        return NULL;
    tcn_node_name(p, node, token);
    if (tcn_is_literal((enum tcn_word)token->word))
        return tcn_fail_token(p, token, "can't assign to 'name'");
    node->ctx = TCN_CTX_STORE;
    return node;
}

static tcn_node *parse_set(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDSET, TCN_W_OTHER};
    bool has_failed = false;
    tcn_node *target = parse_target(p, TCN_TUPLE_NAMESPACE);
    if (target == NULL)
        return NULL;
    bool is_block = !tcn_skip(p, TCN_TOK_ASSIGN);
    tcn_node *node = tcn_node_new(p, is_block ? TCN_N_SETBLOCK : TCN_N_SET, tag);
    if (node == NULL)
        return NULL;
    node->a = target;
    if (!is_block) {
        node->b = tcn_parse_tuple(p, 0);
        return node->b != NULL ? node : NULL;
    }
    node->b = tcn_parse_filters(p, NULL, false, &has_failed);
    return !has_failed && tcn_parse_statements(p, ends, true, &node->list) ? node : NULL;
}

/* The loop around has a name although nobody needs to say it. */
static bool mention_loop(tcn_parser *p)
{
    p->mentions |= tcn_mention_of(TCN_W_LOOP);
    return tcn_names_add(&p->tokens.names, p->arena, TCN_STR("loop")) != TCN_NO_NAME ||
           tcn_fail_memory(p) != NULL;
}

static tcn_node *parse_for(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDFOR, TCN_W_ELSE, TCN_W_OTHER};
    static const uint8_t last[] = {TCN_W_ENDFOR, TCN_W_OTHER};
    tcn_node *node = tcn_node_new(p, TCN_N_FOR, tag);
    if (node == NULL)
        return NULL;
    node->a = parse_target(p, 0);
    if (node->a == NULL || !tcn_expect_word(p, TCN_W_IN))
        return NULL;
    node->b = tcn_parse_tuple(p, TCN_TUPLE_NO_COND);
    if (node->b == NULL)
        return NULL;
    if (tcn_skip_word(p, TCN_W_IF)) {
        node->c = tcn_parse_expression(p, true);
        if (node->c == NULL)
            return NULL;
    }
    node->flag = tcn_skip_word(p, TCN_W_RECURSIVE);
    if (node->flag && !mention_loop(p))
        return NULL;
    p->loops++;
    p->loop_depth++;
    if (p->loop_depth > p->loop_nesting)
        p->loop_nesting = p->loop_depth;
    if (!tcn_parse_statements(p, ends, false, &node->list))
        return NULL;
    bool has_else = tcn_next(p)->word == TCN_W_ELSE;
    if (has_else && !tcn_parse_statements(p, last, true, &node->list2))
        return NULL;
    p->loop_depth--;
    return node;
}

static tcn_node *parse_if(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ELIF, TCN_W_ELSE, TCN_W_ENDIF, TCN_W_OTHER};
    static const uint8_t last[] = {TCN_W_ENDIF, TCN_W_OTHER};
    tcn_node_list elifs = {0};
    tcn_node *result = tcn_node_new(p, TCN_N_IF, tag);
    tcn_node *node = result;
    while (node != NULL) {
        node->a = tcn_parse_tuple(p, TCN_TUPLE_NO_COND);
        if (node->a == NULL || !tcn_parse_statements(p, ends, false, &node->list))
            return NULL;
        const tcn_token *end = tcn_next(p);
        if (end->word == TCN_W_ELIF) {
            node = tcn_node_new(p, TCN_N_IF, tcn_now(p));
            if (node != NULL)
                tcn_node_add(&elifs, node);
            continue;
        }
        result->c = elifs.first;
        if (end->word == TCN_W_ELSE &&
            !tcn_parse_statements(p, last, true, &result->list2))
            return NULL;
        return result;
    }
    return NULL;
}

static tcn_node *parse_with(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDWITH, TCN_W_OTHER};
    tcn_node_list targets = {0};
    tcn_node_list values = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_WITH, tag);
    while (node != NULL && !tcn_is(p, TCN_TOK_BLOCK_END)) {
        if (targets.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        tcn_node *target = parse_target(p, 0);
        if (target == NULL || !tcn_make_target(p, target, TCN_CTX_PARAM))
            return NULL;
        tcn_node_add(&targets, target);
        if (tcn_expect(p, TCN_TOK_ASSIGN) == NULL)
            return NULL;
        tcn_node *value = tcn_parse_expression(p, true);
        if (value == NULL)
            return NULL;
        tcn_node_add(&values, value);
    }
    if (node == NULL)
        return NULL;
    node->a = targets.first;
    node->b = values.first;
    return tcn_parse_statements(p, ends, true, &node->list) ? node : NULL;
}

/* "(" parameters ")" into a (names) and b (defaults of the last ones). */
static bool parse_signature(tcn_parser *p, tcn_node *node)
{
    tcn_node_list names = {0};
    tcn_node_list defaults = {0};
    if (tcn_expect(p, TCN_TOK_LPAREN) == NULL)
        return false;
    while (!tcn_is(p, TCN_TOK_RPAREN)) {
        if (names.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return false;
        tcn_node *name = parse_name_target(p);
        if (name == NULL)
            return false;
        name->ctx = TCN_CTX_PARAM;
        if (tcn_skip(p, TCN_TOK_ASSIGN)) {
            tcn_node *value = tcn_parse_expression(p, true);
            if (value == NULL)
                return false;
            tcn_node_add(&defaults, value);
        } else if (defaults.first != NULL) {
            (void)tcn_fail_token(p, tcn_now(p),
                                 "non-default argument follows default argument");
            return false;
        }
        tcn_node_add(&names, name);
    }
    node->a = names.first;
    node->b = defaults.first;
    return tcn_expect(p, TCN_TOK_RPAREN) != NULL;
}

static tcn_node *parse_macro(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDMACRO, TCN_W_OTHER};
    tcn_node *node = tcn_node_new(p, TCN_N_MACRO, tag);
    tcn_node *name = node != NULL ? parse_name_target(p) : NULL;
    if (name == NULL || !parse_signature(p, node))
        return NULL;
    node->number = name->number;
    return tcn_parse_statements(p, ends, true, &node->list) ? node : NULL;
}

static tcn_node *parse_call_block(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDCALL, TCN_W_OTHER};
    tcn_node *node = tcn_node_new(p, TCN_N_CALLBLOCK, tag);
    if (node == NULL || (tcn_is(p, TCN_TOK_LPAREN) && !parse_signature(p, node)))
        return NULL;
    node->c = tcn_parse_expression(p, true);
    if (node->c == NULL)
        return NULL;
    if (node->c->kind != TCN_N_CALL)
        return tcn_fail_token(p, tag, "expected call");
    return tcn_parse_statements(p, ends, true, &node->list) ? node : NULL;
}

static tcn_node *parse_filter_block(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDFILTER, TCN_W_OTHER};
    bool has_failed = false;
    tcn_node *node = tcn_node_new(p, TCN_N_FILTERBLOCK, tag);
    if (node == NULL)
        return NULL;
    node->b = tcn_parse_filters(p, NULL, true, &has_failed);
    return !has_failed && tcn_parse_statements(p, ends, true, &node->list) ? node : NULL;
}

static bool is_blank_body(const tcn_node *body)
{
    for (; body != NULL; body = body->next) {
        if (body->kind != TCN_N_OUTPUT)
            return false;
        for (const tcn_node *part = body->list; part != NULL; part = part->next) {
            if (part->kind != TCN_N_DATA || tcn_str_trim(part->text).len != 0)
                return false;
        }
    }
    return true;
}

/* Before its body is parsed: a block stands before those inside it. */
static bool note_block(tcn_parser *p, const tcn_node *node)
{
    tcn_ast_block *block = tcn_arena_zero(p->arena, sizeof *block);
    if (block == NULL)
        return tcn_fail_memory(p) != NULL;
    block->node = node;
    if (p->blocks_end == NULL)
        p->blocks_end = &p->blocks;
    *p->blocks_end = block;
    p->blocks_end = &block->next;
    return true;
}

static tcn_node *parse_block(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDBLOCK, TCN_W_OTHER};
    const tcn_token *name = tcn_expect(p, TCN_TOK_NAME);
    tcn_node *node = name != NULL ? tcn_node_new(p, TCN_N_BLOCK, tag) : NULL;
    if (node == NULL || !note_block(p, node))
        return NULL;
    node->text = tcn_token_text(name);
    node->flag = tcn_skip_word(p, TCN_W_SCOPED);
    if (node->flag && !mention_loop(p))
        return NULL;
    p->mentions |= node->flag ? TCN_MENTION_SCOPED : 0;
    node->op = tcn_skip_word(p, TCN_W_REQUIRED);
    if (tcn_is(p, TCN_TOK_SUB))
        return tcn_fail_token(
            p, tcn_now(p),
            "Block names in Jinja have to be valid Python identifiers and may "
            "not contain hyphens, use an underscore instead.");
    if (!tcn_parse_statements(p, ends, true, &node->list))
        return NULL;
    if (node->op != 0 && !is_blank_body(node->list))
        return tcn_fail_token(p, tcn_now(p),
                              "Required blocks can only contain comments or whitespace");
    if (tcn_is(p, TCN_TOK_NAME) && tcn_str_eq(tcn_token_text(tcn_now(p)), node->text))
        (void)tcn_next(p);
    return node;
}

static tcn_node *parse_autoescape(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDAUTOESCAPE, TCN_W_OTHER};
    tcn_node *node = tcn_node_new(p, TCN_N_AUTOESCAPE, tag);
    if (node == NULL)
        return NULL;
    node->a = tcn_parse_expression(p, true);
    return node->a != NULL && tcn_parse_statements(p, ends, true, &node->list) ? node
                                                                               : NULL;
}

static tcn_node *parse_print(tcn_parser *p, const tcn_token *tag)
{
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_OUTPUT, tag);
    while (node != NULL && !tcn_is(p, TCN_TOK_BLOCK_END)) {
        if (list.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        tcn_node *item = tcn_parse_expression(p, true);
        if (item == NULL)
            return NULL;
        tcn_node_add(&list, item);
    }
    if (node != NULL)
        node->list = list.first;
    return node;
}

/* [("with" | "without") "context"] */
static bool skip_context(tcn_parser *p, tcn_node *node)
{
    bool is_with = tcn_is_word(p, TCN_W_WITH);
    bool is_context =
        (is_with || tcn_is_word(p, TCN_W_WITHOUT)) && tcn_look(p)->word == TCN_W_CONTEXT;
    if (is_context) {
        node->flag = is_with;
        (void)tcn_next(p);
        (void)tcn_next(p);
    }
    return is_context;
}

/* name ["as" target]; what is imported is number2 of the target. */
static tcn_node *parse_imported(tcn_parser *p)
{
    tcn_node *name = parse_name_target(p);
    if (name == NULL)
        return NULL;
    if (tcn_names_text(&p->tokens.names, name->number).ptr[0] == '_') {
        p->code = tcn_tpl_fail(p->reterr, TCN_EXC_TemplateAssertionError,
                               p->tokens.source, name->pos,
                               "names starting with an underline can not be imported");
        return NULL;
    }
    tcn_node *target = tcn_skip_word(p, TCN_W_AS) ? parse_name_target(p) : name;
    if (target != NULL)
        target->number2 = name->number;
    return target;
}

static tcn_node *parse_from_names(tcn_parser *p, tcn_node *node)
{
    tcn_node_list names = {0};
    for (;;) {
        if (names.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        if (!tcn_is(p, TCN_TOK_NAME)) {
            (void)tcn_expect(p, TCN_TOK_NAME);
            return NULL;
        }
        if (skip_context(p, node))
            break;
        tcn_node *target = parse_imported(p);
        if (target == NULL)
            return NULL;
        tcn_node_add(&names, target);
        if (skip_context(p, node) || !tcn_is(p, TCN_TOK_COMMA))
            break;
    }
    node->list = names.first;
    return node;
}

/* The statement's template is what all of these begin with. */
static tcn_node *parse_load(tcn_parser *p, const tcn_token *tag, enum tcn_node_kind kind)
{
    tcn_node *node = tcn_node_new(p, kind, tag);
    if (node != NULL)
        node->a = tcn_parse_expression(p, true);
    return node != NULL && node->a != NULL ? node : NULL;
}

static tcn_node *parse_extends(tcn_parser *p, const tcn_token *tag)
{
    p->has_extends = true;
    return parse_load(p, tag, TCN_N_EXTENDS);
}

static tcn_node *parse_include(tcn_parser *p, const tcn_token *tag)
{
    tcn_node *node = parse_load(p, tag, TCN_N_INCLUDE);
    if (node == NULL)
        return NULL;
    node->flag = true;
    node->op = tcn_is_word(p, TCN_W_IGNORE) && tcn_look(p)->word == TCN_W_MISSING;
    if (node->op != 0) {
        (void)tcn_next(p);
        (void)tcn_next(p);
    }
    (void)skip_context(p, node);
    return node;
}

static tcn_node *parse_import(tcn_parser *p, const tcn_token *tag)
{
    tcn_node *node = parse_load(p, tag, TCN_N_IMPORT);
    if (node == NULL || !tcn_expect_word(p, TCN_W_AS))
        return NULL;
    node->list = parse_name_target(p);
    if (node->list == NULL)
        return NULL;
    (void)skip_context(p, node);
    return node;
}

static tcn_node *parse_from(tcn_parser *p, const tcn_token *tag)
{
    tcn_node *node = parse_load(p, tag, TCN_N_FROM);
    return node != NULL && tcn_expect_word(p, TCN_W_IMPORT) ? parse_from_names(p, node)
                                                            : NULL;
}

static const tcn_parse_tag_fn statements[TCN_WORD_COUNT] = {
    [TCN_W_FOR] = parse_for,
    [TCN_W_IF] = parse_if,
    [TCN_W_SET] = parse_set,
    [TCN_W_WITH] = parse_with,
    [TCN_W_MACRO] = parse_macro,
    [TCN_W_CALL] = parse_call_block,
    [TCN_W_FILTER] = parse_filter_block,
    [TCN_W_BLOCK] = parse_block,
    [TCN_W_PRINT] = parse_print,
    [TCN_W_AUTOESCAPE] = parse_autoescape,
    [TCN_W_INCLUDE] = parse_include,
    [TCN_W_IMPORT] = parse_import,
    [TCN_W_FROM] = parse_from,
    [TCN_W_EXTENDS] = parse_extends,
};

tcn_parse_tag_fn tcn_parse_tag_of(enum tcn_word word)
{
    return statements[word];
}
