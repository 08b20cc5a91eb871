/* SPDX-License-Identifier: Apache-2.0 */
/* parser_expr.c - expressions by recursive descent, the signs between operands by how
 * tightly they bind; what may follow literals and names is in parser_postfix.c.
 * Every way into recursion goes through tcn_enter, which counts. */
#include "core/template/parser_expr.h"
#include "core/base/err.h"
#include "core/template/program.h"
#include "core/value/big.h"
#include "core/value/number.h"

static tcn_node *parse_unary(tcn_parser *p, bool has_filter);
static tcn_node *parse_infix(tcn_parser *p, unsigned least);

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

/* How tightly a sign between two operands binds. */
enum {
    BINDS_NOT_AT_ALL,
    BINDS_OR,
    BINDS_AND,
    BINDS_NOT, /* before its operand only */
    BINDS_COMPARE,
    BINDS_SUM,
    BINDS_CONCAT,
    BINDS_PRODUCT,
    BINDS_POWER,
};

typedef struct infix {
    uint8_t binds;
    uint8_t op; /* enum tcn_arith or enum tcn_cmp */
} infix;

static infix infix_word(tcn_parser *p)
{
    switch ((int)tcn_now(p)->word) {
    case TCN_W_OR:
        return (infix){BINDS_OR, 0};
    case TCN_W_AND:
        return (infix){BINDS_AND, 0};
    case TCN_W_IN:
        return (infix){BINDS_COMPARE, TCN_CMP_IN};
    case TCN_W_NOT:
        if (tcn_look(p)->word == TCN_W_IN)
            return (infix){BINDS_COMPARE, TCN_CMP_NOT_IN};
        break;
    default:
        break;
    }
    return (infix){BINDS_NOT_AT_ALL, 0};
}

/* What the current token is between two operands. */
static infix infix_now(tcn_parser *p)
{
    static const infix signs[TCN_TOK_WRONG + 1] = {
        [TCN_TOK_POW] = {BINDS_POWER, TCN_POW},
        [TCN_TOK_MUL] = {BINDS_PRODUCT, TCN_MUL},
        [TCN_TOK_DIV] = {BINDS_PRODUCT, TCN_DIV},
        [TCN_TOK_FLOORDIV] = {BINDS_PRODUCT, TCN_FLOORDIV},
        [TCN_TOK_MOD] = {BINDS_PRODUCT, TCN_MOD},
        [TCN_TOK_TILDE] = {BINDS_CONCAT, 0},
        [TCN_TOK_ADD] = {BINDS_SUM, TCN_ADD},
        [TCN_TOK_SUB] = {BINDS_SUM, TCN_SUB},
        [TCN_TOK_EQ] = {BINDS_COMPARE, TCN_CMP_EQ},
        [TCN_TOK_NE] = {BINDS_COMPARE, TCN_CMP_NE},
        [TCN_TOK_LT] = {BINDS_COMPARE, TCN_CMP_LT},
        [TCN_TOK_LTEQ] = {BINDS_COMPARE, TCN_CMP_LE},
        [TCN_TOK_GT] = {BINDS_COMPARE, TCN_CMP_GT},
        [TCN_TOK_GTEQ] = {BINDS_COMPARE, TCN_CMP_GE},
    };
    return tcn_is(p, TCN_TOK_NAME) ? infix_word(p) : signs[tcn_now(p)->type];
}

static tcn_node *parse_concat(tcn_parser *p, const tcn_token *token, tcn_node *first)
{
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_CONCAT, token);
    if (node == NULL || !tcn_node_collect(p, node, &list, first))
        return NULL;
    while (tcn_skip(p, TCN_TOK_TILDE)) {
        if (!tcn_node_collect(p, node, &list, parse_infix(p, BINDS_PRODUCT)))
            return NULL;
    }
    node->list = list.first;
    return node;
}

static tcn_node *parse_compare(tcn_parser *p, infix sign, const tcn_token *token,
                               tcn_node *first)
{
    tcn_node_list list = {0};
    tcn_node *node = NULL;
    do {
        (void)tcn_skip_word(p, TCN_W_NOT);
        const tcn_token *at = tcn_next(p);
        if (node == NULL)
            node = tcn_node_unary(p, TCN_N_COMPARE, token, first);
        if (node == NULL)
            return NULL;
        tcn_node *operand =
            tcn_node_unary(p, TCN_N_OPERAND, at, parse_infix(p, BINDS_SUM));
        if (!tcn_node_collect(p, node, &list, operand))
            return NULL;
        operand->op = sign.op;
        sign = infix_now(p);
    } while (sign.binds == BINDS_COMPARE);
    node->list = list.first;
    return node;
}

/* From the sign on, with what stands left of it. */
static tcn_node *parse_right(tcn_parser *p, infix sign, const tcn_token *token,
                             tcn_node *left)
{
    if (sign.binds == BINDS_COMPARE)
        return parse_compare(p, sign, token, left);
    if (sign.binds == BINDS_CONCAT)
        return parse_concat(p, token, left);
    enum tcn_node_kind kind = sign.binds == BINDS_OR    ? TCN_N_OR
                              : sign.binds == BINDS_AND ? TCN_N_AND
                                                        : TCN_N_BINARY;
    (void)tcn_next(p);
    tcn_node *node =
        tcn_node_binary(p, kind, token, left, parse_infix(p, sign.binds + 1u));
    if (node != NULL)
        node->op = sign.op;
    return node;
}

static tcn_node *parse_not(tcn_parser *p)
{
    const tcn_token *token = tcn_next(p);
    if (!tcn_enter(p))
        return NULL;
    tcn_node *node = tcn_node_unary(p, TCN_N_NOT, token, parse_infix(p, BINDS_NOT));
    tcn_leave(p);
    return node;
}

/* Operands with signs that bind at least so tightly between them. The first node of a
 * chain stands where its left side begins, the others stand at their signs. */
static tcn_node *parse_infix(tcn_parser *p, unsigned least)
{
    const tcn_token *start = tcn_now(p);
    unsigned before = BINDS_NOT_AT_ALL;
    bool is_not = least <= BINDS_NOT && tcn_is_word(p, TCN_W_NOT);
    tcn_node *left = is_not ? parse_not(p) : parse_unary(p, true);
    while (left != NULL) {
        infix sign = infix_now(p);
        if (sign.binds < least)
            break;
        left = parse_right(p, sign, sign.binds == before ? tcn_now(p) : start, left);
        before = sign.binds;
    }
    return left;
}

static tcn_node *parse_cond(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *then = parse_infix(p, BINDS_OR);
    while (then != NULL && tcn_skip_word(p, TCN_W_IF)) {
        tcn_node *node =
            tcn_node_binary(p, TCN_N_COND, token, parse_infix(p, BINDS_OR), then);
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
    tcn_node *node = has_cond ? parse_cond(p) : parse_infix(p, BINDS_OR);
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

/* A function of its own, because its text would burden those that call it. */
static TCN_NOINLINE tcn_node *fail_unexpected(tcn_parser *p, const char *why)
{
    char text[128];
    return tcn_fail_token(p, tcn_now(p), "%s '%s'", why,
                          tcn_describe(tcn_now(p), text, sizeof text));
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

/* first: its first item, NULL when it is empty. */
static TCN_NOINLINE tcn_node *parse_items(tcn_parser *p, const tcn_token *token,
                                          tcn_node *first, unsigned flags)
{
    tcn_node_list list = {0};
    tcn_node *node = tcn_node_new(p, TCN_N_TUPLE, token);
    if (node == NULL || (first != NULL && !tcn_node_collect(p, node, &list, first)))
        return NULL;
    while (tcn_skip(p, TCN_TOK_COMMA) && !is_tuple_end(p)) {
        if (!tcn_node_collect(p, node, &list, tuple_item(p, flags)))
            return NULL;
    }
    node->list = list.first;
    return node;
}

tcn_node *tcn_parse_tuple(tcn_parser *p, unsigned flags)
{
    const tcn_token *token = tcn_now(p);
    tcn_node *first = NULL;
    if (!is_tuple_end(p)) {
        first = tuple_item(p, flags);
        if (first == NULL || !tcn_is(p, TCN_TOK_COMMA))
            return first;
    } else if ((flags & TCN_TUPLE_IN_PARENS) == 0) {
        return fail_unexpected(p, "Expected an expression, got");
    }
    return parse_items(p, token, first, flags);
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
    for (; tcn_is(p, TCN_TOK_STRING); (void)tcn_next(p))
        total += tcn_now(p)->len;
    tcn_str text = tcn_token_text(first);
    if (tcn_now(p) - first > 1) {
        char *joined = tcn_arena_alloc(p->arena, total + 1);
        if (joined == NULL)
            return tcn_fail_memory(p);
        size_t len = 0;
        for (const tcn_token *token = first; token < tcn_now(p); token++) {
            tcn_str part = tcn_token_text(token);
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
    tcn_str digits = tcn_token_text(token);
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
                               token->pos, "%s", p->rt.exc.text);
        return NULL;
    }
    return constant(p, token, value);
}

tcn_node *tcn_parse_primary(tcn_parser *p, bool has_namespace)
{
    tcn_node *node;
    switch ((int)tcn_now(p)->type) {
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
        return fail_unexpected(p, "unexpected");
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
    p->code = tcn_tpl_fail(p->reterr, TCN_EXC_TemplateSyntaxError, p->tokens.source,
                           node->pos, "can't assign to '%s'", kind_name(node));
    return false;
}
