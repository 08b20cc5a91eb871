/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - copies in sealed memory files, or in files of mode 0500 under the state
 * directory where the kernel refuses executable memory files. */
#include "core/gate/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int write_all(int fd, const char *ptr, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, ptr, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        ptr += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Copies exactly size bytes and hashes them. */
static int pour(const tcn_copy_source *source, int to, EVP_MD_CTX *hash, tcn_err *reterr)
{
    char chunk[65536];
    size_t at = 0;
    while (at < source->size) {
        size_t want = source->size - at < sizeof chunk ? source->size - at : sizeof chunk;
        ssize_t n = pread(source->fd, chunk, want, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return tcn_err_set(reterr, TCN_E_IO, "cannot be read: %s", strerror(errno));
        if (n == 0)
            return tcn_err_set(reterr, TCN_E_IO, "became shorter while it was read");
        if (write_all(to, chunk, (size_t)n) < 0)
            return tcn_err_set(reterr, TCN_E_IO, "cannot be copied: %s", strerror(errno));
        if (EVP_DigestUpdate(hash, chunk, (size_t)n) != 1)
            return tcn_err_set(reterr, TCN_E_INTERNAL, "cannot be hashed");
        at += (size_t)n;
    }
    return 0;
}

static int fill(const tcn_copy_source *source, tcn_copy *copy, tcn_err *reterr)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(hash);
        return tcn_err_set(reterr, TCN_E_NOMEM, "cannot be hashed");
    }
    int rc = pour(source, copy->fd, hash, reterr);
    if (rc == 0 && EVP_DigestFinal_ex(hash, copy->sha256, NULL) != 1)
        rc = tcn_err_set(reterr, TCN_E_INTERNAL, "cannot be hashed");
    EVP_MD_CTX_free(hash);
    return rc;
}

static int map(tcn_copy *copy, size_t size, tcn_err *reterr)
{
    void *image = mmap(NULL, size, PROT_READ, MAP_PRIVATE, copy->fd, 0);
    if (image == MAP_FAILED)
        return tcn_err_set(reterr, TCN_E_IO, "cannot be mapped: %s", strerror(errno));
    copy->image = tcn_str_of(image, size);
    return 0;
}

/* Kernels before 6.3 do not know MFD_EXEC and answer EINVAL. */
static int memory_file(const tcn_copy_source *source)
{
    char name[200];
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    (void)snprintf(name, sizeof name, "tocsin:%.150s.%u", source->name,
                   source->generation);
    int fd = memfd_create(name, flags | MFD_EXEC);
    return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

static int make_in_memory(const tcn_copy_source *source, tcn_copy *copy, tcn_err *reterr)
{
    copy->fd = memory_file(source);
    if (copy->fd < 0)
        return tcn_err_set(reterr, TCN_E_DENIED, "no executable memory file: %s",
                           strerror(errno));
    int rc = fill(source, copy, reterr);
    if (rc < 0)
        return rc;
    if (fcntl(copy->fd, F_ADD_SEALS, SEALS) < 0)
        return tcn_err_set(reterr, TCN_E_DENIED, "no sealed memory file: %s",
                           strerror(errno));
    (void)snprintf(copy->path, sizeof copy->path, "/proc/self/fd/%d", copy->fd);
    return map(copy, source->size, reterr);
}

static int open_file(const tcn_copy_source *source, tcn_copy *copy, tcn_err *reterr)
{
    if (source->state_dir == NULL)
        return tcn_err_set(reterr, TCN_E_DENIED, "no state directory for a copy");
    int n =
        snprintf(copy->path, sizeof copy->path, "%s/plugin-copies", source->state_dir);
    if (n < 0 || (size_t)n >= sizeof copy->path - 256)
        return tcn_err_set(reterr, TCN_E_LIMIT, "the state directory's path is too long");
    if (mkdir(copy->path, 0700) < 0 && errno != EEXIST)
        return tcn_err_set(reterr, TCN_E_IO, "no directory for a copy: %s",
                           strerror(errno));
    /* The time makes the text new: glibc compares it with those of all loaded objects. */
    (void)snprintf(copy->path + n, sizeof copy->path - (size_t)n, "/%.150s.%ld.%llx",
                   source->name, (long)getpid(), (unsigned long long)tcn_clock_mono_us());
    copy->fd = open(copy->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0500);
    if (copy->fd < 0)
        return tcn_err_set(reterr, TCN_E_IO, "no file for a copy: %s", strerror(errno));
    copy->is_file = true;
    return 0;
}

static int make_in_file(const tcn_copy_source *source, tcn_copy *copy, tcn_err *reterr)
{
    int rc = open_file(source, copy, reterr);
    if (rc == 0)
        rc = fill(source, copy, reterr);
    return rc == 0 ? map(copy, source->size, reterr) : rc;
}

int tcn_copy_make(const tcn_copy_source *source, tcn_copy *ret, tcn_err *reterr)
{
    tcn_copy copy = {.fd = -1};
    tcn_err in_memory = {0}, in_file = {0};
    int rc = TCN_E_DENIED;
    if (!source->is_file_wanted) {
        rc = make_in_memory(source, &copy, &in_memory);
        if (rc < 0)
            tcn_copy_deinit(&copy);
    }
    if (rc == TCN_E_DENIED) {
        rc = make_in_file(source, &copy, &in_file);
        if (rc < 0)
            tcn_copy_deinit(&copy);
    }
    if (rc == 0) {
        *ret = copy;
        return 0;
    }
    if (!tcn_err_is_set(&in_file))
        return tcn_err_set(reterr, rc, "%s", in_memory.text);
    if (!tcn_err_is_set(&in_memory))
        return tcn_err_set(reterr, rc, "%s", in_file.text);
    return tcn_err_set(reterr, rc, "cannot be copied: %.200s; %.200s", in_memory.text,
                       in_file.text);
}

void tcn_copy_unmap(tcn_copy *copy)
{
    if (copy->image.ptr != NULL)
        (void)munmap((void *)(uintptr_t)copy->image.ptr, copy->image.len);
    copy->image = (tcn_str){NULL, 0};
}

void tcn_copy_unlink(tcn_copy *copy)
{
    if (copy->is_file)
        (void)unlink(copy->path);
    copy->is_file = false;
}

void tcn_copy_sha256_text(const tcn_copy *copy, char out[TCN_SHA256 * 2 + 1])
{
    for (size_t i = 0; i < TCN_SHA256; i++)
        (void)snprintf(out + i * 2, 3, "%02x", copy->sha256[i]);
}

void tcn_copy_deinit(tcn_copy *copy)
{
    tcn_copy_unmap(copy);
    tcn_copy_unlink(copy);
    if (copy->fd >= 0)
        (void)close(copy->fd);
    copy->fd = -1;
}
