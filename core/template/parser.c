/* SPDX-License-Identifier: Apache-2.0 */
/* parser.c - the token stream, what nodes are made with, and the way from source to tree:
 * bodies of text, print tags and statements. */
#include "core/template/parser.h"

#include <stdio.h>

#include "core/base/err.h"

void tcn_meet_wrong(tcn_parser *p)
{
    if (p->code < 0)
        return;
    p->code = TCN_E_SYNTAX;
    if (p->reterr != NULL)
        *p->reterr = p->wrong;
}

const tcn_token *tcn_look(tcn_parser *p)
{
    const tcn_token *next = p->now + (p->now < p->last);
    if (next->type == TCN_TOK_WRONG)
        tcn_meet_wrong(p);
    return next;
}

const char *tcn_describe(const tcn_token *token, char *out, size_t size)
{
    if (token->type != TCN_TOK_NAME)
        return tcn_token_describe(token->type);
    size_t len = token->len < size ? token->len : size - 1;
    memcpy(out, token->ptr, len);
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
                           token->pos, "%s", text);
    return NULL;
}

tcn_node *tcn_fail_memory(tcn_parser *p)
{
    (void)tcn_tpl_fail(p->reterr, TCN_EXC_MemoryError, p->tokens.source, SIZE_MAX,
                       "out of memory");
    p->code = TCN_E_NOMEM;
    return NULL;
}

tcn_node *tcn_fail_depth(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    p->code = tcn_tpl_fail(p->reterr, TCN_EXC_TemplateLimitError, p->tokens.source,
                           token->pos, "nesting of the template is over the limit of %u",
                           p->env->limits.nesting);
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
    *node = (tcn_node){.kind = (uint8_t)kind, .depth = 1, .pos = token->pos};
    return node;
}

void tcn_node_name(tcn_parser *p, tcn_node *node, const tcn_token *token)
{
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
                                   tcn_quote(tcn_token_text(tag), quoted, sizeof quoted));
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

bool tcn_parse_statements(tcn_parser *p, const uint8_t *ends, bool is_dropped,
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

static tcn_node *parse_statement(tcn_parser *p)
{
    const tcn_token *token = tcn_now(p);
    if (token->type != TCN_TOK_NAME)
        return tcn_fail_token(p, token, "tag name expected");
    tcn_parse_tag_fn parse = tcn_parse_tag_of((enum tcn_word)token->word);
    if (parse == NULL)
        return fail_open(p, token, p->ends);
    tcn_tag tag = {.outer = p->tags, .name = tcn_token_text(token)};
    uint8_t outer = p->mentions;
    p->tags = &tag;
    p->mentions = 0;
    (void)tcn_next(p);
    tcn_node *node = tcn_enter(p) ? parse(p, token) : NULL;
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
        node->text = tcn_token_text(token);
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
    p.now = p.tokens.items;
    p.last = p.now + p.tokens.count - 1;
    if (p.now->type == TCN_TOK_WRONG)
        tcn_meet_wrong(&p);
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
