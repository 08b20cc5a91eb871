/* SPDX-License-Identifier: Apache-2.0 */
/* lexer_tag.h - the tokens of one tag. Private to the lexer. */
#ifndef TCN_TEMPLATE_LEXER_TAG_H
#define TCN_TEMPLATE_LEXER_TAG_H

#include "core/template/lexer_source.h"

/* From behind the opening mark to behind the closing one, or the end of the source. */
int tcn_lex_tag(tcn_lexer *lx, bool is_variable);

#endif
