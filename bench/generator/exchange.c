#include "exchange.h"

#include "sender.h"
#include "verifier.h"

void exchange_turn(const struct transport *transport, const struct ring *ring, unsigned in_flight) {
  struct sender sender = {.transport = *transport};
  struct verifier verifier = {.transport = *transport};
  unsigned sent = in_flight;
  sender_owe(&sender, ring, in_flight);
  while (verifier.answers < ring->count) {
    transport_wait(transport, !sender_flush(&sender, ring));
    unsigned answered = verifier_read(&verifier, ring);
    unsigned more = answered < ring->count - sent ? answered : ring->count - sent;
    sender_owe(&sender, ring, more);
    sent += more;
  }
  verifier_end(&verifier);
}
