/*
 * The frames to send, encoded beforehand by the bench (bench/frames.ts) and read from a file. Every connection sends
 * them round and round.
 *
 * Frames with RSV1 are compressed messages.
 *
 * A short ring's bytes are stored twice in a row, so that any run of up to `count` frames is contiguous: one write, whatever
 * frame it starts with. A long one's are not: large messages take more than one write anyway, and the memory is missed.
 */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_slot {
  size_t offset;          /* of the frame in `bytes` */
  unsigned header_length; /* of the frame as we send it */
  unsigned opcode;
  unsigned rsv;
  uint64_t payload_length;
  const uint8_t *masked_payload; /* as sent: what a server that echoes raw bytes returns */
  const uint8_t *payload;        /* unmasked: what a WebSocket server returns */
};

struct ring {
  uint8_t *bytes;
  size_t length; /* of one turn */
  size_t stored; /* bytes in `bytes`: one turn or two */
  unsigned count;
  bool compressed;
  struct ring_slot *slots;
};

void ring_load(struct ring *ring, const char *path);

/* Bytes of `count` frames from `slot` on. */
size_t ring_span(const struct ring *ring, unsigned slot, unsigned count);

static inline unsigned ring_next(const struct ring *ring, unsigned slot) {
  return slot + 1 == ring->count ? 0 : slot + 1;
}

#endif
