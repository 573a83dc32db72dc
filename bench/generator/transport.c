#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"
#include "http2-stream.h"

enum { SCRATCH_SIZE = 256 * 1024 };

static char scratch[SCRATCH_SIZE];

struct transport transport_over(int fd, bool tls) { return (struct transport){.fd = fd, .tls = tls ? tls_open(fd) : NULL}; }

bool transport_ready(const struct transport *transport) { return transport->tls == NULL || tls_handshake(transport->tls); }

static ssize_t outcome(ssize_t result) {
  if (result >= 0) return result;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static ssize_t receive(int fd, void *bytes, size_t length, int flags) {
  ssize_t received = recv(fd, bytes, length, flags);
  if (received != 0 || length == 0) return outcome(received);
  errno = 0;
  return -1;
}

ssize_t transport_receive(const struct transport *transport, void *bytes, size_t length) {
  if (transport->stream != NULL) return http2_stream_receive(transport->stream, bytes, length);
  return transport->tls == NULL ? receive(transport->fd, bytes, length, 0) : tls_receive(transport->tls, bytes, length);
}

ssize_t transport_drop(const struct transport *transport, size_t length) {
  if (transport->stream != NULL) return http2_stream_drop(transport->stream, length);
  if (transport->tls == NULL) return receive(transport->fd, NULL, length, MSG_TRUNC);
  size_t dropped = 0;
  while (dropped < length) {
    size_t chunk = length - dropped < SCRATCH_SIZE ? length - dropped : SCRATCH_SIZE;
    ssize_t received = tls_receive(transport->tls, scratch, chunk);
    if (received < 0 && dropped == 0) return -1;
    if (received > 0) dropped += (size_t)received;
    if (received < (ssize_t)chunk) break;
  }
  return (ssize_t)dropped;
}

ssize_t transport_send(const struct transport *transport, const void *bytes, size_t length) {
  if (transport->stream != NULL) return http2_stream_send(transport->stream, bytes, length);
  if (transport->tls != NULL) return tls_send(transport->tls, bytes, length);
  return outcome(send(transport->fd, bytes, length, MSG_NOSIGNAL));
}

void transport_wait(const struct transport *transport, bool room) {
  if (transport->stream != NULL) {
    http2_stream_wait(transport->stream);
    return;
  }
  struct pollfd socket = {.fd = transport->fd, .events = POLLIN | (room ? POLLOUT : 0)};
  if (poll(&socket, 1, TRANSPORT_PATIENCE) == 0) fail("The server has not answered within %d s", TRANSPORT_PATIENCE / 1000);
}

void transport_shut_down(const struct transport *transport) {
  if (transport->tls != NULL) tls_shut_down(transport->tls);
  shutdown(transport->fd, SHUT_WR);
}

void transport_close(const struct transport *transport) {
  if (transport->tls != NULL) tls_free(transport->tls);
  close(transport->fd);
}
