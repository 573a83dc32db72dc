#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "frame.h"

enum { TWICE_UP_TO = 1024 * 1024 };

static void read_whole_file(struct ring *ring, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail_errno("Cannot open the frames in %s", path);
  if (fseek(file, 0, SEEK_END) != 0) fail_errno("Cannot read %s", path);
  long size = ftell(file);
  if (size <= 0) fail("%s holds no frames", path);
  rewind(file);
  ring->length = (size_t)size;
  ring->stored = size <= TWICE_UP_TO ? 2 * ring->length : ring->length;
  ring->bytes = malloc(ring->stored);
  if (ring->bytes == NULL) fail("No memory for %ld bytes of frames", size);
  if (fread(ring->bytes, 1, ring->length, file) != ring->length) fail("Cannot read all of %s", path);
  fclose(file);
  if (ring->stored > ring->length) memcpy(ring->bytes + ring->length, ring->bytes, ring->length);
}

static uint8_t *unmask(const uint8_t *masked, uint64_t length, const uint8_t mask[4]) {
  uint8_t *plain = malloc(length + 1);
  if (plain == NULL) fail("No memory for a payload of %llu bytes", (unsigned long long)length);
  for (uint64_t i = 0; i < length; i++) plain[i] = masked[i] ^ mask[i & 3];
  return plain;
}

void ring_load(struct ring *ring, const char *path) {
  *ring = (struct ring){.count = 0};
  read_whole_file(ring, path);
  for (size_t offset = 0; offset < ring->length;) {
    struct frame_header header;
    const uint8_t *frame = ring->bytes + offset;
    if (!frame_header_read(frame, ring->length - offset, &header) || !header.masked ||
        header.payload_length > ring->length - offset - header.length) {
      fail("%s: no masked frame at byte %zu", path, offset);
    }
    ring->slots = realloc(ring->slots, (ring->count + 1) * sizeof(struct ring_slot));
    if (ring->slots == NULL) fail("No memory for %u frames", ring->count);
    ring->slots[ring->count++] = (struct ring_slot){
        .offset = offset,
        .header_length = header.length,
        .opcode = header.opcode,
        .rsv = header.rsv,
        .payload_length = header.payload_length,
        .masked_payload = frame + header.length,
        .payload = unmask(frame + header.length, header.payload_length, header.mask),
    };
    if (header.rsv != 0) ring->compressed = true;
    offset += header.length + header.payload_length;
  }
}

size_t ring_span(const struct ring *ring, unsigned slot, unsigned count) {
  unsigned end = slot + count;
  size_t end_offset =
      end < ring->count ? ring->slots[end].offset : ring->length + (end == ring->count ? 0 : ring->slots[end - ring->count].offset);
  return end_offset - ring->slots[slot].offset;
}
