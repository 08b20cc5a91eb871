/* SPDX-License-Identifier: Apache-2.0 */
/* quarantine.c - the file of crashes, read at the start. Who is in quarantine follows
 * from its lines alone, so it stays so until they are taken out; another build of the
 * plugin has another SHA-256 and is not meant by them. */
#include "core/plugin/quarantine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/base/alloc.h"
#include "core/base/buf.h"
#include "core/base/datetime.h"
#include "core/plugin/crash.h"
#include "core/plugin/instance.h"

#define FILE_MAX  ((size_t)64 << 10)
#define CRASHES   3
#define WITHIN_US (10 * TCN_MINUTE_US)

/* ---- the file ---- */

/* Its last part, from the beginning of a line. */
static int read_tail(int fd, tcn_buf *out)
{
    off_t size = lseek(fd, 0, SEEK_END);
    bool is_cut = size > (off_t)FILE_MAX;
    off_t from = is_cut ? size - (off_t)FILE_MAX : 0;
    char piece[4096];
    bool skips = is_cut;
    ssize_t n;
    while ((n = pread(fd, piece, sizeof piece, from)) > 0) {
        size_t at = 0;
        from += n;
        while (skips && at < (size_t)n)
            skips = piece[at++] != '\n';
        int rc = tcn_buf_add(out, piece + at, (size_t)n - at);
        if (rc < 0)
            return rc;
    }
    return n < 0 ? TCN_E_IO : 0;
}

/* A file that grew is cut, so that it does not grow for ever. */
static void shorten(const char *path, tcn_str text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return;
    size_t half = text.len / 2;
    while (half < text.len && half > 0 && text.ptr[half - 1] != '\n')
        half++;
    ssize_t n = write(fd, text.ptr + half, text.len - half);
    (void)n;
    (void)close(fd);
}

int tcn_plugins_quarantine_load(tcn_plugins *plugins, const char *path, tcn_err *reterr)
{
    tcn_quarantine *quarantine = &plugins->quarantine;
    tcn_quarantine_deinit(quarantine);
    tcn_buf_init(&quarantine->text, FILE_MAX + 1);
    quarantine->path = tcn_strdup(path);
    if (quarantine->path == NULL)
        return tcn_err_no_memory(reterr);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0
                               : tcn_err_set(reterr, TCN_E_IO, "cannot read %.200s: %s",
                                             path, strerror(errno));
    int rc = read_tail(fd, &quarantine->text);
    (void)close(fd);
    if (quarantine->text.len > FILE_MAX / 2)
        shorten(path, tcn_buf_str(&quarantine->text));
    return rc < 0 ? tcn_err_set(reterr, rc, "cannot read %.200s", path) : 0;
}

void tcn_quarantine_deinit(tcn_quarantine *quarantine)
{
    tcn_free(quarantine->path);
    tcn_buf_deinit(&quarantine->text);
    *quarantine = (tcn_quarantine){0};
}

/* ---- who is meant ---- */

static void hex_of(const uint8_t *sha256, char out[TCN_SHA256 * 2 + 1])
{
    for (size_t i = 0; i < TCN_SHA256; i++)
        (void)snprintf(out + i * 2, 3, "%02x", sha256[i]);
}

static bool is_about(const tcn_crash *crash, const tocsin_self *self, const char *sha256)
{
    return tcn_str_eq_c(crash->instance, self->name) &&
           tcn_str_eq_c(crash->plugin, self->table->id) &&
           tcn_str_eq_c(crash->sha256, sha256);
}

static int tell(const tcn_crash *crash, tcn_err *reterr)
{
    return tcn_err_set(
        reterr, TCN_E_STATE,
        "plugin %.*s crashed the daemon %d times within %d minutes, at last "
        "in %.*s; \"tocsin reload --clear-quarantine\" or another build of "
        "the plugin lets it run again",
        TCN_STR_ARG(crash->plugin), CRASHES, (int)(WITHIN_US / TCN_MINUTE_US),
        TCN_STR_ARG(crash->slot));
}

bool tcn_quarantine_holds(const tocsin_self *self, tcn_err *reterr)
{
    const tcn_quarantine *quarantine = &self->plugins->quarantine;
    tcn_str rest = tcn_buf_str(&quarantine->text), line;
    int64_t before_us[CRASHES - 1] = {INT64_MIN / 2, INT64_MIN / 2};
    char sha256[TCN_SHA256 * 2 + 1];
    hex_of(self->file->copy.sha256, sha256);
    while (tcn_str_split(&rest, '\n', &line)) {
        tcn_crash crash;
        if (!tcn_crash_read(line, &crash) || !is_about(&crash, self, sha256))
            continue;
        if (crash.at_us - before_us[0] <= WITHIN_US) {
            (void)tell(&crash, reterr);
            return true;
        }
        before_us[0] = before_us[1];
        before_us[1] = crash.at_us;
    }
    return false;
}

int tcn_plugins_quarantine_clear(tcn_plugins *plugins)
{
    tcn_quarantine *quarantine = &plugins->quarantine;
    if (quarantine->path == NULL)
        return 0;
    if (truncate(quarantine->path, 0) < 0 && errno != ENOENT)
        return TCN_E_IO;
    tcn_buf_reset(&quarantine->text);
    tcn_list_foreach (link, &plugins->instances)
        tcn_instance_release(tcn_container_of(link, tocsin_self, link));
    return 0;
}
