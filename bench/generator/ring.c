#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "frame.h"

static uint8_t *read_whole_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail_errno("Cannot open the frames in %s", path);
  if (fseek(file, 0, SEEK_END) != 0) fail_errno("Cannot read %s", path);
  long size = ftell(file);
  if (size <= 0) fail("%s holds no frames", path);
  rewind(file);
  /* Twice: see the head of ring.h. */
  uint8_t *bytes = malloc((size_t)size * 2);
  if (bytes == NULL) fail("No memory for %ld bytes of frames", size);
  if (fread(bytes, 1, (size_t)size, file) != (size_t)size) fail("Cannot read all of %s", path);
  fclose(file);
  memcpy(bytes + size, bytes, (size_t)size);
  *length = (size_t)size;
  return bytes;
}

static uint8_t *unmask(const uint8_t *masked, uint64_t length, const uint8_t mask[4]) {
  uint8_t *plain = malloc(length + 1);
  if (plain == NULL) fail("No memory for a payload of %llu bytes", (unsigned long long)length);
  for (uint64_t i = 0; i < length; i++) plain[i] = masked[i] ^ mask[i & 3];
  return plain;
}

void ring_load(struct ring *ring, const char *path) {
  ring->bytes = read_whole_file(path, &ring->length);
  ring->count = 0;
  ring->compressed = false;
  ring->slots = NULL;
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

bool ring_is_answer(const struct ring *ring, const struct ring_slot *slot, const struct frame_header *header) {
  if (header->opcode != slot->opcode || !header->fin || header->rsv != slot->rsv) return false;
  return ring->compressed || header->payload_length == slot->payload_length;
}

size_t ring_span(const struct ring *ring, unsigned slot, unsigned count) {
  unsigned end = slot + count;
  size_t end_offset =
      end < ring->count ? ring->slots[end].offset : ring->length + (end == ring->count ? 0 : ring->slots[end - ring->count].offset);
  return end_offset - ring->slots[slot].offset;
}
