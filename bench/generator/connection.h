/* One WebSocket of a client: connect and opening handshake. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"
#include "verifier.h"

struct target {
  uint16_t port; /* on 127.0.0.1 */
  bool compressed; /* offers permessage-deflate, and insists on it */
  bool tls;
  bool http2;       /* WebSockets are streams of HTTP/2 */
  unsigned streams; /* of them on each connection, then */
};

/*
 * Connects and performs the opening handshake on `path`; the socket is non-blocking from then on. `index` spreads many connections
 * over source addresses. What the server says at once goes to `early`; where that is NULL it must say nothing.
 */
struct transport connection_open(const struct target *target, const char *path, unsigned index, struct verifier *early);

/* Only connects, with TLS where that is wanted; `index` and the socket as above. */
struct transport connection_connect(const struct target *target, unsigned index);

/* Begins to connect, without blocking; `index` as above. */
int connection_begin(const struct target *target, unsigned index);

enum { REQUEST_MAX = 512 };

/* Writes the request of an opening handshake, or of an ordinary page; returns its length. */
int connection_upgrade_request(char request[REQUEST_MAX], const struct target *target, const char *path);
int connection_page_request(char request[REQUEST_MAX], const struct target *target, const char *path);

/* Fails unless `response` accepts the opening handshake. */
void connection_check_accepted(const struct target *target, const char *path, const char *response);

#endif
