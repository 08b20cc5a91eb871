/* SPDX-License-Identifier: Apache-2.0 */
/* parser_expr.c - expressions by recursive descent, one function per level of precedence
 * down to literals and names; what may follow those is in parser_postfix.c.
 * Every way into recursion goes through tcn_enter, which counts. */
#include "core/template/parser_expr.h"
#include "core/base/err.h"
#include "core/template/program.h"
#include "core/value/big.h"
#include "core/value/number.h"

static tcn_node *parse_unary(tcn_parser *p, bool has_filter);

tcn_node *tcn_node_binary(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token,
                          tcn_node *a, tcn_node *b)
{
    if (a == NULL || b == NULL)
        return NULL;
    tcn_node *node = tcn_node_new(p, kind, token);
    if (node == NULL || !tcn_node_child(p, node, a) || !tcn_node_child(p, node, b))
        return NULL;
    node->a = a;
    node->b = b;
    return node;
}

tcn_node *tcn_node_unary(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token,
                         tcn_node *a)
{
    if (a == NULL)
        return NULL;
    tcn_node *node = tcn_node_new(p, kind, token);
    if (node == NULL || !tcn_node_child(p, node, a))
        return NULL;
    node->a = a;
    return node;
}

bool tcn_node_collect(tcn_parser *p, tcn_node *owner, tcn_node_list *list, tcn_node *item)
{
    if (item == NULL || !tcn_node_child(p, owner, item))
        return false;
    tcn_node_add(list, item);
    return true;
}

static tcn_node *parse_power(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *left = parse_unary(p, true);
    while (left != NULL && tcn_skip(p, TCN_TOK_POW)) {
        left = tcn_node_binary(p, TCN_N_BINARY, token, left, parse_unary(p, true));
        if (left != NULL)
            left->op = TCN_POW;
        token = tcn_now(p);
    }
    return left;
}

static int product_op(enum tcn_token_type type)
{
    switch ((int)type) {
    case TCN_TOK_MUL:
        return TCN_MUL;
    case TCN_TOK_DIV:
        return TCN_DIV;
    case TCN_TOK_FLOORDIV:
        return TCN_FLOORDIV;
    case TCN_TOK_MOD:
        return TCN_MOD;
    default:
        return -1;
    }
}

static tcn_node *parse_product(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *left = parse_power(p);
    int op = left != NULL ? product_op(tcn_now(p)->type) : -1;
    while (op >= 0) {
        (void)tcn_next(p);
        left = tcn_node_binary(p, TCN_N_BINARY, token, left, parse_power(p));
        if (left == NULL)
            return NULL;
        left->op = (uint8_t)op;
        token = tcn_now(p);
        op = product_op(token->type);
    }
    return left;
}

static tcn_node *parse_concat(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *first = parse_product(p);
    if (first == NULL || !tcn_is(p, TCN_TOK_TILDE))
        return first;
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_CONCAT, token);
    if (node == NULL || !tcn_node_collect(p, node, &list, first))
        return NULL;
    while (tcn_skip(p, TCN_TOK_TILDE)) {
        if (!tcn_node_collect(p, node, &list, parse_product(p)))
            return NULL;
    }
    node->list = list.first;
    return node;
}

static tcn_node *parse_sum(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *left = parse_concat(p);
    while (left != NULL && (tcn_is(p, TCN_TOK_ADD) || tcn_is(p, TCN_TOK_SUB))) {
        bool is_add = tcn_next(p)->type == TCN_TOK_ADD;
        left = tcn_node_binary(p, TCN_N_BINARY, token, left, parse_concat(p));
        if (left != NULL)
            left->op = is_add ? TCN_ADD : TCN_SUB;
        token = tcn_now(p);
    }
    return left;
}

static int compare_op(tcn_parser *p)
{
    switch ((int)tcn_now(p)->type) {
    case TCN_TOK_EQ:
        return TCN_CMP_EQ;
    case TCN_TOK_NE:
        return TCN_CMP_NE;
    case TCN_TOK_LT:
        return TCN_CMP_LT;
    case TCN_TOK_LTEQ:
        return TCN_CMP_LE;
    case TCN_TOK_GT:
        return TCN_CMP_GT;
    case TCN_TOK_GTEQ:
        return TCN_CMP_GE;
    case TCN_TOK_NAME:
        break;
    default:
        return -1;
    }
    if (tcn_is_word(p, TCN_W_IN))
        return TCN_CMP_IN;
    if (!tcn_is_word(p, TCN_W_NOT) || tcn_look(p)->word != TCN_W_IN)
        return -1;
    (void)tcn_next(p);
    return TCN_CMP_NOT_IN;
}

static tcn_node *parse_compare(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *first = parse_sum(p);
    tcn_node_list list = {0};
    tcn_node *node = NULL;
    for (int op = first != NULL ? compare_op(p) : -1; op >= 0; op = compare_op(p)) {
        const tcn_token *sign = tcn_next(p);
        if (node == NULL)
            node = tcn_node_unary(p, TCN_N_COMPARE, token, first);
        if (node == NULL)
            return NULL;
        tcn_node *operand = tcn_node_unary(p, TCN_N_OPERAND, sign, parse_sum(p));
        if (!tcn_node_collect(p, node, &list, operand))
            return NULL;
        operand->op = (uint8_t)op;
    }
    if (node == NULL)
        return first;
    node->list = list.first;
    return node;
}

static tcn_node *parse_not(tcn_parser *p)
{
    if (!tcn_is_word(p, TCN_W_NOT))
        return parse_compare(p);
    const tcn_token *token = tcn_next(p);
    if (!tcn_enter(p))
        return NULL;
    tcn_node *node = tcn_node_unary(p, TCN_N_NOT, token, parse_not(p));
    tcn_leave(p);
    return node;
}

static tcn_node *parse_and(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *left = parse_not(p);
    while (left != NULL && tcn_skip_word(p, TCN_W_AND)) {
        left = tcn_node_binary(p, TCN_N_AND, token, left, parse_not(p));
        token = tcn_now(p);
    }
    return left;
}

static tcn_node *parse_or(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *left = parse_and(p);
    while (left != NULL && tcn_skip_word(p, TCN_W_OR)) {
        left = tcn_node_binary(p, TCN_N_OR, token, left, parse_and(p));
        token = tcn_now(p);
    }
    return left;
}

static tcn_node *parse_cond(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *then = parse_or(p);
    while (then != NULL && tcn_skip_word(p, TCN_W_IF)) {
        tcn_node *node = tcn_node_binary(p, TCN_N_COND, token, parse_or(p), then);
        if (node == NULL)
            return NULL;
        if (tcn_skip_word(p, TCN_W_ELSE)) {
            node->c = tcn_parse_expression(p, true);
            if (node->c == NULL || !tcn_node_child(p, node, node->c))
                return NULL;
        }
        then = node;
        token = tcn_now(p);
    }
    return then;
}

tcn_node *tcn_parse_expression(tcn_parser *p, bool has_cond)
{
    if (!tcn_enter(p))
        return NULL;
    tcn_node *node = has_cond ? parse_cond(p) : parse_or(p);
    tcn_leave(p);
    return node;
}

/* Jinja means the words "in" and "recursive" to end a tuple, too, but its check for them
 * never holds: "for x, in y" fails there. */
static bool is_tuple_end(const tcn_parser *p)
{
    return tcn_is(p, TCN_TOK_VARIABLE_END) || tcn_is(p, TCN_TOK_BLOCK_END) ||
           tcn_is(p, TCN_TOK_RPAREN);
}

static tcn_node *tuple_item(tcn_parser *p, unsigned flags)
{
    if ((flags & TCN_TUPLE_SIMPLE) == 0)
        return tcn_parse_expression(p, (flags & TCN_TUPLE_NO_COND) == 0);
    if (!tcn_enter(p))
        return NULL;
    tcn_node *node = tcn_parse_primary(p, (flags & TCN_TUPLE_NAMESPACE) != 0);
    tcn_leave(p);
    return node;
}

tcn_node *tcn_parse_tuple(tcn_parser *p, unsigned flags)
{
    const tcn_token *token = tcn_now(p);
    tcn_node_list list = {0};
    tcn_node *only = NULL;
    if (!is_tuple_end(p)) {
        only = tuple_item(p, flags);
        if (only == NULL || !tcn_is(p, TCN_TOK_COMMA))
            return only;
    } else if ((flags & TCN_TUPLE_IN_PARENS) == 0) {
        char text[128];
        return tcn_fail_token(p, tcn_now(p), "Expected an expression, got '%s'",
                              tcn_describe(tcn_now(p), text, sizeof text));
    }
    tcn_node *node = tcn_node_new(p, TCN_N_TUPLE, token);
    if (node == NULL || (only != NULL && !tcn_node_collect(p, node, &list, only)))
        return NULL;
    while (tcn_skip(p, TCN_TOK_COMMA) && !is_tuple_end(p)) {
        if (!tcn_node_collect(p, node, &list, tuple_item(p, flags)))
            return NULL;
    }
    node->list = list.first;
    return node;
}

static tcn_node *parse_list(tcn_parser *p)
{
    const tcn_token *token = tcn_next(p);
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_LIST, token);
    while (node != NULL && !tcn_is(p, TCN_TOK_RBRACKET)) {
        if (list.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        if (tcn_is(p, TCN_TOK_RBRACKET))
            break;
        if (!tcn_node_collect(p, node, &list, tcn_parse_expression(p, true)))
            return NULL;
    }
    if (node == NULL || tcn_expect(p, TCN_TOK_RBRACKET) == NULL)
        return NULL;
    node->list = list.first;
    return node;
}

static tcn_node *parse_dict(tcn_parser *p)
{
    const tcn_token *token = tcn_next(p);
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_DICT, token);
    while (node != NULL && !tcn_is(p, TCN_TOK_RBRACE)) {
        if (list.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        if (tcn_is(p, TCN_TOK_RBRACE))
            break;
        if (!tcn_node_collect(p, node, &list, tcn_parse_expression(p, true)) ||
            tcn_expect(p, TCN_TOK_COLON) == NULL ||
            !tcn_node_collect(p, node, &list, tcn_parse_expression(p, true)))
            return NULL;
    }
    if (node == NULL || tcn_expect(p, TCN_TOK_RBRACE) == NULL)
        return NULL;
    node->list = list.first;
    return node;
}

static tcn_node *constant(tcn_parser *p, const tcn_token *token, tcn_value value)
{
    tcn_node *node = tcn_node_new(p, TCN_N_CONST, token);
    if (node != NULL)
        node->value = value;
    return node;
}

static tcn_node *parse_name(tcn_parser *p, bool has_namespace)
{
    const tcn_token *token = tcn_next(p);
    if (token->word == TCN_W_TRUE || token->word == TCN_W_TRUE_PY)
        return constant(p, token, tcn_bool(true));
    if (token->word == TCN_W_FALSE || token->word == TCN_W_FALSE_PY)
        return constant(p, token, tcn_bool(false));
    if (token->word == TCN_W_NONE || token->word == TCN_W_NONE_PY)
        return constant(p, token, tcn_none());
    bool is_ref = has_namespace && tcn_skip(p, TCN_TOK_DOT);
    tcn_node *node = tcn_node_new(p, is_ref ? TCN_N_NSREF : TCN_N_NAME, token);
    if (node == NULL)
        return NULL;
    tcn_node_name(p, node, token);
    if (is_ref) {
        const tcn_token *attr = tcn_expect(p, TCN_TOK_NAME);
        if (attr == NULL)
            return NULL;
        node->number2 = attr->number;
    }
    return node;
}

/* Strings side by side are one. */
static tcn_node *parse_strings(tcn_parser *p)
{
    const tcn_token *first = tcn_now(p);
    size_t total = 0;
    size_t from = p->at;
    for (; tcn_is(p, TCN_TOK_STRING); (void)tcn_next(p))
        total += tcn_now(p)->text.len;
    tcn_str text = first->text;
    if (p->at - from > 1) {
        char *joined = tcn_arena_alloc(p->arena, total + 1);
        if (joined == NULL)
            return tcn_fail_memory(p);
        size_t len = 0;
        for (size_t i = from; i < p->at; i++) {
            tcn_str part = p->tokens.items[i].text;
            if (part.len > 0)
                memcpy(joined + len, part.ptr, part.len);
            len += part.len;
        }
        text = tcn_str_of(joined, len);
    }
    tcn_value value = tcn_str_borrow(p->arena, text);
    return tcn_is_missing(value) ? tcn_fail_memory(p) : constant(p, first, value);
}

tcn_node *tcn_parse_number(tcn_parser *p)
{
    const tcn_token *token = tcn_next(p);
    tcn_str digits = token->text;
    if (token->type == TCN_TOK_FLOAT) {
        double f = 0;
        (void)tcn_real_parse(digits, &f);
        return constant(p, token, tcn_real(f));
    }
    unsigned base = 10;
    if (digits.len > 1 && digits.ptr[0] == '0') {
        char mark = (char)(digits.ptr[1] | 32);
        base = mark == 'x' ? 16 : (mark == 'o' ? 8 : (mark == 'b' ? 2 : 10));
        if (base != 10)
            digits = tcn_str_of(digits.ptr + 2, digits.len - 2);
    }
    tcn_value value;
    if (tcn_big_parse(&p->rt, digits, base, false, &value) < 0) {
        p->code = tcn_tpl_fail(p->reterr, p->rt.exc.exc_class, p->tokens.source,
                               token->line, token->pos, "%s", p->rt.exc.text);
        return NULL;
    }
    return constant(p, token, value);
}

tcn_node *tcn_parse_primary(tcn_parser *p, bool has_namespace)
{
    char text[128];
    const tcn_token *token = tcn_now(p);
    tcn_node *node;
    switch ((int)token->type) {
    case TCN_TOK_NAME:
        return parse_name(p, has_namespace);
    case TCN_TOK_STRING:
        return parse_strings(p);
    case TCN_TOK_INTEGER:
    case TCN_TOK_FLOAT:
        return tcn_parse_number(p);
    case TCN_TOK_LPAREN:
        (void)tcn_next(p);
        node = tcn_parse_tuple(p, TCN_TUPLE_IN_PARENS);
        return node != NULL && tcn_expect(p, TCN_TOK_RPAREN) != NULL ? node : NULL;
    case TCN_TOK_LBRACKET:
        return parse_list(p);
    case TCN_TOK_LBRACE:
        return parse_dict(p);
    default:
        return tcn_fail_token(p, token, "unexpected '%s'",
                              tcn_describe(token, text, sizeof text));
    }
}

static tcn_node *parse_unary(tcn_parser *p, bool has_filter)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *node;
    if (token->type == TCN_TOK_SUB || token->type == TCN_TOK_ADD) {
        (void)tcn_next(p);
        if (!tcn_enter(p))
            return NULL;
        node = tcn_node_unary(p, token->type == TCN_TOK_SUB ? TCN_N_NEG : TCN_N_POS,
                              token, parse_unary(p, false));
        tcn_leave(p);
    } else {
        node = tcn_parse_primary(p, false);
    }
    node = tcn_parse_postfix(p, node);
    return has_filter ? tcn_parse_filter_expr(p, node) : node;
}

/* What messages call an expression. */
static const char *kind_name(const tcn_node *node)
{
    static const char *const kinds[] = {
        [TCN_N_CONST] = "const",     [TCN_N_TUPLE] = "tuple",
        [TCN_N_LIST] = "list",       [TCN_N_DICT] = "dict",
        [TCN_N_COND] = "condexpr",   [TCN_N_OR] = "or",
        [TCN_N_AND] = "and",         [TCN_N_NOT] = "not",
        [TCN_N_NEG] = "neg",         [TCN_N_POS] = "pos",
        [TCN_N_COMPARE] = "compare", [TCN_N_CONCAT] = "concat",
        [TCN_N_GETATTR] = "getattr", [TCN_N_GETITEM] = "getitem",
        [TCN_N_CALL] = "call",       [TCN_N_FILTER] = "filter",
        [TCN_N_TEST] = "test"};
    static const char *const operators[] = {
        [TCN_ADD] = "add", [TCN_SUB] = "sub",           [TCN_MUL] = "mul",
        [TCN_DIV] = "div", [TCN_FLOORDIV] = "floordiv", [TCN_MOD] = "mod",
        [TCN_POW] = "pow"};
    return node->kind == TCN_N_BINARY ? operators[node->op] : kinds[node->kind];
}

bool tcn_make_target(tcn_parser *p, tcn_node *node, enum tcn_ctx ctx)
{
    node->ctx = (uint8_t)ctx;
    switch (node->kind) {
    case TCN_N_NAME:
        if (node->number == tcn_names_word(&p->tokens.names, TCN_W_LOOP))
            p->mentions |= TCN_MENTION_LOOP_TARGET;
        return true;
    case TCN_N_NSREF:
        return true;
    case TCN_N_TUPLE:
        for (tcn_node *item = node->list; item != NULL; item = item->next) {
            if (item->kind == TCN_N_NAME || item->kind == TCN_N_NSREF ||
                item->kind == TCN_N_TUPLE) {
                if (!tcn_make_target(p, item, ctx))
                    return false;
                continue;
            }
            goto not_a_target;
        }
        return true;
    default:
        break;
    }
not_a_target:
    if (p->code < 0)
        return false;
    p->code =
        tcn_tpl_fail(p->reterr, TCN_EXC_TemplateSyntaxError, p->tokens.source, node->line,
                     node->pos, "can't assign to '%s'", kind_name(node));
    return false;
}
