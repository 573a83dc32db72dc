/* WebSockets of an echo that have stopped reading: the same connection's others are to feel nothing of it. */
#ifndef ECHO_STALLED_H
#define ECHO_STALLED_H

#include "ring.h"
#include "sender.h"

/*
 * Asks on a stream for more answers than its window lets in, and never opens that again. Returns when the window is full: what is
 * missing waits on the server's side. What could not be sent yet is left with the sender.
 */
void echo_stall(struct sender *sender, const struct ring *ring);

#endif
