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

typedef struct job job;

struct tocsin_instance {
    const tocsin_host *host;
    tocsin_self *self;
    const tocsin_config *config;
    /* What is known before any message comes; not changed after create. */
    enum transport transport;
    enum tls_mode tls;
    const char *server;   /* name or address */
    bool is_v6;           /* it is an IPv6 address */
    const char *helo;     /* NULL: the machine's name */
    const char *username; /* NULL: no authentication */
    const char *ca_file;  /* NULL: the system's */
    uint32_t port;
    bool has_token; /* oauth_token, else password */
    bool is_verified, has_html, has_thread, has_priority;
    bool from_username;           /* from is not set */
    bool is_server_only;          /* nothing is sent through this block */
    char domain[ADDRESS_MAX + 1]; /* message_id_domain; "": that of from */
    const tocsin_pair *headers;   /* names */
    uint64_t header_count;
    /* curl.c [loop] */
    job *queue;
    unsigned in_flight;
    /* Between the loop and the workers: esmtp.c */
    pthread_mutex_t lock;
    tocsin_timer *relay_timer; /* [loop] */
    job *relayed;              /* behind the lock: to be sent by curl.c after all */
    unsigned on_workers;       /* [loop] jobs that may come to be relayed */
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
    /* esmtp.c, behind the instance's lock */
    bool is_over;     /* its delivery has ended: the session's result is not wanted */
    int fd;           /* of a session under TLS; -1: not known */
    uint32_t left_ms; /* of the attempt, when its session begins */
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
