/* SPDX-License-Identifier: Apache-2.0 */
/* parser_expr.h - what the two files of the parser of expressions share. Private to the
 * room. */
#ifndef TCN_TEMPLATE_PARSER_EXPR_H
#define TCN_TEMPLATE_PARSER_EXPR_H

#include "core/template/parser.h"

/* Nodes with one or two children; NULL when a child is. */
tcn_node *tcn_node_unary(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token,
                         tcn_node *a);
tcn_node *tcn_node_binary(tcn_parser *p, enum tcn_node_kind kind, const tcn_token *token,
                          tcn_node *a, tcn_node *b);
/* Adds to a list of the node; false after a failure. */
bool tcn_node_collect(tcn_parser *p, tcn_node *owner, tcn_node_list *list,
                      tcn_node *item);

/* parser_expr.c */
tcn_node *tcn_parse_number(tcn_parser *p);
/* has_namespace: ns.attr is one, as a target. */
tcn_node *tcn_parse_primary(tcn_parser *p, bool has_namespace);

/* parser_postfix.c: node with what follows it; NULL when node is. */
tcn_node *tcn_parse_postfix(tcn_parser *p, tcn_node *node);
tcn_node *tcn_parse_filter_expr(tcn_parser *p, tcn_node *node);

#endif
