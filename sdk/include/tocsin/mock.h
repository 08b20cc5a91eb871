/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/mock.h - a host for the unit tests of a plugin: no daemon, no network, no waiting. C11, C++11.
 *
 *     #include <tocsin/mock.h>
 *
 *     tocsin_mock *m = tocsin_mock_new(tocsin_plugin_entry_v1);
 *     tocsin_mock_set(m, "url", "http://127.0.0.1/hook");
 *     assert(tocsin_mock_start(m) == TOCSIN_OK);
 *     tocsin_mock_reply(m, 503, "later");
 *     tocsin_delivery *d = tocsin_mock_deliver(m, NULL);
 *     assert(d->result.status == TOCSIN_RETRY);
 *     assert(strcmp(m->requests[0].method, "POST") == 0);
 *     assert(tocsin_mock_free(m) == 0);
 *
 * Link the test with the plugin's own source. Time is virtual: it moves only in run, deliver and
 * advance. Nothing is answered that was not scripted. What breaks the contract is a problem: done twice
 * or never, a line break or a secret in a reason, a [loop] service on a worker, a use after done. Each
 * is printed when it happens, and tocsin_mock_free returns how many there were.
 *
 * Everything that is recorded lives until tocsin_mock_free. Without memory the mock aborts.
 * TOCSIN_MOCK_THREADS, defined before the #include, runs the workers on real threads (link -pthread).
 */
/* clang-format off */
#ifndef TOCSIN_MOCK_H
#define TOCSIN_MOCK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tocsin/plugin.h>
#ifdef TOCSIN_MOCK_THREADS
#include <pthread.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tocsin_mock tocsin_mock;

typedef struct tocsin_mock_request { /* one recorded exchange; copied, every text ends in NUL */
    int is_smtp;
    uint32_t flags;             /* TOCSIN_NET_... */
    const char *method, *url;   /* HTTP */
    const tocsin_pair *headers;
    uint64_t header_count;
    const char *host, *helo, *mail_from, *username; /* SMTP */
    uint64_t port;
    const tocsin_str *rcpts;
    uint64_t rcpt_count;
    tocsin_str password, oauth_token;
    tocsin_str body;            /* of HTTP; the message of SMTP */
    uint32_t timeout_ms, connect_timeout_ms; /* of its tocsin_net */
    const char *proxy, *ca_file, *cert_file, *key_file;
    tocsin_delivery *delivery;  /* or NULL */
} tocsin_mock_request;

typedef struct tocsin_mock_reply_item { /* a scripted reply */
    int32_t error, status, rcpt_status[16];
    int64_t retry_after_ms, delay_ms;
    uint64_t rcpt_count, header_count;
    tocsin_pair headers[16];
    tocsin_str body, text;
} tocsin_mock_reply_item;

struct tocsin_self { tocsin_mock *mock; };
struct tocsin_config { tocsin_mock *mock; };
struct tocsin_delivery {       /* what became of one message */
    tocsin_mock *mock;
    tocsin_message message;
    int32_t accepted;          /* what prepare or send returned */
    uint32_t done_count;
    tocsin_result result;      /* the first one; texts are copied and end in NUL */
    int is_canceled;
    int64_t limit_at_ms;       /* virtual: when it is canceled, after a cancel: given up */
    void *data;
};

typedef struct tocsin_mock_value { const char *key, *sub, *text; int32_t rc; } tocsin_mock_value;
typedef struct tocsin_mock_opt { /* an option as it was set; LIST and MAP have one for each entry */
    const tocsin_option *option;
    tocsin_str name, text;
    int64_t number;
    double real;
} tocsin_mock_opt;

enum { TOCSIN_MOCK_MAX = 256 }; /* of each thing below; one more is a problem */
struct tocsin_mock {
    tocsin_host host;          /* its services may be replaced */
    tocsin_self self;
    tocsin_config config;
    const tocsin_plugin *plugin;
    tocsin_instance *instance; /* NULL before create and after destroy */
    tocsin_error error;        /* of the last create, start or ready */
    int64_t mono_ms, wall_offset_ms;

    tocsin_mock_request requests[TOCSIN_MOCK_MAX];
    uint32_t request_count;
    tocsin_delivery *deliveries[TOCSIN_MOCK_MAX];
    uint32_t delivery_count;
    const char *events[TOCSIN_MOCK_MAX]; /* emitted */
    uint32_t event_count;
    const char *rate;          /* of set_rate, or NULL */
    uint32_t worker_threads, worker_queue; /* of use_workers; 0: none */
    char log[65536];           /* "<4>text\n" a line; what does not fit is dropped */
    uint32_t problem_count;
    char problems[4096];       /* one a line */

    /* its own */
    tocsin_mock_opt opts[TOCSIN_MOCK_MAX];
    tocsin_mock_value values[TOCSIN_MOCK_MAX];
    tocsin_mock_reply_item replies[TOCSIN_MOCK_MAX];
    tocsin_timer *timers;
    tocsin_call *calls;
    void *memory;              /* list of all that is freed at the end */
    size_t log_len;
    uint32_t opt_count, value_count, reply_count, reply_next;
    int32_t fail_code;
    const char *fail_name;
    int is_creating, is_starting, is_stopping, is_on_worker;
#ifdef TOCSIN_MOCK_THREADS
    pthread_mutex_t lock;
    pthread_t loop;
#endif
};

/* ---- life ---- */
/* A host, and the plugin's table from its entry (tocsin_plugin_entry_v1). */
static inline tocsin_mock *tocsin_mock_new(const tocsin_plugin *(*entry)(const tocsin_host *));
/* An option as it stands in a block: "10s", "true", "64k". Each call adds an entry of a LIST; one of a
   MAP is given as "name=value". */
static inline void tocsin_mock_set(tocsin_mock *m, const char *key, const char *text);
/* Checks the options as the daemon does, then create. m->error says what was wrong. */
static inline int32_t tocsin_mock_create(tocsin_mock *m);
/* create if it was not called yet, then start, with the time that a PENDING start takes. */
static inline int32_t tocsin_mock_start(tocsin_mock *m);
/* drain, the end of what is in flight, stop, destroy. A PENDING stop may take 5 s of virtual time. */
static inline void tocsin_mock_stop(tocsin_mock *m);
/* stop if needed, then frees everything. The number of problems; each was printed to stderr. */
static inline uint32_t tocsin_mock_free(tocsin_mock *m);

/* ---- the script ---- */
/* The next exchange is answered so; exchanges take replies in the order in which they begin. */
static inline tocsin_mock_reply_item *tocsin_mock_reply(tocsin_mock *m, int32_t status, const char *body);
static inline tocsin_mock_reply_item *tocsin_mock_reply_error(tocsin_mock *m, int32_t error, const char *text);
/* A header of that reply. Retry-After as a number of seconds is also understood, as the host does. */
static inline void tocsin_mock_reply_header(tocsin_mock *m, tocsin_mock_reply_item *r, const char *name,
                                            const char *value);
/* SMTP: the final code of the next recipient; the status of a reply without any holds for all. */
static inline void tocsin_mock_reply_rcpt(tocsin_mock_reply_item *r, int32_t code);
/* What {{ name }} in a TEMPLATE option becomes, beside subject, body, severity, invocation, payload. */
static inline void tocsin_mock_context(tocsin_mock *m, const char *name, const char *text);
/* What render gives for an option (and the key sub in a MAP, else NULL), whatever it holds; with rc < 0
   it fails and text says why. */
static inline void tocsin_mock_render(tocsin_mock *m, const char *key, const char *sub, int32_t rc,
                                      const char *text);
/* The next call of that service ("http", "smtp", "timer_start", "secret", "emit", "render") fails. */
static inline void tocsin_mock_fail(tocsin_mock *m, const char *service, int32_t code);

/* ---- messages and time ---- */
/* A notification with every member filled, to be changed and sent. */
static inline tocsin_message tocsin_mock_message(void);
/* prepare and send, with workers on one of them. NULL: the message of tocsin_mock_message. */
static inline tocsin_delivery *tocsin_mock_send(tocsin_mock *m, const tocsin_message *message);
/* send, then run. */
static inline tocsin_delivery *tocsin_mock_deliver(tocsin_mock *m, const tocsin_message *message);
/* As the daemon does: its exchanges end, then cancel. */
static inline void tocsin_mock_cancel(tocsin_mock *m, tocsin_delivery *d);
/* Lets time pass until every delivery is done and every exchange has ended. */
static inline void tocsin_mock_run(tocsin_mock *m);
static inline void tocsin_mock_advance(tocsin_mock *m, int64_t ms);

/* The value of a recorded header; NULL if there is none. Names are compared without case. */
static inline const char *tocsin_mock_header(const tocsin_mock_request *r, const char *name);

#include <tocsin/mock/base.h>
#include <tocsin/mock/options.h>
#include <tocsin/mock/render.h>
#include <tocsin/mock/sha256.h>
#include <tocsin/mock/exchange.h>
#include <tocsin/mock/delivery.h>
#include <tocsin/mock/life.h>

#ifdef __cplusplus
}
#endif
#endif
