/* SPDX-License-Identifier: Apache-2.0 */
/* parser.c - statements, and the way from source to tree. */
#include "core/template/parser.h"

#include <stdio.h>

#include "core/base/err.h"

/* From here on the lexer's error is the one: what fails afterwards does not replace it.
 */
static void meet_wrong(tcn_parser *p, const tcn_token *token)
{
    if (token->type != TCN_TOK_WRONG || p->code < 0)
        return;
    p->code = TCN_E_SYNTAX;
    if (p->reterr != NULL)
        *p->reterr = p->wrong;
}

const tcn_token *tcn_look(tcn_parser *p)
{
    size_t next = p->at + 1 < p->tokens.count ? p->at + 1 : p->at;
    meet_wrong(p, &p->tokens.items[next]);
    return &p->tokens.items[next];
}

const tcn_token *tcn_next(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    if (p->at + 1 < p->tokens.count)
        p->at++;
    meet_wrong(p, tcn_now(p));
    return token;
}

bool tcn_skip(tcn_parser *p, enum tcn_token_type type)
{
    if (!tcn_is(p, type))
        return false;
    (void)tcn_next(p);
    return true;
}

bool tcn_skip_word(tcn_parser *p, enum tcn_word word)
{
    if (!tcn_is_word(p, word))
        return false;
    (void)tcn_next(p);
    return true;
}

const char *tcn_describe(const tcn_token *token, char *out, size_t size)
{
    if (token->type != TCN_TOK_NAME)
        return tcn_token_describe(token->type);
    size_t len = token->text.len < size ? token->text.len : size - 1;
    memcpy(out, token->text.ptr, len);
    out[len] = '\0';
    return out;
}

tcn_node *tcn_fail_token(tcn_parser *p, const tcn_token *token, const char *fmt, ...)
{
    char text[TCN_EXC_TEXT];
    if (p->code < 0)
        return NULL;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    p->code = tcn_tpl_fail(p->reterr, TCN_EXC_TemplateSyntaxError, p->tokens.source,
                           token->line, token->pos, "%s", text);
    return NULL;
}

tcn_node *tcn_fail_memory(tcn_parser *p)
{
    (void)tcn_tpl_fail(p->reterr, TCN_EXC_MemoryError, p->tokens.source, 0, SIZE_MAX,
                       "out of memory");
    p->code = TCN_E_NOMEM;
    return NULL;
}

tcn_node *tcn_fail_depth(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    p->code = tcn_tpl_fail(
        p->reterr, TCN_EXC_TemplateLimitError, p->tokens.source, token->line, token->pos,
        "nesting of the template is over the limit of %u", p->env->limits.nesting);
    return NULL;
}

static const tcn_token *fail_expected(tcn_parser *p, const char *expected)
{
    char text[128];
    const tcn_token *token = tcn_now(p);
    if (token->type == TCN_TOK_EOF)
        (void)tcn_fail_token(p, token, "unexpected end of template, expected '%s'.",
                             expected);
    else
        (void)tcn_fail_token(p, token, "expected token '%s', got '%s'", expected,
                             tcn_describe(token, text, sizeof text));
    return NULL;
}

const tcn_token *tcn_expect(tcn_parser *p, enum tcn_token_type type)
{
    return tcn_is(p, type) ? tcn_next(p) : fail_expected(p, tcn_token_describe(type));
}

bool tcn_expect_word(tcn_parser *p, enum tcn_word word)
{
    return tcn_skip_word(p, word) || fail_expected(p, tcn_word_str(word).ptr) != NULL;
}

tcn_node *tcn_node_new(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token)
{
    tcn_node *node = tcn_arena_alloc(p->arena, sizeof *node);
    if (node == NULL)
        return tcn_fail_memory(p);
    *node = (tcn_node){
        .kind = (uint8_t)kind, .depth = 1, .line = token->line, .pos = token->pos};
    return node;
}

void tcn_node_name(tcn_parser *p, tcn_node *node, const tcn_token *token)
{
    node->name = token->text;
    node->number = token->number;
    p->mentions |= tcn_mention_of((enum tcn_word)token->word);
}

bool tcn_node_child(tcn_parser *p, tcn_node *node, const tcn_node *child)
{
    uint32_t depth = child->depth + 1u;
    if (depth > p->env->limits.nesting || depth > UINT16_MAX) {
        (void)tcn_fail_depth(p);
        return false;
    }
    if (depth > node->depth)
        node->depth = (uint16_t)depth;
    return true;
}

void tcn_node_add(tcn_node_list *list, tcn_node *node)
{
    if (list->end == NULL)
        list->end = &list->first;
    *list->end = node;
    list->end = &node->next;
}

bool tcn_enter(tcn_parser *p)
{
    if (++p->depth <= p->env->limits.nesting)
        return true;
    (void)tcn_fail_depth(p);
    return false;
}

static bool parse_body(tcn_parser *p, const uint8_t *ends, tcn_node **ret);

static bool is_end_tag(const tcn_parser *p, const uint8_t *ends)
{
    enum tcn_word word = (enum tcn_word)tcn_now(p)->word;
    for (; ends != NULL && *ends != TCN_W_OTHER; ends++) {
        if (*ends == word)
            return true;
    }
    return false;
}

static void add_alternatives(char *out, size_t size, const uint8_t *ends)
{
    for (size_t i = 0; ends[i] != TCN_W_OTHER; i++) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "%s'%s'", i > 0 ? " or " : "",
                       tcn_word_str((enum tcn_word)ends[i]).ptr);
    }
}

/* An unknown tag (name) or the end of the template (NULL) where a body is open. */
static tcn_node *fail_open(tcn_parser *p, const tcn_token *tag,
                           const tcn_end_tags *innermost)
{
    char message[TCN_EXC_TEXT];
    char looking[256] = "";
    char quoted[256];
    bool is_wanted = false;
    if (innermost != NULL)
        add_alternatives(looking, sizeof looking, innermost->words);
    for (const tcn_end_tags *e = innermost; e != NULL && tag != NULL; e = e->outer) {
        for (size_t i = 0; e->words[i] != TCN_W_OTHER; i++)
            is_wanted = is_wanted || tag->word == e->words[i];
    }
    int n = tag == NULL ? snprintf(message, sizeof message, "Unexpected end of template.")
                        : snprintf(message, sizeof message, "Encountered unknown tag %s.",
                                   tcn_quote(tag->text, quoted, sizeof quoted));
    size_t len = (size_t)n;
    if (looking[0] != '\0')
        len += (size_t)snprintf(message + len, sizeof message - len,
                                is_wanted
                                    ? " You probably made a nesting mistake. Jinja is "
                                      "expecting this tag, but currently looking for %s."
                                    : " Jinja was looking for the following tags: %s.",
                                looking);
    if (p->tags != NULL)
        (void)snprintf(message + len, sizeof message - len,
                       " The innermost block that needs to be closed is '%.*s'.",
                       TCN_STR_ARG(p->tags->name));
    return tcn_fail_token(p, tag != NULL ? tag : tcn_now(p), "%s", message);
}

/* [":"] "%}" body, up to one of the end tags, which becomes the current token. */
static bool parse_statements(tcn_parser *p, const uint8_t *ends, bool is_dropped,
                             tcn_node **ret)
{
    (void)tcn_skip(p, TCN_TOK_COLON);
    if (tcn_expect(p, TCN_TOK_BLOCK_END) == NULL || !parse_body(p, ends, ret))
        return false;
    if (tcn_is(p, TCN_TOK_EOF)) {
        tcn_end_tags innermost = {.outer = p->ends, .words = ends};
        (void)fail_open(p, NULL, &innermost);
        return false;
    }
    if (is_dropped)
        (void)tcn_next(p);
    return true;
}

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
    return !has_failed && parse_statements(p, ends, true, &node->list) ? node : NULL;
}

/* The loop around has a name although nobody needs to say it. */
static bool mention_loop(tcn_parser *p)
{
    uint32_t number;
    p->mentions |= tcn_mention_of(TCN_W_LOOP);
    return tcn_names_add(&p->tokens.names, p->arena, TCN_STR("loop"), &number) >= 0 ||
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
    if (!parse_statements(p, ends, false, &node->list))
        return NULL;
    bool has_else = tcn_next(p)->word == TCN_W_ELSE;
    if (has_else && !parse_statements(p, last, true, &node->list2))
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
        if (node->a == NULL || !parse_statements(p, ends, false, &node->list))
            return NULL;
        const tcn_token *end = tcn_next(p);
        if (end->word == TCN_W_ELIF) {
            node = tcn_node_new(p, TCN_N_IF, tcn_now(p));
            if (node != NULL)
                tcn_node_add(&elifs, node);
            continue;
        }
        result->c = elifs.first;
        if (end->word == TCN_W_ELSE && !parse_statements(p, last, true, &result->list2))
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
    return parse_statements(p, ends, true, &node->list) ? node : NULL;
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
    node->name = name->name;
    node->number = name->number;
    return parse_statements(p, ends, true, &node->list) ? node : NULL;
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
    return parse_statements(p, ends, true, &node->list) ? node : NULL;
}

static tcn_node *parse_filter_block(tcn_parser *p, const tcn_token *tag)
{
    static const uint8_t ends[] = {TCN_W_ENDFILTER, TCN_W_OTHER};
    bool has_failed = false;
    tcn_node *node = tcn_node_new(p, TCN_N_FILTERBLOCK, tag);
    if (node == NULL)
        return NULL;
    node->b = tcn_parse_filters(p, NULL, true, &has_failed);
    return !has_failed && parse_statements(p, ends, true, &node->list) ? node : NULL;
}

static bool is_blank_body(const tcn_node *body)
{
    for (; body != NULL; body = body->next) {
        if (body->kind != TCN_N_OUTPUT)
            return false;
        for (const tcn_node *part = body->list; part != NULL; part = part->next) {
            if (part->kind != TCN_N_DATA || tcn_str_trim(part->name).len != 0)
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
    node->name = name->text;
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
    if (!parse_statements(p, ends, true, &node->list))
        return NULL;
    if (node->op != 0 && !is_blank_body(node->list))
        return tcn_fail_token(p, tcn_now(p),
                              "Required blocks can only contain comments or whitespace");
    if (tcn_is(p, TCN_TOK_NAME) && tcn_str_eq(tcn_now(p)->text, node->name))
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
    return node->a != NULL && parse_statements(p, ends, true, &node->list) ? node : NULL;
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
    if (name->name.ptr[0] == '_') {
        p->code = tcn_tpl_fail(p->reterr, TCN_EXC_TemplateAssertionError,
                               p->tokens.source, name->line, name->pos,
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

static tcn_node *(*const statements[TCN_WORD_COUNT])(tcn_parser *p,
                                                     const tcn_token *tag) = {
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

static tcn_node *parse_statement(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    if (token->type != TCN_TOK_NAME)
        return tcn_fail_token(p, token, "tag name expected");
    if (statements[token->word] == NULL)
        return fail_open(p, token, p->ends);
    tcn_tag tag = {.outer = p->tags, .name = token->text};
    uint8_t outer = p->mentions;
    p->tags = &tag;
    p->mentions = 0;
    (void)tcn_next(p);
    tcn_node *node = tcn_enter(p) ? statements[token->word](p, token) : NULL;
    tcn_leave(p);
    if (node != NULL)
        node->mentions = p->mentions;
    p->mentions |= outer;
    p->tags = tag.outer;
    return node;
}

/* Text and print tags go into one OUTPUT until a statement comes. */
static bool add_output(tcn_parser *p, tcn_node_list *body, tcn_node **output,
                       tcn_node_list *parts, tcn_node *part, const tcn_token *token)
{
    if (part == NULL)
        return false;
    if (*output == NULL) {
        *output = tcn_node_new(p, TCN_N_OUTPUT, token);
        if (*output == NULL)
            return false;
        *parts = (tcn_node_list){0};
        tcn_node_add(body, *output);
    }
    tcn_node_add(parts, part);
    (*output)->list = parts->first;
    return true;
}

static tcn_node *parse_print_tag(tcn_parser *p)
{
    (void)tcn_next(p);
    tcn_node *node = tcn_parse_tuple(p, 0);
    return node != NULL && tcn_expect(p, TCN_TOK_VARIABLE_END) != NULL ? node : NULL;
}

static tcn_node *data_node(tcn_parser *p)
{
    const tcn_token *token = tcn_next(p);
    tcn_node *node = tcn_node_new(p, TCN_N_DATA, token);
    if (node != NULL)
        node->name = token->text;
    return node;
}

static bool parse_parts(tcn_parser *p, const uint8_t *ends, tcn_node_list *body)
{
    tcn_node *output = NULL;
    tcn_node_list parts = {0};
    for (;;) {
        const tcn_token *token = tcn_now(p);
        if (token->type == TCN_TOK_EOF)
            return true;
        if (token->type == TCN_TOK_WRONG || p->code < 0)
            return false;
        if (token->type != TCN_TOK_BLOCK_BEGIN) {
            bool is_data = token->type == TCN_TOK_DATA;
            tcn_node *part = is_data ? data_node(p) : parse_print_tag(p);
            if (!add_output(p, body, &output, &parts, part, token))
                return false;
            continue;
        }
        (void)tcn_next(p);
        if (is_end_tag(p, ends))
            return true;
        tcn_node *statement = parse_statement(p);
        if (statement == NULL)
            return false;
        output = NULL;
        tcn_node_add(body, statement);
        if (tcn_expect(p, TCN_TOK_BLOCK_END) == NULL)
            return false;
    }
}

static bool parse_body(tcn_parser *p, const uint8_t *ends, tcn_node **ret)
{
    tcn_node_list body = {0};
    tcn_end_tags level = {.outer = p->ends, .words = ends};
    if (ends != NULL)
        p->ends = &level;
    bool is_done = parse_parts(p, ends, &body);
    p->ends = level.outer;
    *ret = body.first;
    return is_done;
}

int tcn_tpl_parse(const tcn_tpl_env *env, tcn_str source, tcn_arena *arena,
                  tcn_arena *kept, tcn_ast *ret, tcn_tpl_error *reterr)
{
    tcn_parser p = {.env = env, .arena = arena, .reterr = reterr};
    int rc = tcn_tpl_lex(env, source, arena, kept, &p.tokens, &p.wrong);
    if (rc < 0) {
        if (reterr != NULL)
            *reterr = p.wrong;
        return rc;
    }
    meet_wrong(&p, tcn_now(&p));
    tcn_rt_init(&p.rt, arena, &env->limits.run);
    bool is_done = parse_body(&p, NULL, &ret->body) && p.code >= 0;
    if (!is_done)
        return p.code;
    ret->source = p.tokens.source;
    ret->names = p.tokens.names;
    ret->has_slices = p.has_slices;
    ret->has_extends = p.has_extends;
    ret->blocks = p.blocks;
    ret->loops = p.loops;
    ret->loop_nesting = p.loop_nesting;
    return 0;
}
