/* SPDX-License-Identifier: Apache-2.0 */
/* sanitize.c - a plugin that was built with a sanitizer names its runtime among the
 * libraries that it needs. That of AddressSanitizer must come first in the process, so it
 * is preloaded. */
#include "core/cli/sanitize.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/cli/cli.h"

#define FILE_MAX ((size_t)64 << 20)
#define SLOWDOWN "TOCSIN_KIT_SLOWDOWN"
#define LOGS     "TOCSIN_KIT_LOGS"
#define FOLDER   "/tmp/tocsin-valgrind-"
#define ARGS_MAX 300

/* "libasan.so.8" in the file's bytes; "" when it is not there. */
static void find_runtime(tcn_str image, const char *stem, char out[64])
{
    out[0] = '\0';
    size_t at = tcn_str_find(image, tcn_str_c(stem));
    if (at == SIZE_MAX)
        return;
    size_t len = strnlen(image.ptr + at, image.len - at);
    if (len < 64 && at + len < image.len)
        (void)snprintf(out, 64, "%s", image.ptr + at);
}

static int read_runtimes(const char *path, char asan[64], char ubsan[64], tcn_err *reterr)
{
    tcn_buf image;
    tcn_buf_init(&image, FILE_MAX);
    int rc = tcn_cli_read_file(path, &image, reterr);
    if (rc == 0) {
        find_runtime(tcn_buf_str(&image), "libasan.so", asan);
        find_runtime(tcn_buf_str(&image), "libubsan.so", ubsan);
    }
    tcn_buf_deinit(&image);
    return rc;
}

static void add(char **args, size_t *count, const char *arg)
{
    if (*count + 1 < ARGS_MAX)
        args[(*count)++] = (char *)(uintptr_t)arg;
}

static void add_own(char *const *argv, const char *self, char **args, size_t *count)
{
    add(args, count, self);
    add(args, count, "plugin");
    add(args, count, "check");
    for (; *argv != NULL; argv++)
        if (strcmp(*argv, "--sanitize") != 0)
            add(args, count, *argv);
}

static int add_valgrind(char **args, size_t *count, char log_option[160], tcn_err *reterr)
{
    char folder[] = FOLDER "XXXXXX";
    if (mkdtemp(folder) == NULL)
        return tcn_err_set(reterr, TCN_E_IO, "cannot make a folder for valgrind: %s",
                           strerror(errno));
    (void)snprintf(log_option, 160, "--log-file=%s/%%p", folder);
    (void)setenv(LOGS, folder, 1);
    add(args, count, "valgrind");
    add(args, count, "--quiet");
    add(args, count, "--error-exitcode=99");
    add(args, count, "--leak-check=no");
    add(args, count, log_option);
    return 0;
}

int tcn_sanitize_exec(const char *file, char *const *argv, tcn_err *reterr)
{
    char self[4096], asan[64], ubsan[64], log_option[160];
    char *args[ARGS_MAX] = {0};
    size_t count = 0;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0)
        return tcn_err_set(reterr, TCN_E_IO, "cannot find this program: %s",
                           strerror(errno));
    self[len] = '\0';
    int rc = read_runtimes(file, asan, ubsan, reterr);
    bool is_built_in = rc == 0 && (asan[0] != '\0' || ubsan[0] != '\0');
    if (rc == 0 && !is_built_in)
        rc = add_valgrind(args, &count, log_option, reterr);
    if (rc < 0)
        return rc;
    add_own(argv, self, args, &count);
    if (asan[0] != '\0')
        (void)setenv("LD_PRELOAD", asan, 1);
    (void)setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=0", 0);
    (void)setenv("UBSAN_OPTIONS", "halt_on_error=1:exitcode=99", 0);
    (void)setenv(SLOWDOWN, is_built_in ? "3" : "30", 1);
    (void)fflush(stdout);
    (void)execvp(args[0], args);
    return tcn_err_set(reterr, TCN_E_NOT_FOUND,
                       "--sanitize needs valgrind, or a plugin built with "
                       "-fsanitize=address or undefined: %s: %s",
                       args[0], strerror(errno));
}

const char *tcn_sanitize_log_dir(void)
{
    return getenv(LOGS);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void tcn_sanitize_log_remove(void)
{
    const char *folder = tcn_sanitize_log_dir();
    if (folder != NULL && strncmp(folder, FOLDER, sizeof FOLDER - 1) == 0)
        (void)nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int tcn_sanitize_slowdown(void)
{
    const char *text = getenv(SLOWDOWN);
    int64_t times = 1;
    if (text == NULL || !tcn_str_int(tcn_str_c(text), 1, 1000, &times))
        return 1;
    return (int)times;
}
