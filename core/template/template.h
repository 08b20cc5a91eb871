/* SPDX-License-Identifier: Apache-2.0 */
/* template.h - Jinja templates as Prefect configures them: validate, compile once, render
 * often. A compiled template is not changed by rendering: several threads may render it
 * at the same time, each with its own arena. Nothing here asks for time, files or the
 * network. */
#ifndef TCN_TEMPLATE_TEMPLATE_H
#define TCN_TEMPLATE_TEMPLATE_H

#include "core/template/error.h"
#include "core/template/escape.h"
#include "core/value/value.h"

typedef struct tcn_tpl_limits {
    size_t source_bytes;
    uint32_t tokens;
    uint32_t nesting; /* of expressions and statements */
    size_t output_bytes;
    size_t heap_bytes; /* what one rendering may build */
    uint32_t loops;    /* for statements of one template; checked by tcn_tpl_validate */
    uint32_t loop_nesting;
    uint32_t calls; /* macros, callers, blocks and recursive loops inside one another */
    uint32_t templates; /* included, imported and extended from one another */
    int64_t time_us; /* CPU time of one rendering where a watch is kept: who renders makes
                        it from this. 0: none */
    tcn_rt_limits run;
} tcn_tpl_limits;

typedef struct tcn_tpl_files tcn_tpl_files;

/* What templates are compiled for. Data only; must outlive the templates compiled with
 * it. */
typedef struct tcn_tpl_env {
    bool trim_blocks, lstrip_blocks, keep_trailing_newline;
    const char *newline; /* "\n", "\r\n" or "\r" */
    const char *ui_url;  /* base of the ui_url filter; NULL: none is configured */
    /* Values are escaped for it, unless they are Markup, as if all stood in "autoescape".
     * The template's own text is not. */
    enum tcn_tpl_type type;
    bool is_strict;   /* printing or looping over what is undefined fails */
    bool keeps_plain; /* a text that is no template is its own output, comments and all */
    /* What "include", "extends" and "import" find (files.h); NULL: they fail. */
    const tcn_tpl_files *files;
    tcn_tpl_limits limits;
} tcn_tpl_env;

void tcn_tpl_limits_default(tcn_tpl_limits *limits);
/* "prefect": Prefect's options and our limits. */
void tcn_tpl_env_init(tcn_tpl_env *env);
/* By its name: "prefect"; the name of an output's type, for what sinks are sent; "page",
 * for HTML of our own, whose templates come with the program (files.h). False for another
 * name. */
bool tcn_tpl_env_named(tcn_tpl_env *env, tcn_str name);

typedef struct tcn_tpl tcn_tpl;

/* Whether Prefect would render the text at all: it holds "{{" or "{%". A text that does
 * not is sent as it is; tcn_tpl_compile makes a template of it that does just that. */
bool tcn_tpl_is_template(tcn_str text);

/* What Prefect checks when an action is saved: syntax, then the number and nesting of
 * loops. Parses plain text too. TCN_E_SYNTAX or TCN_E_LIMIT, with *reterr filled;
 * TCN_E_NOMEM. */
int tcn_tpl_validate(const tcn_tpl_env *env, tcn_str source, tcn_tpl_error *reterr);

/* source is copied. The template is shared: drop it with tcn_tpl_unref. Loop limits are
 * not checked here. Codes as above. */
int tcn_tpl_compile(tcn_tpl **ret, const tcn_tpl_env *env, tcn_str source,
                    tcn_tpl_error *reterr);
tcn_tpl *tcn_tpl_ref(tcn_tpl *tpl); /* [any thread] */
void tcn_tpl_unref(tcn_tpl *tpl);   /* [any thread] */

/* The context names that the template loads anywhere, each once, in the order of their
 * first appearance. Borrowed from the template. Includes globals such as range, and names
 * that the template itself assigns as well as loads. */
size_t tcn_tpl_root_count(const tcn_tpl *tpl);
tcn_str tcn_tpl_root(const tcn_tpl *tpl, size_t i);
bool tcn_tpl_loads(const tcn_tpl *tpl, tcn_str name);

/* Where a rendering finds its variables: in values (may be NULL), then by asking lookup
 * (may be NULL). */
typedef struct tcn_tpl_context {
    const tcn_vdict *values;
    /* Called at most once per rendering and name, when the name is first needed. 1: *ret
     * is the value, built in arena or outliving it; 0: there is no such variable;
     * negative: the rendering fails with that code. */
    int (*lookup)(void *ud, tcn_str name, tcn_arena *arena, tcn_value *ret);
    void *ud;
    tcn_watch *watch; /* ends a rendering that takes too long; NULL: steps decide */
    int64_t now_us;   /* Unix time for the filters that tell how long ago something was */
    /* Of the output, where the environment's is text. */
    enum tcn_tpl_type type;
    /* For output of type text: called instead of appending what a {{ }} of the outermost
     * output gives; NULL: it is appended. Not called for the template's own text and for
     * what is marked safe; what a block captured counts as one value. */
    int (*escape)(tcn_str text, tcn_buf *out);
} tcn_tpl_context;

/* Appends the text to out; after a failure out holds what it held before. Everything that
 * is built on the way lies in arena, which the caller resets or drops afterwards; the
 * heap limit counts from what is used in it now. TCN_E_INVALID (the template failed,
 * *reterr says how), TCN_E_LIMIT (a limit of env, *reterr says which), TCN_E_NOMEM, or
 * lookup's code. */
int tcn_tpl_render(const tcn_tpl *tpl, const tcn_tpl_context *context, tcn_arena *arena,
                   tcn_buf *out, tcn_tpl_error *reterr);

#endif
