/* SPDX-License-Identifier: Apache-2.0 */
/* mailpeer.h - a mail server in a thread that follows a script, line by line:
 *   "> TEXT"   says TEXT and CR LF
 *   ">! TEXT"  says TEXT alone
 *   "< TEXT"   reads a line, which must begin with TEXT
 *   "."        reads a message to its end
 *   "accept"   takes the next connection; the first one is taken without
 *   "close", "reset", "hold"   ends the connection; hold waits for the client to do it */
#ifndef TCN_TESTS_NET_MAILPEER_H
#define TCN_TESTS_NET_MAILPEER_H

#include <stdbool.h>

typedef struct mailpeer mailpeer;

/* script is borrowed. */
mailpeer *mailpeer_start(const char *script);
int mailpeer_port(const mailpeer *peer);
/* The script has come to a "hold". */
bool mailpeer_is_holding(mailpeer *peer);
/* Joins. Fails when the script was not followed. What the client sent, borrowed until the
 * next start. */
const char *mailpeer_stop(mailpeer *peer);

#endif
