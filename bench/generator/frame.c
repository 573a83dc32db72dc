#include "frame.h"

#include <string.h>

bool frame_header_read(const uint8_t *bytes, size_t available, struct frame_header *header) {
  if (available < 2) return false;
  unsigned seven = bytes[1] & 0x7f;
  unsigned extended = seven < 126 ? 0 : seven == 126 ? 2 : 8;
  header->fin = (bytes[0] & 0x80) != 0;
  header->rsv = bytes[0] & 0x70;
  header->opcode = bytes[0] & 0x0f;
  header->masked = (bytes[1] & 0x80) != 0;
  header->length = 2 + extended + (header->masked ? 4 : 0);
  if (available < header->length) return false;

  header->payload_length = extended == 0 ? seven : 0;
  for (unsigned i = 0; i < extended; i++) header->payload_length = header->payload_length << 8 | bytes[2 + i];
  if (header->masked) memcpy(header->mask, bytes + 2 + extended, 4);
  return true;
}
