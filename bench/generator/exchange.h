/* One turn of the ring on one connection, before the clock runs or instead of it: sent, and every byte of the answers compared. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "ring.h"
#include "transport.h"

/* Never has more than `in_flight` messages unanswered, so that no server has to hold more than it will later. */
void exchange_turn(const struct transport *transport, const struct ring *ring, unsigned in_flight);

#endif
