/* What carries the bytes of one WebSocket: a TCP socket, TLS on it with --tls, or with --http2 a stream of a connection of that. */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tls.h"

struct http2_stream;

/* Milliseconds: a server that says nothing for as long has failed. */
enum { TRANSPORT_PATIENCE = 10000 };

struct transport {
  int fd;
  struct tls *tls;             /* NULL: plain TCP, or a stream */
  struct http2_stream *stream; /* NULL: the socket is its own */
};

/* Adds TLS to a socket where it is wanted. */
struct transport transport_over(int fd, bool tls);

/* One step towards being ready for the first byte; false while it has to wait for the socket. */
bool transport_ready(const struct transport *transport);

/*
 * Returns how many bytes were read or written: 0 when there is nothing, or no room, and -1 when the connection has ended, with errno
 * 0 if the server closed it. Fewer bytes than asked for mean that there is nothing more, or no room, at the moment.
 */
ssize_t transport_receive(const struct transport *transport, void *bytes, size_t length);
ssize_t transport_send(const struct transport *transport, const void *bytes, size_t length);

/* As transport_receive(), for bytes that nobody wants to see: in plain TCP they are never copied. */
ssize_t transport_drop(const struct transport *transport, size_t length);

/* Waits until there is something to read, or also for room to send; fails when the server lets us wait too long. */
void transport_wait(const struct transport *transport, bool room);

/* Nothing more will be sent. */
void transport_shut_down(const struct transport *transport);

void transport_close(const struct transport *transport);

#endif
