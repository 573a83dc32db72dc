/*
 * Reads one connection before the clock runs, when there is time to compare every byte: frames are put together whole, in
 * memory, however they are cut. (While the clock runs, that is for receiver.h.)
 */
#ifndef VERIFIER_H
#define VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring.h"
#include "transport.h"

struct verifier {
  struct transport transport;
  bool answers_pings; /* nothing else is half sent on this connection */
  bool talkative; /* the server may say other things before its first answer: they are counted, and dropped */
  unsigned others; /* such messages */
  unsigned pongs;
  unsigned answers;
  uint8_t *bytes; /* that have arrived, of a frame that is not whole */
  size_t length, capacity;
};

/* Room for `length` more bytes behind those that have arrived. */
uint8_t *verifier_room(struct verifier *verifier, size_t length);

/* Reads all that is there; fails at a wrong answer. Returns how many right ones have come. */
unsigned verifier_read(struct verifier *verifier, const struct ring *ring);

/* To be called after the last answer: fails when something else has begun to arrive. */
void verifier_end(struct verifier *verifier);

#endif
