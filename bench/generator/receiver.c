#include "receiver.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "fail.h"

enum { READ_SIZE = 256 * 1024, DROP_FROM = 16 * 1024 };

/* Room before the read for a header that the last read has cut. One buffer for all: nothing stays in it. */
static uint8_t buffer[FRAME_HEADER_MAX + READ_SIZE];

static ssize_t receive(int fd, void *bytes, size_t length, int flags) {
  ssize_t received = recv(fd, bytes, length, flags | MSG_DONTWAIT);
  if (received == 0) fail("The server closed a connection during the measurement");
  if (received < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail_errno("A connection broke during the measurement");
  }
  return received;
}

static uint64_t payload_bytes, payloads;

double receiver_mean_payload(void) { return payloads == 0 ? 0 : (double)payload_bytes / (double)payloads; }

static void check_header(const struct frame_header *header, const struct ring *ring, const struct ring_slot *slot) {
  if (header->opcode == OPCODE_CLOSE) fail("The server sent a close frame during the measurement");
  if (!ring_is_answer(ring, slot, header)) {
    fail("The server sent a frame of opcode %u, %llu bytes; expected opcode %u, %llu bytes", header->opcode,
         (unsigned long long)header->payload_length, slot->opcode, (unsigned long long)slot->payload_length);
  }
}

unsigned receiver_read(struct receiver *receiver, const struct ring *ring) {
  unsigned complete = 0;

  if (receiver->payload_left >= DROP_FROM) {
    receiver->payload_left -= (uint64_t)receive(receiver->fd, NULL, receiver->payload_left, MSG_TRUNC);
    if (receiver->payload_left > 0) return 0;
    receiver->slot = ring_next(ring, receiver->slot);
    return 1;
  }

  uint8_t *position = buffer + FRAME_HEADER_MAX - receiver->cut_length;
  uint8_t *end = buffer + FRAME_HEADER_MAX + receive(receiver->fd, buffer + FRAME_HEADER_MAX, READ_SIZE, 0);
  memcpy(position, receiver->cut, receiver->cut_length);
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
        /* A ping of the server: idle time is never long enough for it to expect the pong. */
        position += header.payload_length;
        continue;
      }
      const struct ring_slot *slot = &ring->slots[receiver->slot];
      check_header(&header, ring, slot);
      payload_bytes += header.payload_length;
      payloads++;
      if (header.payload_length > available) {
        receiver->payload_left = header.payload_length - available;
        break;
      }
      const uint8_t *expected = header.masked ? slot->masked_payload : slot->payload;
      if (!ring->compressed && memcmp(position, expected, header.payload_length) != 0) {
        fail("The server sent a message with other bytes");
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
