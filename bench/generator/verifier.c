#include "verifier.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "fail.h"
#include "frame.h"
#include "pong.h"

enum { READ_SIZE = 64 * 1024 };

uint8_t *verifier_room(struct verifier *verifier, size_t length) {
  if (verifier->capacity - verifier->length < length) {
    verifier->capacity = 2 * verifier->capacity + length;
    verifier->bytes = realloc(verifier->bytes, verifier->capacity);
    if (verifier->bytes == NULL) fail("No memory for %zu bytes of an answer", verifier->capacity);
  }
  return verifier->bytes + verifier->length;
}

static void take_frame(struct verifier *verifier, const struct ring *ring, const struct frame_header *header,
                       const uint8_t *payload) {
  if (header->opcode == OPCODE_CLOSE) fail("The server sent a close frame before it had answered");
  if (header->opcode == OPCODE_PING && verifier->answers_pings) pong_send(&verifier->transport, payload, header->payload_length);
  if (header->opcode == OPCODE_PONG) verifier->pongs++;
  if (header->opcode > OPCODE_CLOSE) return;
  /* A ring without frames: nothing was asked, so nothing can be an answer. */
  const struct ring_slot *slot = ring->count > 0 ? &ring->slots[verifier->answers % ring->count] : NULL;
  bool fits = slot != NULL && answer_fits(ring, slot, header);
  if (fits && answer_matches(ring, slot, header, payload, header->payload_length)) {
    verifier->answers++;
  } else if (verifier->talkative && verifier->answers == 0) {
    verifier->others++;
  } else if (!fits) {
    fail("The server answered message %u with a frame of opcode %u, %llu bytes; expected opcode %u, %llu bytes",
         verifier->answers + 1, header->opcode, (unsigned long long)header->payload_length, slot->opcode,
         (unsigned long long)slot->payload_length);
  } else {
    fail("The server answered message %u with other bytes", verifier->answers + 1);
  }
}

static void take_frames(struct verifier *verifier, const struct ring *ring) {
  const uint8_t *position = verifier->bytes;
  size_t left = verifier->length;
  struct frame_header header;
  while (frame_header_read(position, left, &header) && header.payload_length <= left - header.length) {
    take_frame(verifier, ring, &header, position + header.length);
    position += header.length + header.payload_length;
    left -= header.length + header.payload_length;
  }
  memmove(verifier->bytes, position, left);
  verifier->length = left;
  if (left > 0) return;
  free(verifier->bytes);
  verifier->bytes = NULL;
  verifier->capacity = 0;
}

unsigned verifier_read(struct verifier *verifier, const struct ring *ring) {
  unsigned before = verifier->answers;
  ssize_t received;
  do {
    received = transport_receive(&verifier->transport, verifier_room(verifier, READ_SIZE), READ_SIZE);
    if (received < 0) fail_errno("The server closed the connection before it had answered");
    verifier->length += (size_t)received;
    take_frames(verifier, ring);
  } while (received == READ_SIZE);
  return verifier->answers - before;
}

void verifier_end(struct verifier *verifier) {
  if (verifier->length > 0) fail("The server sent bytes after its answers that nobody asked for");
}
