/* SPDX-License-Identifier: Apache-2.0 */
/* folder.c - see folder.h. */
#include "tests/unit/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void folder_make(folder *f)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(f->path, sizeof f->path, "%s/tocsin-plugin-XXXXXX",
                   base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(f->path));
}

static void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        char child[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        (void)snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (unlink(child) < 0)
            remove_all(child);
    }
    if (dir != NULL)
        (void)closedir(dir);
    (void)rmdir(path);
}

void folder_remove(folder *f)
{
    remove_all(f->path);
}

const char *folder_path(const folder *f, const char *name)
{
    static char paths[5][512];
    static unsigned next;
    char *path = paths[next++ % 5];
    (void)snprintf(path, sizeof paths[0], "%s/%s", f->path, name);
    return path;
}

void folder_write(const folder *f, const char *name, const char *bytes, size_t len,
                  mode_t mode)
{
    const char *path = folder_path(f, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

void folder_install(const folder *f, const char *plugin, const char *name)
{
    char source[512];
    (void)snprintf(source, sizeof source, TEST_PLUGIN_DIR "/%s.so", plugin);
    FILE *file = fopen(source, "rbe");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t len = (size_t)ftell(file);
    char *bytes = malloc(len);
    assert_non_null(bytes);
    rewind(file);
    assert_int_equal(fread(bytes, 1, len, file), len);
    (void)fclose(file);
    folder_write(f, "new", bytes, len, 0644);
    free(bytes);
    assert_int_equal(rename(folder_path(f, "new"), folder_path(f, name)), 0);
}
