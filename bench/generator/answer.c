#define _GNU_SOURCE /* memmem */
#include "answer.h"

#include <string.h>

#include "fail.h"

/* One kind of answer for all connections. */
static struct needle needle;

/* Where it stood the last time: what a server wraps around a text seldom changes its length. */
static uint64_t last_place;

void answer_expect(const struct ring *ring, const struct needle *expected) {
  if (expected->length == 0) return;
  if (ring->compressed) fail("--needle-at cannot be looked for in compressed messages");
  for (unsigned i = 0; i < ring->count; i++) {
    const struct ring_slot *slot = &ring->slots[i];
    if (expected->at > slot->payload_length || expected->length > slot->payload_length - expected->at) {
      fail("Message %u has %llu bytes: no needle of %llu bytes stands at %llu", i + 1, (unsigned long long)slot->payload_length,
           (unsigned long long)expected->length, (unsigned long long)expected->at);
    }
    for (unsigned j = 0; j < i; j++) {
      if (memcmp(slot->payload + expected->at, ring->slots[j].payload + expected->at, expected->length) == 0) {
        fail("Messages %u and %u have the same needle: no answer tells which of them it answers", j + 1, i + 1);
      }
    }
  }
  needle = *expected;
}

bool answer_fits(const struct ring *ring, const struct ring_slot *slot, const struct frame_header *header) {
  if (header->opcode != slot->opcode || !header->fin || header->rsv != slot->rsv) return false;
  if (needle.length > 0) return header->payload_length >= needle.length;
  return ring->compressed || header->payload_length == slot->payload_length;
}

static bool has_needle(const uint8_t *sent, const uint8_t *payload, uint64_t length) {
  const uint8_t *wanted = sent + needle.at;
  if (last_place <= length - needle.length && memcmp(payload + last_place, wanted, needle.length) == 0) return true;
  const uint8_t *found = memmem(payload, length, wanted, needle.length);
  if (found != NULL) last_place = (uint64_t)(found - payload);
  return found != NULL;
}

bool answer_matches(const struct ring *ring, const struct ring_slot *slot, const struct frame_header *header,
                    const uint8_t *payload, uint64_t available) {
  if (ring->compressed) return true;
  const uint8_t *sent = header->masked ? slot->masked_payload : slot->payload;
  if (needle.length == 0) return memcmp(payload, sent, available) == 0;
  return available < header->payload_length || has_needle(sent, payload, header->payload_length);
}
