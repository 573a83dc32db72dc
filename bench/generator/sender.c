#include "sender.h"

#include "fail.h"

void sender_owe(struct sender *sender, const struct ring *ring, unsigned count) {
  sender->owed += count;
  sender->due += ring_span(ring, sender->slot, count);
  sender->slot = (sender->slot + count) % ring->count;
}

bool sender_flush(struct sender *sender, const struct ring *ring) {
  while (sender->due > 0) {
    size_t contiguous = ring->stored - sender->position;
    size_t length = sender->due < contiguous ? sender->due : contiguous;
    ssize_t sent = transport_send(&sender->transport, ring->bytes + sender->position, length);
    if (sent < 0) fail_errno("The server does not take what is sent to it");
    sender->due -= (size_t)sent;
    sender->position = (sender->position + (size_t)sent) % ring->length;
    if ((size_t)sent < length) return false;
  }
  return true;
}
