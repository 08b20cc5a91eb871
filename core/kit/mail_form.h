/* SPDX-License-Identifier: Apache-2.0 */
/* mail_form.h - is it a mail? What RFC 5322 asks of every message, which servers mend,
 * refuse or garble, each in its own way. */
#ifndef TCN_KIT_MAIL_FORM_H
#define TCN_KIT_MAIL_FORM_H

#include "core/base/str.h"

/* What is wrong with the message, as it was before dots were stuffed, in a few words:
 * "has a bare LF"; NULL: nothing. Static. */
const char *tcn_mail_fault(tcn_str message);

#endif
