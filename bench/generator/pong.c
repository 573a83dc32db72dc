#include "pong.h"

#include <string.h>

#include "fail.h"

enum { HEADER = 6, PAYLOAD_MAX = 125 };

void pong_send(const struct transport *transport, const uint8_t *payload, uint64_t length) {
  if (length > PAYLOAD_MAX) fail("The server sent a ping of %llu bytes", (unsigned long long)length);
  /* A mask of zeros leaves the payload as it is. */
  uint8_t frame[HEADER + PAYLOAD_MAX] = {0x8a, (uint8_t)(0x80 | length)};
  memcpy(frame + HEADER, payload, length);
  ssize_t size = (ssize_t)(HEADER + length);
  if (transport_send(transport, frame, (size_t)size) != size) fail("The server does not take a pong");
}
