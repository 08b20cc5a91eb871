/* SPDX-License-Identifier: Apache-2.0 */
/* mock/base.h - memory, texts, problems and the lock of the mock. Included by tocsin/mock.h only. */
/* clang-format off */
#ifndef TOCSIN_MOCK_BASE_H
#define TOCSIN_MOCK_BASE_H

static inline void tocsin_mock_lock(tocsin_mock *m)
{
#ifdef TOCSIN_MOCK_THREADS
    (void)pthread_mutex_lock(&m->lock);
#else
    (void)m;
#endif
}

static inline void tocsin_mock_unlock(tocsin_mock *m)
{
#ifdef TOCSIN_MOCK_THREADS
    (void)pthread_mutex_unlock(&m->lock);
#else
    (void)m;
#endif
}

/* Is this the thread that plays the loop, and not in the middle of a worker's send? */
static inline int tocsin_mock_on_loop(tocsin_mock *m)
{
#ifdef TOCSIN_MOCK_THREADS
    return pthread_equal(m->loop, pthread_self()) != 0;
#else
    return !m->is_on_worker;
#endif
}

static inline void tocsin_mock_problem(tocsin_mock *m, const char *text)
{
    size_t used, room;
    (void)fprintf(stderr, "mock: %s\n", text);
    tocsin_mock_lock(m);
    used = strlen(m->problems);
    room = sizeof m->problems - used;
    (void)snprintf(m->problems + used, room, "%s\n", text);
    m->problem_count++;
    tocsin_mock_unlock(m);
}

/* Zeroed; freed with the mock. */
static inline void *tocsin_mock_alloc(tocsin_mock *m, size_t size)
{
    void **block = (void **)calloc(1, sizeof(void *) * 2 + size);
    if (block == NULL)
        abort();
    tocsin_mock_lock(m);
    block[0] = m->memory;
    m->memory = block;
    tocsin_mock_unlock(m);
    return block + 2;
}

static inline tocsin_str tocsin_mock_str(const char *text)
{
    tocsin_str s;
    s.ptr = text;
    s.len = text == NULL ? 0 : strlen(text);
    return s;
}

/* A copy that ends in NUL. */
static inline tocsin_str tocsin_mock_copy(tocsin_mock *m, tocsin_str s)
{
    char *copy = (char *)tocsin_mock_alloc(m, s.len + 1);
    tocsin_str out;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    out.ptr = copy;
    out.len = s.len;
    return out;
}

static inline const char *tocsin_mock_dup(tocsin_mock *m, const char *text)
{
    return text == NULL ? NULL : tocsin_mock_copy(m, tocsin_mock_str(text)).ptr;
}

static inline int tocsin_mock_same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static inline char tocsin_mock_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline int tocsin_mock_same_name(tocsin_str a, const char *b)
{
    size_t i;
    for (i = 0; i < a.len && b[i] != '\0'; i++)
        if (tocsin_mock_lower(a.ptr[i]) != tocsin_mock_lower(b[i]))
            return 0;
    return i == a.len && b[i] == '\0';
}

/* Does text hold part? */
static inline int tocsin_mock_holds(tocsin_str text, tocsin_str part)
{
    size_t i;
    for (i = 0; part.len > 0 && i + part.len <= text.len; i++)
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return 1;
    return 0;
}

/* One more of count? A problem when the mock has no room. */
static inline int tocsin_mock_has_room(tocsin_mock *m, uint32_t count, const char *what)
{
    char text[120];
    if (count < TOCSIN_MOCK_MAX)
        return 1;
    (void)snprintf(text, sizeof text, "more than %d %s", (int)TOCSIN_MOCK_MAX, what);
    tocsin_mock_problem(m, text);
    return 0;
}

/* The code with which this service was told to fail; 0: not. */
static inline int32_t tocsin_mock_failure(tocsin_mock *m, const char *service)
{
    if (m->fail_name == NULL || strcmp(m->fail_name, service) != 0)
        return 0;
    m->fail_name = NULL;
    return m->fail_code;
}

/* 1 and a problem when a [loop] service is used on a worker. */
static inline int tocsin_mock_off_loop(tocsin_mock *m, const char *service)
{
    char text[120];
    if (tocsin_mock_on_loop(m))
        return 0;
    (void)snprintf(text, sizeof text, "%s was called on a worker: it is [loop]", service);
    tocsin_mock_problem(m, text);
    return 1;
}
#endif
