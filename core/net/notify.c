/* SPDX-License-Identifier: Apache-2.0 */
/* notify.c - a socket for each datagram: they are rare, and the manager may have made its
 * end anew. */
#include "core/net/notify.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/err.h"

static int address_of(const char *name, struct sockaddr_un *ret, socklen_t *ret_len)
{
    size_t len = strlen(name);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof ret->sun_path)
        return TCN_E_INVALID;
    memcpy(ret->sun_path, name, len);
    if (name[0] == '@')
        ret->sun_path[0] = '\0';
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return 0;
}

int tcn_notify_send(const char *socket_name, tcn_str text)
{
    struct sockaddr_un address;
    socklen_t len = 0;
    int rc = address_of(socket_name, &address, &len);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    ssize_t sent = sendto(fd, text.ptr, text.len, MSG_NOSIGNAL,
                          (const struct sockaddr *)&address, len);
    rc = sent == (ssize_t)text.len ? 0 : -errno;
    (void)close(fd);
    return rc;
}
