#include "sender.h"

#include <errno.h>
#include <sys/socket.h>

#include "fail.h"

void sender_owe(struct sender *sender, const struct ring *ring, unsigned count) {
  sender->due += ring_span(ring, sender->slot, count);
  sender->slot = (sender->slot + count) % ring->count;
}

bool sender_flush(struct sender *sender, const struct ring *ring) {
  if (sender->due == 0) return true;
  ssize_t sent = send(sender->fd, ring->bytes + sender->position, sender->due, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    fail_errno("A connection broke during the measurement");
  }
  sender->due -= (size_t)sent;
  sender->position = (sender->position + (size_t)sent) % ring->length;
  return sender->due == 0;
}
