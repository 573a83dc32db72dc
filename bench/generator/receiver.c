#include "receiver.h"

#include <string.h>

#include "answer.h"
#include "fail.h"
#include "pong.h"

enum { READ_SIZE = 256 * 1024, DROP_FROM = 16 * 1024 };

/* Room before the read for a header that the last read has cut. One buffer for all: nothing stays in it. */
static uint8_t buffer[FRAME_HEADER_MAX + READ_SIZE];

static uint64_t payload_bytes, payloads;

double receiver_mean_payload(void) { return payloads == 0 ? 0 : (double)payload_bytes / (double)payloads; }

static size_t must(ssize_t received) {
  if (received < 0) fail_errno("The server closed a connection during the measurement");
  return (size_t)received;
}

static void check_header(const struct frame_header *header, const struct ring *ring, const struct ring_slot *slot) {
  if (header->opcode == OPCODE_CLOSE) fail("The server sent a close frame during the measurement");
  if (!answer_fits(ring, slot, header)) {
    fail("The server sent a frame of opcode %u, %llu bytes; expected opcode %u, %llu bytes", header->opcode,
         (unsigned long long)header->payload_length, slot->opcode, (unsigned long long)slot->payload_length);
  }
}

/* Returns how many messages end in the bytes of one read. */
static unsigned take(struct receiver *receiver, const struct ring *ring, size_t received) {
  unsigned complete = 0;
  const uint8_t *position = buffer + FRAME_HEADER_MAX - receiver->cut_length;
  const uint8_t *end = buffer + FRAME_HEADER_MAX + received;
  memcpy(buffer + FRAME_HEADER_MAX - receiver->cut_length, receiver->cut, receiver->cut_length);
  receiver->cut_length = 0;

  while (position < end) {
    uint64_t available = (uint64_t)(end - position);
    if (receiver->payload_left == 0) {
      struct frame_header header;
      if (!frame_header_read(position, available, &header)) {
        memcpy(receiver->cut, position, available);
        receiver->cut_length = (unsigned)available;
        break;
      }
      position += header.length;
      available -= header.length;
      if (header.opcode > OPCODE_CLOSE && header.payload_length <= available) {
        if (header.opcode == OPCODE_PING && receiver->answers_pings) {
          pong_send(&receiver->transport, position, header.payload_length);
        }
        position += header.payload_length;
        continue;
      }
      const struct ring_slot *slot = &ring->slots[receiver->slot];
      check_header(&header, ring, slot);
      payload_bytes += header.payload_length;
      payloads++;
      bool whole = header.payload_length <= available;
      if (!answer_matches(ring, slot, &header, position, whole ? header.payload_length : available)) {
        fail("The server sent a message with other bytes");
      }
      if (!whole) {
        receiver->payload_left = header.payload_length - available;
        break;
      }
      position += header.payload_length;
    } else if (receiver->payload_left > available) {
      receiver->payload_left -= available;
      break;
    } else {
      position += receiver->payload_left;
      receiver->payload_left = 0;
    }
    complete++;
    receiver->slot = ring_next(ring, receiver->slot);
  }
  return complete;
}

unsigned receiver_read(struct receiver *receiver, const struct ring *ring, bool to_the_end) {
  unsigned complete = 0;
  size_t wanted, received;
  do {
    if (receiver->payload_left >= DROP_FROM) {
      wanted = receiver->payload_left;
      received = must(transport_drop(&receiver->transport, wanted));
      receiver->payload_left -= received;
      if (receiver->payload_left == 0) {
        receiver->slot = ring_next(ring, receiver->slot);
        complete++;
      }
    } else {
      wanted = READ_SIZE;
      received = must(transport_receive(&receiver->transport, buffer + FRAME_HEADER_MAX, wanted));
      complete += take(receiver, ring, received);
    }
  } while (received == wanted || to_the_end);
  receiver->complete += complete;
  return complete;
}
