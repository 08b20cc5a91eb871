/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c - who is at the other end of a Unix socket, by the kernel's word. */
#include <sys/socket.h>

#include "core/base/alloc.h"
#include "core/net/server_int.h"

#define GROUPS_MAX 1024

static bool has_group(int fd, const struct ucred *peer, gid_t gid)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof groups;
    if (peer->gid == gid)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
        return false;
    for (size_t i = 0; i < size / sizeof groups[0]; i++)
        if (groups[i] == gid)
            return true;
    return false;
}

bool tcn_request_is_from(const tcn_request *request, uid_t uid, gid_t gid)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (request->conn == NULL)
        return false;
    int fd = request->conn->fd;
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
        address.ss_family != AF_UNIX)
        return false;
    struct ucred peer;
    size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return false;
    return peer.uid == 0 || peer.uid == uid || has_group(fd, &peer, gid);
}
