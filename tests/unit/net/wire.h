/* SPDX-License-Identifier: Apache-2.0 */
/* wire.h - blocking sockets for tests: every wait ends after ten seconds with a failed
 * test. */
#ifndef TCN_TESTS_NET_WIRE_H
#define TCN_TESTS_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX 65536

/* Connects to "127.0.0.1:4200" or "unix:PATH". */
int wire_connect(const char *address);
/* Sends all; a connection that the other side closed is no failure. */
void wire_send(int fd, const char *bytes, size_t len);
void wire_send_text(int fd, const char *text);
/* Reads until the other side closes (false: it reset), at most size - 1 bytes and a NUL.
 */
bool wire_read_all(int fd, char *out, size_t size);
/* Reads one HTTP answer, by its Content-Length. Returns the status, 0 when the connection
 * ended. */
int wire_read_answer(int fd, char *out, size_t size);
/* Connects, sends, reads one answer, closes. */
int wire_ask(const char *address, const char *request, char *out, size_t size);
int wire_ask_bytes(const char *address, const char *request, size_t len, char *out,
                   size_t size);
/* Closes with a reset. */
void wire_reset(int fd);

#endif
