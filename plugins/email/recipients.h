/* SPDX-License-Identifier: Apache-2.0 */
/* recipients.h - who gets a message, one by one: what became of each at this attempt and
 * those before, as the text that goes from attempt to attempt, and what that means for
 * the delivery. */
#ifndef EMAIL_RECIPIENTS_H
#define EMAIL_RECIPIENTS_H

#include "address.h"

#define RECIPIENTS_MAX 100
#define SAID_MAX       200 /* bytes kept of what the server said */
#define REASON_SIZE    1001
#define PROGRESS_SIZE  4096

enum recipient_state {
    RECIPIENT_LEFT,
    RECIPIENT_DELIVERED,
    RECIPIENT_REFUSED
};

typedef struct recipient {
    const address *to;
    enum recipient_state state;
    int code;                /* the server's last one; 0: none */
    char said[SAID_MAX + 1]; /* with the code in front; "" */
} recipient;

typedef struct recipients {
    recipient items[RECIPIENTS_MAX];
    size_t count;
} recipients;

/* How an attempt ended for all who are left. */
typedef struct attempt_end {
    int32_t error;   /* TOCSIN_OK, or why the server was not heard to the end */
    int status;      /* what refused everything; 0: nothing did */
    bool is_auth;    /* that was the answer to AUTH */
    tocsin_str text; /* what went wrong, for people */
    uint32_t elapsed_ms;
} attempt_end;

/* Unless it is there already. False: there are 100. */
bool recipients_add(recipients *list, const address *to);
/* Marks those that the progress of the attempt before names. */
void recipients_restore(recipients *list, tocsin_str progress);
/* The server's final code for one that was left, and its line; 0: it gave none. */
void recipients_note(recipients *list, size_t index, int code, tocsin_str said);
/* Fills *ret, with its texts in the three buffers. */
void recipients_judge(recipients *list, const attempt_end *end, tocsin_result *ret,
                      char reason[REASON_SIZE], char progress[PROGRESS_SIZE]);

#endif
