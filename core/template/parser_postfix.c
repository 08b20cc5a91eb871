/* SPDX-License-Identifier: Apache-2.0 */
/* parser_postfix.c - what follows a primary expression: attributes, subscripts, calls
 * with their arguments, filters and tests. */
#include "core/template/parser_expr.h"

static bool slice_ends(const tcn_parser *p)
{
    return tcn_is(p, TCN_TOK_RBRACKET) || tcn_is(p, TCN_TOK_COMMA);
}

/* [a]:[b][:[c]], the first part already read. */
static tcn_node *parse_slice(tcn_parser *p, const tcn_token *token, tcn_node *first)
{
    tcn_node *node = tcn_node_new(p, TCN_N_SLICE, token);
    p->has_slices = true;
    if (node == NULL || (first != NULL && !tcn_node_child(p, node, first)))
        return NULL;
    node->a = first;
    (void)tcn_next(p);
    if (!tcn_is(p, TCN_TOK_COLON) && !slice_ends(p)) {
        node->b = tcn_parse_expression(p, true);
        if (node->b == NULL || !tcn_node_child(p, node, node->b))
            return NULL;
    }
    if (tcn_skip(p, TCN_TOK_COLON) && !slice_ends(p)) {
        node->c = tcn_parse_expression(p, true);
        if (node->c == NULL || !tcn_node_child(p, node, node->c))
            return NULL;
    }
    return node;
}

static tcn_node *parse_subscribed(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    if (tcn_is(p, TCN_TOK_COLON))
        return parse_slice(p, token, NULL);
    tcn_node *node = tcn_parse_expression(p, true);
    if (node == NULL || !tcn_is(p, TCN_TOK_COLON))
        return node;
    return parse_slice(p, token, node);
}

static tcn_node *parse_item(tcn_parser *p, tcn_node *object, const tcn_token *token)
{
    tcn_node_list list = {0};
    tcn_node *tuple = tcn_node_new(p, TCN_N_TUPLE, token);
    while (tuple != NULL && !tcn_is(p, TCN_TOK_RBRACKET)) {
        if (list.first != NULL && tcn_expect(p, TCN_TOK_COMMA) == NULL)
            return NULL;
        if (!tcn_node_collect(p, tuple, &list, parse_subscribed(p)))
            return NULL;
    }
    if (tuple == NULL || tcn_expect(p, TCN_TOK_RBRACKET) == NULL)
        return NULL;
    tuple->list = list.first;
    bool is_single = list.first != NULL && list.first->next == NULL;
    return tcn_node_binary(p, TCN_N_GETITEM, token, object,
                           is_single ? list.first : tuple);
}

static tcn_node *parse_subscript(tcn_parser *p, tcn_node *object)
{
    const tcn_token *token = tcn_next(p);
    if (token->type == TCN_TOK_LBRACKET)
        return parse_item(p, object, token);
    const tcn_token *name = tcn_now(p);
    if (name->type == TCN_TOK_INTEGER)
        return tcn_node_binary(p, TCN_N_GETITEM, token, object, tcn_parse_number(p));
    (void)tcn_next(p);
    if (name->type != TCN_TOK_NAME)
        return tcn_fail_token(p, name, "expected name or number");
    tcn_node *node = tcn_node_unary(p, TCN_N_GETATTR, token, object);
    if (node != NULL)
        node->number = name->number;
    return node;
}

static bool bad_call(tcn_parser *p, const tcn_token *token)
{
    (void)tcn_fail_token(p, token, "invalid syntax for function call expression");
    return false;
}

typedef struct call_lists {
    tcn_node_list args, named;
} call_lists;

/* name=value, with the value as the current token. Of two with one name the last counts,
 * as where Jinja computes such a call while compiling. */
static bool add_keyword(tcn_parser *p, tcn_node *node, const tcn_token *name,
                        call_lists *lists)
{
    tcn_node *value = tcn_parse_expression(p, true);
    for (tcn_node *known = lists->named.first; known != NULL; known = known->next) {
        if (known->number != name->number)
            continue;
        known->a = value;
        return value != NULL && tcn_node_child(p, known, value) &&
               tcn_node_child(p, node, known);
    }
    tcn_node *keyword = tcn_node_unary(p, TCN_N_KEYWORD, name, value);
    if (!tcn_node_collect(p, node, &lists->named, keyword))
        return false;
    keyword->number = name->number;
    return true;
}

static bool parse_argument(tcn_parser *p, tcn_node *node, const tcn_token *open,
                           call_lists *lists)
{
    if (tcn_is(p, TCN_TOK_MUL) || tcn_is(p, TCN_TOK_POW)) {
        bool is_list = tcn_is(p, TCN_TOK_MUL);
        if (node->c != NULL || (is_list && node->b != NULL))
            return bad_call(p, open);
        (void)tcn_next(p);
        tcn_node *value = tcn_parse_expression(p, true);
        if (value == NULL || !tcn_node_child(p, node, value))
            return false;
        *(is_list ? &node->b : &node->c) = value;
        return true;
    }
    const tcn_token *name = tcn_now(p);
    if (name->type == TCN_TOK_NAME && tcn_look(p)->type == TCN_TOK_ASSIGN) {
        if (node->c != NULL)
            return bad_call(p, open);
        (void)tcn_next(p);
        (void)tcn_next(p);
        return add_keyword(p, node, name, lists);
    }
    if (node->b != NULL || node->c != NULL || lists->named.first != NULL)
        return bad_call(p, open);
    return tcn_node_collect(p, node, &lists->args, tcn_parse_expression(p, true));
}

/* "(" arguments ")" into list, list2, b and c of the node. */
static bool parse_arguments(tcn_parser *p, tcn_node *node)
{
    call_lists lists = {0};
    const tcn_token *open = tcn_next(p);
    bool is_first = true;
    while (!tcn_is(p, TCN_TOK_RPAREN)) {
        if (!is_first) {
            if (tcn_expect(p, TCN_TOK_COMMA) == NULL)
                return false;
            if (tcn_is(p, TCN_TOK_RPAREN))
                break;
        }
        if (!parse_argument(p, node, open, &lists))
            return false;
        is_first = false;
    }
    node->list = lists.args.first;
    node->list2 = lists.named.first;
    return tcn_expect(p, TCN_TOK_RPAREN) != NULL;
}

static tcn_node *parse_call(tcn_parser *p, tcn_node *callee)
{
    tcn_node *node = tcn_node_unary(p, TCN_N_CALL, tcn_now(p), callee);
    return node != NULL && parse_arguments(p, node) ? node : NULL;
}

tcn_node *tcn_parse_postfix(tcn_parser *p, tcn_node *node)
{
    while (node != NULL) {
        if (tcn_is(p, TCN_TOK_DOT) || tcn_is(p, TCN_TOK_LBRACKET))
            node = parse_subscript(p, node);
        else if (tcn_is(p, TCN_TOK_LPAREN))
            node = parse_call(p, node);
        else
            break;
    }
    return node;
}

/* name {"." name} as one text. */
static bool parse_dotted(tcn_parser *p, tcn_str *ret)
{
    const tcn_token *token = tcn_expect(p, TCN_TOK_NAME);
    if (token == NULL)
        return false;
    tcn_str name = tcn_token_text(token);
    while (tcn_skip(p, TCN_TOK_DOT)) {
        token = tcn_expect(p, TCN_TOK_NAME);
        if (token == NULL)
            return false;
        char *joined = tcn_arena_alloc(p->arena, name.len + token->len + 1);
        if (joined == NULL) {
            (void)tcn_fail_memory(p);
            return false;
        }
        memcpy(joined, name.ptr, name.len);
        joined[name.len] = '.';
        memcpy(joined + name.len + 1, token->ptr, token->len);
        name = tcn_str_of(joined, name.len + 1 + token->len);
    }
    *ret = name;
    return true;
}

static tcn_node *parse_filter(tcn_parser *p, tcn_node *input)
{
    const tcn_token *token = tcn_now(p);
    tcn_str name;
    if (!parse_dotted(p, &name))
        return NULL;
    tcn_node *node = tcn_node_new(p, TCN_N_FILTER, token);
    if (node == NULL || (input != NULL && !tcn_node_child(p, node, input)))
        return NULL;
    node->a = input;
    node->text = name;
    return tcn_is(p, TCN_TOK_LPAREN) && !parse_arguments(p, node) ? NULL : node;
}

tcn_node *tcn_parse_filters(tcn_parser *p, tcn_node *node, bool is_inline,
                            bool *ret_has_failed)
{
    *ret_has_failed = false;
    while (is_inline || tcn_skip(p, TCN_TOK_PIPE)) {
        is_inline = false;
        node = parse_filter(p, node);
        if (node == NULL) {
            *ret_has_failed = true;
            return NULL;
        }
    }
    return node;
}

static bool begins_test_argument(const tcn_parser *p)
{
    switch ((int)tcn_now(p)->type) {
    case TCN_TOK_NAME:
        return !tcn_is_word(p, TCN_W_ELSE) && !tcn_is_word(p, TCN_W_OR) &&
               !tcn_is_word(p, TCN_W_AND);
    case TCN_TOK_STRING:
    case TCN_TOK_INTEGER:
    case TCN_TOK_FLOAT:
    case TCN_TOK_LBRACKET:
    case TCN_TOK_LBRACE:
        return true;
    default:
        return false;
    }
}

static tcn_node *parse_test(tcn_parser *p, tcn_node *subject)
{
    const tcn_token *token = tcn_next(p);
    bool is_negated = tcn_skip_word(p, TCN_W_NOT);
    tcn_node *node = tcn_node_unary(p, TCN_N_TEST, token, subject);
    if (node == NULL || !parse_dotted(p, &node->text))
        return NULL;
    if (tcn_is(p, TCN_TOK_LPAREN)) {
        if (!parse_arguments(p, node))
            return NULL;
    } else if (begins_test_argument(p)) {
        tcn_node_list list = {0};
        if (tcn_is_word(p, TCN_W_IS))
            return tcn_fail_token(p, tcn_now(p),
                                  "You cannot chain multiple tests with is");
        tcn_node *argument = tcn_parse_primary(p, false);
        if (!tcn_node_collect(p, node, &list, tcn_parse_postfix(p, argument)))
            return NULL;
        node->list = list.first;
    }
    return is_negated ? tcn_node_unary(p, TCN_N_NOT, token, node) : node;
}

tcn_node *tcn_parse_filter_expr(tcn_parser *p, tcn_node *node)
{
    while (node != NULL) {
        if (tcn_skip(p, TCN_TOK_PIPE))
            node = parse_filter(p, node);
        else if (tcn_is_word(p, TCN_W_IS))
            node = parse_test(p, node);
        else if (tcn_is(p, TCN_TOK_LPAREN))
            node = parse_call(p, node);
        else
            break;
    }
    return node;
}
