/* The answer to a server's ping (RFC 6455 section 5.5.3): without it a server takes a long set-up for a dead connection. */
#ifndef PONG_H
#define PONG_H

#include <stdint.h>

#include "transport.h"

/* Only for a connection on which no other frame is half sent. */
void pong_send(const struct transport *transport, const uint8_t *payload, uint64_t length);

#endif
