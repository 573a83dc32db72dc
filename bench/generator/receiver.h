/*
 * Counts the messages that arrive on one connection. Every frame header is checked against the frame that was sent;
 * of a payload is compared what arrives in one read with its header, which is all of it unless it is large; what remains of a large one
 * is dropped in the kernel without copying it, so that reading costs the generator nothing.
 */
#ifndef RECEIVER_H
#define RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "ring.h"
#include "transport.h"

struct receiver {
  struct transport transport;
  bool answers_pings;    /* nothing else is half sent on this connection */
  uint64_t complete;     /* messages so far */
  unsigned slot;         /* of the ring: the message that comes next, or is being received */
  uint64_t payload_left; /* of the message being received */
  unsigned cut_length;   /* bytes in `cut` */
  uint8_t cut[FRAME_HEADER_MAX]; /* a header that a read has cut in two */
};

/*
 * Reads all that is there, or with `to_the_end` on until the connection fails for having ended. Returns how many messages became
 * complete; they are the ones from the slot before the call on.
 */
unsigned receiver_read(struct receiver *receiver, const struct ring *ring, bool to_the_end);

/* Bytes of a payload on the wire, on average over all that has come: what compression has made of it. */
double receiver_mean_payload(void);

#endif
