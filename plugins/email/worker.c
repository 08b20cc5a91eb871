/* SPDX-License-Identifier: Apache-2.0 */
/* worker.c - between the loop, where deliveries are prepared and canceled, and the
 * workers, where sessions wait for their server. A job belongs to its worker from send
 * on; what both touch stands behind the instance's lock. A mail that libESMTP cannot send
 * goes back to the loop, to curl.c. */
#include "esmtp.h"

#include <sys/socket.h>

#define RELAY_MS 50

/* ---- the loop ---- */

static job *relayed_take(tocsin_instance *email)
{
    pthread_mutex_lock(&email->lock);
    job *first = email->relayed;
    email->relayed = NULL;
    for (job *j = first; j != NULL; j = j->next)
        j->place = PLACE_LOOP;
    pthread_mutex_unlock(&email->lock);
    return first;
}

/* Asked last: what was sent meanwhile may have led to the next mail. */
static bool is_idle(tocsin_instance *email)
{
    pthread_mutex_lock(&email->lock);
    bool is_none = email->on_workers == 0 && email->relayed == NULL;
    pthread_mutex_unlock(&email->lock);
    return is_none;
}

static void relay_run(tocsin_timer *timer, void *ud)
{
    tocsin_instance *email = ud;
    job *j = relayed_take(email);
    while (j != NULL) {
        job *next = j->next;
        curl_send(j);
        j = next;
    }
    if (is_idle(email)) {
        email->host->timer_stop(timer);
        email->relay_timer = NULL;
    }
}

void worker_expect(job *j)
{
    tocsin_instance *email = j->email;
    pthread_mutex_lock(&email->lock);
    email->on_workers++;
    j->place = PLACE_WORKER;
    pthread_mutex_unlock(&email->lock);
    if (email->relay_timer == NULL)
        (void)email->host->timer_start(email->self, RELAY_MS, RELAY_MS, relay_run, email,
                                       &email->relay_timer);
}

static void relayed_remove(tocsin_instance *email, const job *j)
{
    job **at = &email->relayed;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
}

/* What is canceled, as far as it is known. */
typedef struct canceled {
    tocsin_result result;
    char reason[REASON_SIZE], progress[PROGRESS_SIZE];
} canceled;

/* Under the lock: once the socket is shut down the worker may end, and free the job. */
static void worker_give_up(job *j, canceled *ret)
{
    attempt_end end = {.error = TOCSIN_E_CANCELED, .text = tocsin_str_of("canceled")};
    j->is_over = true;
    ret->result = (tocsin_result){.struct_size = sizeof ret->result};
    recipients_judge(&j->list, &end, &ret->result, ret->reason, ret->progress);
    if (j->fd >= 0)
        (void)shutdown(j->fd, SHUT_RDWR);
}

void worker_cancel(tocsin_instance *email, tocsin_delivery *delivery)
{
    attempt_end end = {.error = TOCSIN_E_CANCELED, .text = tocsin_str_of("canceled")};
    canceled known;
    pthread_mutex_lock(&email->lock);
    job *j = email->host->get_data(delivery);
    enum job_place place = j != NULL ? j->place : PLACE_LOOP;
    if (place == PLACE_WORKER)
        worker_give_up(j, &known);
    else if (place == PLACE_RELAYED)
        relayed_remove(email, j);
    pthread_mutex_unlock(&email->lock);
    if (place == PLACE_WORKER) {
        email->host->done(delivery, &known.result);
    } else if (place == PLACE_RELAYED) {
        job_done(j, &end);
        job_free(j);
    } else if (j != NULL) {
        curl_cancel(j);
    }
}

/* ---- the worker ---- */

bool worker_is_over(const job *j)
{
    pthread_mutex_lock(&j->email->lock);
    bool is_over = j->is_over;
    pthread_mutex_unlock(&j->email->lock);
    return is_over;
}

void worker_set_socket(job *j, int fd)
{
    pthread_mutex_lock(&j->email->lock);
    j->fd = fd;
    if (j->is_over && fd >= 0)
        (void)shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&j->email->lock);
}

void worker_shut_socket(job *j)
{
    pthread_mutex_lock(&j->email->lock);
    if (j->fd >= 0)
        (void)shutdown(j->fd, SHUT_RDWR);
    pthread_mutex_unlock(&j->email->lock);
}

/* True: the delivery is still the job's to end. */
static bool leave(job *j, bool is_sent)
{
    tocsin_instance *email = j->email;
    pthread_mutex_lock(&email->lock);
    bool is_over = j->is_over;
    email->on_workers--;
    if (!is_over && is_sent)
        email->host->set_data(j->delivery, NULL); /* a cancel finds nothing any more */
    if (!is_over && !is_sent) {
        j->place = PLACE_RELAYED;
        j->next = email->relayed;
        email->relayed = j;
    }
    pthread_mutex_unlock(&email->lock);
    return !is_over;
}

void worker_send(job *j)
{
    attempt_end end = {.error = TOCSIN_OK};
    char text[512];
    bool is_sent = esmtp_session(j, &end, text, sizeof text);
    bool is_mine = leave(j, is_sent);
    if (is_mine && is_sent)
        job_done(j, &end);
    if (!is_mine || is_sent)
        job_free(j);
}

void worker_drop(job *j)
{
    pthread_mutex_lock(&j->email->lock);
    j->email->on_workers--;
    pthread_mutex_unlock(&j->email->lock);
    job_free(j);
}
