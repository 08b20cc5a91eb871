/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h - the tables of the store and how an older file becomes a new one. */
#ifndef TCN_STORE_SCHEMA_H
#define TCN_STORE_SCHEMA_H

#include "core/store/db.h"

#define TCN_STORE_APPLICATION_ID 0x746f6373 /* "tocs" */

/* Is the file empty, or one of ours that this program can read? Changes nothing.
 * TCN_E_INVALID: another program's file; TCN_E_UNSUPPORTED: a newer version's;
 * TCN_E_CORRUPT: damaged. */
int tcn_schema_check(tcn_db *db, const char *path, tcn_err *reterr);
/* Brings a checked file to the newest form, one transaction a step. */
int tcn_schema_migrate(tcn_db *db, tcn_err *reterr);

#endif
