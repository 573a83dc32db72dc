/* The header of a WebSocket frame (RFC 6455 section 5.2), from either end. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEADER_MAX = 14, OPCODE_CLOSE = 8, OPCODE_PING = 9, OPCODE_PONG = 10 };

struct frame_header {
  uint64_t payload_length;
  unsigned length; /* bytes of the header itself, mask key included */
  unsigned opcode;
  bool fin;
  bool masked;
  unsigned rsv; /* the three reserved bits, as they stand */
  uint8_t mask[4];
};

/* Returns false when more bytes are needed. */
bool frame_header_read(const uint8_t *bytes, size_t available, struct frame_header *header);

#endif
