/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin/plugin.h - the whole contract between the daemon and a plugin.
 *
 * A plugin is one shared object that exports one symbol, tocsin_plugin_entry_v1, which returns a
 * static table. The daemon makes one instance of it for each configured block, hands messages to
 * send, and learns through host->done how each went. A plugin includes this file and links nothing.
 *
 * Structs grow at the end only: fixed-width integers, pointers, tocsin_str; no padding.
 * Strings are UTF-8; a tocsin_str need not end in NUL, a const char * does.
 * Who allocates frees. What the host passes is borrowed for the call, except tocsin_host, tocsin_self
 * and tocsin_config (life of the instance), message and delivery (until done). What the plugin passes
 * is copied before the call returns, except its static tables and ud.
 * Threads: [loop] the daemon's loop, where nothing may wait; [worker] the instance's own pool, where
 * send may wait; [any] either.
 * Laid out by hand as a reference page (clang-format off).
 */
/* clang-format off */
#ifndef TOCSIN_PLUGIN_H
#define TOCSIN_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TOCSIN_ASSERT(cond, text) static_assert(cond, text)
#define TOCSIN_ZERO {}
extern "C" {
#else
#define TOCSIN_ASSERT(cond, text) _Static_assert(cond, text)
#define TOCSIN_ZERO {0}
#endif
#define TOCSIN_EXPORT __attribute__((visibility("default")))
#define TOCSIN_ABI_MAJOR 1
#define TOCSIN_ABI_MINOR 0
#ifndef TOCSIN_ABI_MIN_MINOR /* an author who tested older hosts may lower it */
#define TOCSIN_ABI_MIN_MINOR TOCSIN_ABI_MINOR
#endif

typedef struct tocsin_abi {
    uint32_t struct_size; /* sizeof the struct that this heads, as its author compiled it */
    uint16_t major, minor;
    uint16_t min_minor;   /* plugin: oldest host minor it runs on; host: 0 */
    uint16_t reserved;
    uint32_t flags;       /* 0 in 1.0 */
} tocsin_abi;

#define TOCSIN_ABI_INIT(type) \
    { sizeof(type), TOCSIN_ABI_MAJOR, TOCSIN_ABI_MINOR, TOCSIN_ABI_MIN_MINOR, 0, 0 }
/* Does *t, made by the other side, reach as far as member m? HAS: and is it filled? */
#define TOCSIN_REACHES(type, size, m) ((size) >= offsetof(type, m) + sizeof(((type *)0)->m))
#define TOCSIN_HAS(type, t, m) (TOCSIN_REACHES(type, (t)->abi.struct_size, m) && (t)->m)

typedef struct tocsin_str { const char *ptr; size_t len; } tocsin_str; /* ptr may be NULL if len 0 */
typedef struct tocsin_pair { tocsin_str name, value; } tocsin_pair;

typedef struct tocsin_instance tocsin_instance; /* the plugin's own; all others are the host's */
typedef struct tocsin_self tocsin_self;         /* the host's side of one instance */
typedef struct tocsin_config tocsin_config;     /* validated options; lives as long as self */
typedef struct tocsin_delivery tocsin_delivery; /* one attempt; until done was called */
typedef struct tocsin_timer tocsin_timer;       /* until stopped, or its only call has returned */
typedef struct tocsin_call tocsin_call;         /* one HTTP or SMTP exchange; until its callback returned */

enum { /* return codes; negative is failure */
    TOCSIN_OK = 0,
    TOCSIN_PENDING = 1,       /* start, stop: host->ready, host->stopped will follow */
    TOCSIN_E_INVALID = -1, TOCSIN_E_NOMEM = -2, TOCSIN_E_BUSY = -3,
    TOCSIN_E_STATE = -4,      /* not in this phase of life, or on this thread */
    TOCSIN_E_LIMIT = -5, TOCSIN_E_CANCELED = -6, TOCSIN_E_TIMEOUT = -7, TOCSIN_E_NOT_FOUND = -8,
    TOCSIN_E_DENIED = -9,     /* address guard; a SECRET asked for as a plain option */
    TOCSIN_E_RESOLVE = -10, TOCSIN_E_CONNECT = -11, TOCSIN_E_TLS = -12,
    TOCSIN_E_IO = -13,        /* connection broke, or answer unreadable */
    TOCSIN_E_UNSUPPORTED = -14, TOCSIN_E_INTERNAL = -15
};

typedef struct tocsin_error { /* caller's storage, may be NULL; the first error stays */
    uint32_t struct_size;
    int32_t code;
    char key[64];             /* the option it is about, or "" */
    char text[440];           /* one line, no full stop at the end, never a secret */
} tocsin_error;

/* ---- options: declared by the plugin, validated by the host ---- */
enum { /* tocsin_option.type: how the value is written, what min and max bound */
    TOCSIN_OPT_STRING = 1,    /* one line; bytes */
    TOCSIN_OPT_TEXT = 2,      /* may hold newlines; bytes */
    TOCSIN_OPT_BOOL = 3, TOCSIN_OPT_INT = 4, TOCSIN_OPT_NUMBER = 5, /* the value */
    TOCSIN_OPT_DURATION = 6,  /* seconds as a number, or 500ms 10s 5m 2h; ms; read as int */
    TOCSIN_OPT_SIZE = 7,      /* bytes as a number, or 64k 8M; bytes; read as int */
    TOCSIN_OPT_ENUM = 8,      /* one of choices */
    TOCSIN_OPT_URL = 9,       /* absolute http or https URL without user info; bytes */
    TOCSIN_OPT_LIST = 10, TOCSIN_OPT_MAP = 11, /* of strings, string to string; entries */
    TOCSIN_OPT_JSON = 12      /* any value; read as JSON text; bytes */
};
enum { /* tocsin_option.flags */
    TOCSIN_OPT_REQUIRED = 1,
    /* Masked everywhere; read with host->secret, or, when TEMPLATE too, with host->render. MAP: its
       values. The user writes {credential: NAME}, {file: PATH}, {env: NAME} or a literal. */
    TOCSIN_OPT_SECRET = 2,
    /* Compiled at load; rendered with host->render. For STRING, TEXT, URL (path and query only), the
       items of LIST, the values of MAP, the strings in JSON. A SECRET that is no literal is taken as it is. */
    TOCSIN_OPT_TEMPLATE = 4,
    TOCSIN_OPT_DESTINATION = 8, /* part of the key under which rate limits are shared */
    TOCSIN_OPT_DEPRECATED = 16  /* still works, with a warning */
};
typedef struct tocsin_option {
    const char *key;            /* [a-z][a-z0-9_]{0,62} */
    const char *dflt;           /* as it would be written; NULL: none */
    const char *doc;            /* one or two sentences, required */
    const char *const *choices; /* ENUM: ends with NULL; else NULL */
    uint32_t type, flags;
    int64_t min, max;           /* both 0: only the host's own bounds */
} tocsin_option;
/* Every block has these keys of the host's beside its options, so options may not use their names:
   concurrency, rate, timeout, deadline, max_attempts, fallback. */

/* ---- messages and results ---- */
enum { TOCSIN_NOTIFY = 1, TOCSIN_ACTION = 2 };                                    /* kind */
enum { TOCSIN_INFO = 1, TOCSIN_SUCCESS = 2, TOCSIN_WARNING = 3, TOCSIN_FAILURE = 4 }; /* severity */
enum { TOCSIN_MSG_TEST = 1 };   /* flags: a person tries the block out */
typedef struct tocsin_message { /* read only; valid until the delivery is done */
    uint32_t struct_size, flags, kind, severity;
    uint32_t attempt;           /* 1 at first */
    uint32_t timeout_ms;        /* left for this attempt; the host cancels after it */
    int64_t fired_at_ms;        /* Unix time */
    tocsin_str invocation;      /* UUID, the same at every attempt: the idempotency key */
    tocsin_str action;          /* ACTION: its type, such as "call-webhook" */
    tocsin_str subject, body;   /* NOTIFY: rendered, nothing escaped */
    tocsin_str payload;         /* ACTION: rendered payload text, or parameters as JSON */
    tocsin_str progress;        /* what the last RETRY result said; empty at first */
    tocsin_str automation_id, automation_name;
    tocsin_str event_id, event_name; /* the triggering event; empty if there is none */
    tocsin_str event;           /* the triggering event as a JSON object; empty if there is none */
} tocsin_message;

enum { TOCSIN_DONE = 1, TOCSIN_RETRY = 2, TOCSIN_FAIL = 3 }; /* status */
enum { /* cause: a label of metrics and history */
    TOCSIN_CAUSE_NONE = 0, TOCSIN_CAUSE_NETWORK = 1, TOCSIN_CAUSE_TLS = 2,
    TOCSIN_CAUSE_TIMEOUT = 3, TOCSIN_CAUSE_RATE_LIMIT = 4,
    TOCSIN_CAUSE_SERVER = 5,    /* the peer says that it failed */
    TOCSIN_CAUSE_AUTH = 6,
    TOCSIN_CAUSE_REJECTED = 7,  /* the peer says that the request is wrong */
    TOCSIN_CAUSE_GONE = 8,      /* the destination does not exist (any more) */
    TOCSIN_CAUSE_TOO_LARGE = 9, TOCSIN_CAUSE_CONFIG = 10, TOCSIN_CAUSE_TEMPLATE = 11,
    TOCSIN_CAUSE_DENIED = 12,   /* our own guard said no */
    TOCSIN_CAUSE_CANCELED = 13, TOCSIN_CAUSE_INTERNAL = 14
};
typedef struct tocsin_result {  /* copied by host->done */
    uint32_t struct_size, status, cause;
    int32_t code;               /* HTTP or SMTP status; 0: none */
    int64_t retry_after_ms;     /* RETRY: not before, pauses the destination; -1: not said */
    tocsin_str reason;          /* RETRY, FAIL: one line for people, <= 1000 bytes, no secret */
    tocsin_str receipt;         /* DONE: JSON object kept in history, <= 4096 bytes */
    tocsin_str progress;        /* RETRY: handed to the next attempt, <= 4096 bytes */
} tocsin_result;

enum { TOCSIN_ACTION_ON_BLOCK = 1 }; /* runs on the block that block_document_id names */
typedef struct tocsin_action_type {
    const char *type, *doc;     /* "run-deployment" */
    const tocsin_option *params;
    uint32_t param_count, param_size; /* param_size = sizeof(tocsin_option) */
    uint64_t flags;
} tocsin_action_type;

/* ---- exchanges through the host's connections ---- */
enum { /* flags of requests */
    TOCSIN_NET_NO_VERIFY = 1,   /* only where an option of the user says so; warned about */
    TOCSIN_NET_FOLLOW = 2,      /* at most 5 redirects, each through the address guard */
    TOCSIN_NET_NO_PRIVATE = 4,  /* private addresses refused even where the daemon allows them */
    TOCSIN_NET_TLS = 8,         /* SMTP: TLS from the first byte */
    TOCSIN_NET_STARTTLS = 16,   /* SMTP: required, never "if offered" */
    TOCSIN_NET_SMTPUTF8 = 32    /* SMTP: required, as an address in envelope or message is not ASCII */
};
typedef struct tocsin_net {     /* all zero: the daemon's defaults */
    uint32_t struct_size, reserved;
    uint32_t timeout_ms;        /* whole exchange; 0: what is left of the delivery */
    uint32_t connect_timeout_ms;
    const char *ca_file, *cert_file, *key_file;
    const char *proxy;          /* "": none; NULL: the daemon's */
} tocsin_net;
typedef struct tocsin_http_request { /* copied by the host before http returns */
    uint32_t struct_size, flags;
    const char *method, *url;
    const tocsin_pair *headers; /* the host adds only Host, Content-Length, User-Agent, Accept */
    uint64_t header_count;
    tocsin_str body;
    uint64_t max_response;      /* bytes kept; 0: 65536; the rest is read and dropped */
    const tocsin_net *net;      /* or NULL */
} tocsin_http_request;
/* Copied; one transaction per recipient, one connection (a further one after 50). At most 100
   recipients; credentials need TLS or STARTTLS. The mechanisms are PLAIN and LOGIN, with oauth_token
   OAUTHBEARER and XOAUTH2. */
typedef struct tocsin_smtp_request {
    uint32_t struct_size, flags;
    const char *host, *helo, *mail_from, *username;
    uint64_t port;
    const tocsin_str *rcpts;
    uint64_t rcpt_count;
    tocsin_str password, oauth_token; /* one of them; both empty: no authentication */
    tocsin_str data;            /* the message, lines end in CRLF, not dot-stuffed */
    const tocsin_net *net;
} tocsin_smtp_request;
typedef struct tocsin_reply {   /* valid in the callback only */
    uint32_t struct_size;
    int32_t error;              /* OK: a complete answer came, whatever it says */
    int32_t status;             /* HTTP status; SMTP: last code before the first recipient; 0: none */
    uint32_t truncated;         /* the body was longer than max_response */
    int64_t retry_after_ms;     /* Retry-After as seconds or date; -1: absent or unreadable */
    int64_t elapsed_ms;
    const tocsin_pair *headers; /* names in lower case */
    uint64_t header_count;
    /* body: SMTP: for each recipient the line that the server ended with, "550 no such user", or an
       empty one, each with LF. text: what went wrong, without URL query and secrets. */
    tocsin_str body, text;
    /* SMTP: final code for each recipient; 0: not tried, or not answered. True whatever error says:
       E_TLS: no TLS, so nothing was sent; E_UNSUPPORTED: no mechanism in common, or no SMTPUTF8. With
       OK and zeros, status is what the server refused everything with. */
    const int32_t *rcpt_status;
    uint64_t rcpt_count;
} tocsin_reply;
typedef void (*tocsin_reply_cb)(tocsin_call *call, const tocsin_reply *reply, void *ud);
typedef void (*tocsin_timer_cb)(tocsin_timer *timer, void *ud);

/* ---- services of the host ---- */
enum { TOCSIN_LOG_ERROR = 3, TOCSIN_LOG_WARNING = 4, TOCSIN_LOG_NOTICE = 5, TOCSIN_LOG_INFO = 6,
       TOCSIN_LOG_DEBUG = 7 };
enum { /* how interpolated values, not the template's own text, are escaped */
    TOCSIN_ESC_NONE = 0,
    TOCSIN_ESC_JSON = 1,        /* inside a JSON string */
    TOCSIN_ESC_HTML = 2,
    TOCSIN_ESC_SLACK = 3,       /* & < > as entities */
    TOCSIN_ESC_CARD = 4,        /* the Markdown of Adaptive Cards, by backslashes */
    TOCSIN_ESC_URL = 5,         /* percent-encoded, all but letters, digits and -._~ */
    TOCSIN_ESC_LINE = 6         /* controls become a space */
};
/* Limits, above which a service answers E_LIMIT: 64 timers and 64 exchanges per instance, 100 emitted
   events a second per instance. Of a request, E_INVALID, for it will never fit: 64 headers of 8 KiB,
   URL 16 KiB, body 8 MiB, response kept 1 MiB, mail 10 MiB to 100 recipients. Of an answer 16 MiB
   are read at most, then the exchange ends with E_IO. Log: lines of 4 KiB (cut), 100 a second per
   instance (then one line says how many were dropped). */
typedef struct tocsin_host {
    tocsin_abi abi;
    const char *version;                       /* the daemon's */
    int64_t (*now_ms)(tocsin_self *);          /* [any] Unix time */
    int64_t (*mono_ms)(tocsin_self *);         /* [any] never jumps */
    void (*log)(tocsin_self *, uint32_t level, const char *text, size_t len); /* [any] one line */

    /* [any] Options after defaults, borrowed, alive as long as self. E_NOT_FOUND: unset;
       E_INVALID: other type; E_DENIED: SECRET. BOOL, DURATION, SIZE read as int. A SECRET MAP gives
       its names with empty values. A TEMPLATE gives its source. */
    int32_t (*opt_str)(const tocsin_config *, const char *key, tocsin_str *ret);
    int32_t (*opt_int)(const tocsin_config *, const char *key, int64_t *ret);
    int32_t (*opt_num)(const tocsin_config *, const char *key, double *ret);
    int32_t (*opt_list)(const tocsin_config *, const char *key, const tocsin_str **ret, uint64_t *n);
    int32_t (*opt_map)(const tocsin_config *, const char *key, const tocsin_pair **ret, uint64_t *n);
    /* [any] Current value of a SECRET, NUL added; *ret_len without it; E_LIMIT if cap is too
       small, E_IO if it cannot be read now. sub: key in a MAP, else NULL. Read it at each send
       and wipe buf after use. */
    int32_t (*secret)(const tocsin_config *, const char *key, const char *sub, char *buf, size_t cap,
                      size_t *ret_len);
    /* [loop] A TEMPLATE option with the message's context, in which subject, body, severity and
       invocation stand too; or the message's own text: "@subject", "@body". Values are escaped, the
       author's words are not. sub: key in a MAP, index in a LIST ("0"), else NULL. JSON: each string
       is rendered, then written as JSON, also with ESC_JSON only once. *ret ends in NUL and lives
       until the delivery is done. E_NOT_FOUND: unset; E_INVALID, E_LIMIT: it failed, *reterr says
       how. */
    int32_t (*render)(tocsin_delivery *, const char *key, const char *sub, uint32_t escape,
                      tocsin_str *ret, tocsin_error *reterr);

    /* [loop] 0: cb runs exactly once, later, on the loop. Negative: it never runs. d ties the
       exchange to a delivery: canceled with it, bounded by its time; NULL in start and timers.
       E_INVALID: no http or https URL, a malformed method or header, or more than the limits. */
    int32_t (*http)(tocsin_self *, tocsin_delivery *d, const tocsin_http_request *,
                    tocsin_reply_cb cb, void *ud, tocsin_call **ret);
    int32_t (*smtp)(tocsin_self *, tocsin_delivery *d, const tocsin_smtp_request *,
                    tocsin_reply_cb cb, void *ud, tocsin_call **ret);
    void (*call_cancel)(tocsin_call *);        /* [loop] cb runs later with E_CANCELED */
    int32_t (*address_check)(tocsin_self *, const void *sockaddr, uint32_t len); /* [any] own sockets */
    int32_t (*timer_start)(tocsin_self *, uint64_t delay_ms, uint64_t repeat_ms, tocsin_timer_cb cb,
                           void *ud, tocsin_timer **ret); /* [loop] repeat 0: once */
    void (*timer_stop)(tocsin_timer *);        /* [loop] cb will not run any more */
    /* [loop, in create only] send runs on a pool of this instance's own, threads 1..16 with a stack of
       512 KiB, queue 1..1024. A full queue is a RETRY. E_LIMIT: no thread can be made. */
    int32_t (*use_workers)(tocsin_self *, uint32_t threads, uint32_t queue);
    /* [loop, in create only] Default limit of a destination, "1/s burst 4, 60/30s"; the block's
       own "rate" wins. */
    int32_t (*set_rate)(tocsin_self *, const char *rate);

    void (*set_data)(tocsin_delivery *, void *data); /* [any] one pointer of the plugin's */
    void *(*get_data)(tocsin_delivery *);      /* [any] */
    int32_t (*is_canceled)(tocsin_delivery *); /* [any] 1 or 0 */
    void (*done)(tocsin_delivery *, const tocsin_result *); /* [any] exactly once */
    void (*ready)(tocsin_self *, const tocsin_error *err);  /* [any] ends PENDING; NULL: success */
    void (*stopped)(tocsin_self *);            /* [any] ends a PENDING stop */
    /* [any] A JSON object as for POST /events; id and occurred may be absent. */
    int32_t (*emit)(tocsin_self *, tocsin_str event, tocsin_error *reterr);
    void (*hmac_sha256)(const void *key, size_t key_len, const void *data, size_t len,
                        uint8_t out[32]);      /* [any] */
    void (*random)(void *buf, size_t len);     /* [any] cryptographic */
    void (*wipe)(void *buf, size_t len);       /* [any] never optimised away */
} tocsin_host;

/* ---- a plugin ---- */
typedef struct tocsin_plugin {
    tocsin_abi abi;                            /* TOCSIN_ABI_INIT(tocsin_plugin) */
    const char *id;                            /* [a-z][a-z0-9-]{0,31}; what a block's type names */
    const char *version, *title, *summary;     /* title: "Slack" */
    const tocsin_option *options;
    uint32_t option_count, option_size;        /* option_size = sizeof(tocsin_option); <= 64 options */
    const char *const *capabilities;           /* "notify", "action"; ends with NULL */
    const tocsin_action_type *actions;         /* with "action" */
    uint32_t action_count, action_size;        /* action_size = sizeof(tocsin_action_type); <= 32 */

    /* [loop] mandatory. Read options, allocate; no I/O, no waiting. On failure free everything
       and fill *reterr: destroy is not called. */
    int32_t (*create)(const tocsin_host *, tocsin_self *, const tocsin_config *,
                      tocsin_instance **ret, tocsin_error *reterr);
    /* [loop] OK, PENDING (host->ready within 10 s) or error, after which destroy follows. */
    int32_t (*start)(tocsin_instance *, tocsin_error *reterr);
    /* [loop] Just before send, or before the delivery is queued for a worker; renders what send will
       need and keeps it with set_data. Negative: not accepted, as of send, and send does not run. Each
       delivery that it accepted reaches send, a canceled one too (is_canceled), which frees what was
       kept and returns E_CANCELED. It may call done itself: then send does not run. */
    int32_t (*prepare)(tocsin_instance *, const tocsin_message *, tocsin_delivery *, tocsin_error *);
    /* [loop], after use_workers [worker]. Mandatory. 0: accepted, host->done is called exactly once,
       perhaps before send returns. Negative: not accepted, done is not called, and the host ends
       the delivery with the code in its reason:
         E_INVALID, E_UNSUPPORTED   FAIL, cause rejected: never tried again
         E_DENIED                   FAIL, cause denied
         E_NOMEM, E_BUSY, E_LIMIT   RETRY, cause internal
         E_CANCELED                 RETRY, cause canceled
         E_IO and any other         RETRY, cause internal
       A code of the host may be handed on as it is: secret gives E_IO while a file cannot be read; http
       gives E_INVALID for a control character in a header, for a header above 8 KiB, and for a URL above
       16 KiB: render what goes into a header with ESC_LINE, and cut both, or the message is lost. */
    int32_t (*send)(tocsin_instance *, const tocsin_message *, tocsin_delivery *);
    /* [loop] Of one that send was called for: call done within 2 s. Not needed where done follows from
       a canceled exchange, or where a worker asks is_canceled. */
    void (*cancel)(tocsin_instance *, tocsin_delivery *);
    void (*drain)(tocsin_instance *);          /* [loop] no send will follow; finish the rest */
    int32_t (*stop)(tocsin_instance *);        /* [loop] end timers, calls; OK or PENDING for 5 s */
    void (*destroy)(tocsin_instance *);        /* [loop] mandatory. Nothing of it runs any more */
    /* [any] The table of an extension by its id, such as "tocsin.probe/1" (tocsin/ext/), or NULL. */
    const void *(*extension)(const char *id);
} tocsin_plugin;

/* [loop] The only symbol a plugin exports. A static table, or NULL; no side effects. */
TOCSIN_EXPORT const tocsin_plugin *tocsin_plugin_entry_v1(const tocsin_host *host);

TOCSIN_ASSERT(sizeof(void *) == 8 && sizeof(size_t) == 8, "64-bit targets only");
TOCSIN_ASSERT(sizeof(tocsin_abi) == 16 && sizeof(tocsin_error) == 512, "heads");
TOCSIN_ASSERT(sizeof(tocsin_option) == 56 && sizeof(tocsin_action_type) == 40, "tables");
TOCSIN_ASSERT(sizeof(tocsin_message) == 208 && sizeof(tocsin_result) == 72, "messages");
TOCSIN_ASSERT(sizeof(tocsin_http_request) == 72 && sizeof(tocsin_net) == 48, "requests");
TOCSIN_ASSERT(sizeof(tocsin_smtp_request) == 120 && sizeof(tocsin_reply) == 96, "SMTP, replies");
TOCSIN_ASSERT(sizeof(tocsin_plugin) == 160 && sizeof(tocsin_host) == 248, "vtables");
#ifdef __cplusplus
}
#endif
#endif
