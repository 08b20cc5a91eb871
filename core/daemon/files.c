/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - see files.h. */
#include "core/daemon/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"

static int fail(tcn_err *reterr, const char *path, const char *what)
{
    int code = errno == ENOENT ? TCN_E_NOT_FOUND : TCN_E_IO;
    tcn_err_set(reterr, code, "%s: %s", what, strerror(errno));
    tcn_err_source(reterr, path);
    return code;
}

int tcn_file_open(const char *path, int *ret_fd, tcn_file_mark *ret_mark, tcn_err *reterr)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        int rc = fail(reterr, path, "cannot be opened");
        if (fd >= 0)
            close(fd);
        return rc;
    }
    *ret_mark = tcn_file_mark_of(&st, tcn_clock_wall_us());
    *ret_fd = fd;
    return 0;
}

int tcn_file_read(const char *path, tcn_buf *out, tcn_err *reterr)
{
    int fd = -1;
    tcn_file_mark mark;
    int rc = tcn_file_open(path, &fd, &mark, reterr);
    return rc < 0 ? rc : tcn_file_read_own(fd, path, out, reterr);
}

int tcn_file_read_own(int fd, const char *path, tcn_buf *out, tcn_err *reterr)
{
    int rc = 0;
    for (;;) {
        char chunk[16384];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = fail(reterr, path, "cannot be read");
        else if (n > 0)
            rc = tcn_buf_add(out, chunk, (size_t)n);
        if (n <= 0 || rc < 0)
            break;
    }
    close(fd);
    if (rc == TCN_E_LIMIT) {
        tcn_err_set(reterr, rc, "is larger than %zu bytes", out->limit);
        tcn_err_source(reterr, path);
    }
    return rc;
}

bool tcn_file_is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

bool tcn_file_is_missing(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 && errno == ENOENT;
}

static int write_all(int fd, tcn_str text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text = tcn_str_of(text.ptr + n, text.len - (size_t)n);
    }
    return 0;
}

int tcn_file_replace(const char *path, tcn_str text, tcn_err *reterr)
{
    tcn_buf beside;
    tcn_buf_init(&beside, 4096);
    int rc = tcn_buf_printf(&beside, "%s.%ld.new", path, (long)getpid());
    if (rc < 0)
        goto done;
    int fd = open(beside.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        rc = fail(reterr, path, "cannot be written");
        goto done;
    }
    if (write_all(fd, text) < 0)
        rc = fail(reterr, path, "cannot be written");
    close(fd);
    if (rc >= 0 && rename(beside.ptr, path) < 0)
        rc = fail(reterr, path, "cannot be replaced");
    if (rc < 0)
        unlink(beside.ptr);
done:
    tcn_buf_deinit(&beside);
    return rc;
}

static bool is_definition(const char *name)
{
    tcn_str s = tcn_str_c(name);
    return name[0] != '.' &&
           (tcn_str_ends(s, TCN_STR(".yaml")) || tcn_str_ends(s, TCN_STR(".yml")) ||
            tcn_str_ends(s, TCN_STR(".json")));
}

static int add_path(tcn_file_list *list, const char *dir, const char *name)
{
    int rc =
        tcn_grow((void **)&list->paths, &list->capacity, list->count + 1, sizeof(char *));
    if (rc < 0)
        return rc;
    tcn_buf path;
    tcn_buf_init(&path, 8192);
    rc = tcn_buf_printf(&path, "%s/%s", dir, name);
    if (rc >= 0)
        list->paths[list->count++] = tcn_buf_take(&path, NULL);
    tcn_buf_deinit(&path);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int tcn_file_list_read(const char *dir, tcn_file_list *ret, tcn_err *reterr)
{
    *ret = (tcn_file_list){0};
    DIR *stream = opendir(dir);
    if (stream == NULL)
        return errno == ENOENT ? 0 : fail(reterr, dir, "cannot be read");
    int rc = 0;
    for (;;) {
        struct dirent *entry = readdir(stream);
        if (entry == NULL || rc < 0)
            break;
        if (is_definition(entry->d_name))
            rc = add_path(ret, dir, entry->d_name);
    }
    closedir(stream);
    if (rc < 0) {
        tcn_file_list_deinit(ret);
        return tcn_err_set(reterr, rc, "out of memory");
    }
    if (ret->count > 1)
        qsort(ret->paths, ret->count, sizeof(char *), by_name);
    return 0;
}

void tcn_file_list_deinit(tcn_file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        tcn_free(list->paths[i]);
    tcn_free(list->paths);
    *list = (tcn_file_list){0};
}
