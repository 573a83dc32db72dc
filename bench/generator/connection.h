/* One client connection: connect, opening handshake, and the blocking helpers used before the clock runs. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"

struct target {
  uint16_t port; /* on 127.0.0.1 */
  bool compressed; /* offers permessage-deflate, and insists on it */
};

/* Connects and performs the opening handshake on `path`. `index` spreads many connections over source addresses. */
int connection_open(const struct target *target, const char *path, unsigned index);

/* Sends all frames of the ring, blocking. */
void connection_send_turn(int fd, const struct ring *ring);

/* Reads the answers to one turn, blocking, and compares every byte of every payload. */
void connection_check_turn(int fd, const struct ring *ring);

void connection_set_nonblocking(int fd);

#endif
