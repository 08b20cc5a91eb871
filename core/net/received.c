/* SPDX-License-Identifier: Apache-2.0 */
/* received.c - apart from the others, because the C library's header of TCP, which does
 * not know this counter, and the kernel's exclude each other. */
#include "core/net/received.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

uint64_t tcn_received(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    size_t end =
        offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < end)
        return UINT64_MAX;
    return info.tcpi_bytes_received;
}
