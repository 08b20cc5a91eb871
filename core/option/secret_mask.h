/* SPDX-License-Identifier: Apache-2.0 */
/* secret_mask.h - a text without the value of a secret, in none of the forms in which
 * peers and plugins repeat it, and not by a half that a cut left over. */
#ifndef TCN_OPTION_SECRET_MASK_H
#define TCN_OPTION_SECRET_MASK_H

#include "core/base/buf.h"

#define TCN_SECRET_MASK_MIN 6 /* bytes; what is shorter stands in too many words */

/* Appends text to out with ******** for each place where value stands: as it is, as JSON,
 * URLs or base64 write it (in base64 also behind other bytes, such as a user name), and
 * where its beginning stands before "..." or the end, or its end behind "...". [any] */
int tcn_secret_mask_value(tcn_str value, tcn_str text, tcn_buf *out);

#endif
