/* SPDX-License-Identifier: Apache-2.0 */
/* email.h - one configured block of the plugin "email", and one mail of it on its way: a
 * job, made of a message in prepare and ended by its transport. */
#ifndef EMAIL_EMAIL_H
#define EMAIL_EMAIL_H

#include <pthread.h>
#include <tocsin/delivery.h>

#include "message.h"
#include "recipients.h"

#define SECRET_SIZE 8193

enum tls_mode {
    TLS_STARTTLS,
    TLS_IMPLICIT,
    TLS_NONE
};
enum transport {
    TRANSPORT_CURL,
    TRANSPORT_ESMTP
};

enum job_place {
    PLACE_LOOP,   /* with curl.c, or nowhere yet */
    PLACE_WORKER, /* from prepare on, until its session has ended */
    PLACE_RELAYED /* on its way back to curl.c */
};

typedef struct job job;
struct x509_store_st; /* OpenSSL's X509_STORE */

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    /* What is known before any message comes; not changed after create. */
    enum transport transport;
    enum tls_mode tls;
    const char *server; /* name or address */
    char server_ascii[ADDRESS_MAX + 1];
    bool is_v6;           /* it is an IPv6 address */
    const char *helo;     /* NULL: the machine's name */
    const char *username; /* NULL: no authentication */
    const char *ca_file;  /* NULL: the system's */
    uint32_t port;
    bool has_token; /* oauth_token, else password */
    bool is_verified, has_html, has_thread, has_priority;
    bool from_username;           /* from is empty */
    bool is_server_only;          /* nothing is sent through this block */
    char domain[ADDRESS_MAX + 1]; /* message_id_domain; "": that of from */
    const tocsin_pair *headers;   /* names */
    uint64_t header_count;
    /* curl.c [loop] */
    job *queue;
    unsigned in_flight;
    /* worker.c */
    tocsin_timer *relay_timer;   /* [loop] */
    pthread_mutex_t lock;        /* of what follows, and of the jobs' last members */
    job *relayed;                /* to be sent by curl.c after all */
    unsigned on_workers;         /* jobs that may come to that */
    struct x509_store_st *store; /* what is trusted; NULL: not read yet */
};

struct job {
    tocsin_instance *email;
    tocsin_delivery *delivery;
    address *addresses; /* from, then those of the lists */
    recipients list;
    tocsin_text data; /* the message */
    bool needs_utf8;  /* SMTPUTF8, for an address in the message */
    job *next;        /* in a queue */
    bool is_queued;
    uint32_t left_ms; /* of the attempt, when its session begins */
    /* behind the instance's lock */
    enum job_place place;
    bool is_over; /* its delivery has ended: what its session gives is not wanted */
    int fd;       /* of a session under TLS; -1: not known */
};

/* job.c [loop]. NULL: *end says why. */
job *job_new(tocsin_instance *email, const tocsin_message *message,
             tocsin_delivery *delivery, tocsin_ending *end);
void job_free(job *j);
/* Ends the delivery; the job stays. */
void job_done(job *j, const attempt_end *end);

/* curl.c [loop]: the mail goes through host->smtp, now or when those before it are done;
 * it ends the delivery and frees the job. */
void curl_send(job *j);
/* Of a job that waits in the queue: the same without sending. */
void curl_cancel(job *j);

#endif
