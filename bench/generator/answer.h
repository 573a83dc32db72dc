/*
 * What the answer to a message has to be: the same message, or with a needle any message of the same kind that contains the
 * same bytes at that place of the one that was sent. The answer to a compressed one is compressed by the server, in its own way:
 * only its header is checked here. That it inflates to what was sent is checked by a client before (bench/compressed-answers.ts).
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "ring.h"

/* Where the needle stands in each payload that is sent; a length of 0 means that the whole payload comes back. */
struct needle {
  uint64_t at;
  uint64_t length;
};

/* Fails when a message of the ring is too short for the needle, or is compressed, or has the same as another. */
void answer_expect(const struct ring *ring, const struct needle *needle);

/* Whether a frame of this header can be the answer. */
bool answer_fits(const struct ring *ring, const struct ring_slot *slot, const struct frame_header *header);

/* Whether its payload is, of which the first `available` bytes are there. A needle is looked for only when all are. */
bool answer_matches(const struct ring *ring, const struct ring_slot *slot, const struct frame_header *header,
                    const uint8_t *payload, uint64_t available);

#endif
