/*
 * Counts the messages that arrive on one connection. Every frame header is checked against the frame that was sent;
 * payloads that arrive whole in one read are compared byte by byte; what remains of a large payload is dropped in the
 * kernel without copying it, so that reading costs the generator nothing.
 */
#ifndef RECEIVER_H
#define RECEIVER_H

#include <stdint.h>

#include "frame.h"
#include "ring.h"

struct receiver {
  int fd;
  unsigned slot;         /* of the ring: the message that comes next, or is being received */
  uint64_t payload_left; /* of the message being received */
  unsigned cut_length;   /* bytes in `cut` */
  uint8_t cut[FRAME_HEADER_MAX]; /* a header that a read has cut in two */
};

/* Reads once. Returns how many messages became complete; they are the ones from the slot before the call on. */
unsigned receiver_read(struct receiver *receiver, const struct ring *ring);

/* Bytes of a payload on the wire, on average over all that has come: what compression has made of it. */
double receiver_mean_payload(void);

#endif
