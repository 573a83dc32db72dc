/* Sends frames of the ring on one connection: what is due goes out in one write, the rest when the kernel has room. */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"
#include "transport.h"

struct sender {
  struct transport transport;
  uint64_t owed;   /* messages so far: more than these no server can answer */
  unsigned slot;   /* of the ring: the message that becomes due next */
  size_t position; /* in the bytes of the ring */
  size_t due;      /* bytes that may be sent and are not */
};

/* `count` more messages may be sent. */
void sender_owe(struct sender *sender, const struct ring *ring, unsigned count);

/* Returns false when the kernel took only a part. */
bool sender_flush(struct sender *sender, const struct ring *ring);

#endif
