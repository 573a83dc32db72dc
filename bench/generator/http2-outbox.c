#include "http2-outbox.h"

#include <string.h>

#include "fail.h"

bool http2_outbox_flush(struct http2_outbox *outbox) {
  size_t waiting = outbox->end - outbox->begin;
  if (waiting == 0) return true;
  ssize_t sent = transport_send(outbox->transport, outbox->bytes + outbox->begin, waiting);
  if (sent < 0) fail_errno("The server does not take what is sent to it");
  outbox->begin += (size_t)sent;
  if (outbox->begin < outbox->end) return false;
  outbox->begin = outbox->end = 0;
  return true;
}

/* Whether `length` more bytes find room, of which `reserve` are left for others. */
static bool make_room(struct http2_outbox *outbox, size_t length, size_t reserve) {
  if (outbox->end + length + reserve <= HTTP2_OUTBOX_SIZE) return true;
  http2_outbox_flush(outbox);
  memmove(outbox->bytes, outbox->bytes + outbox->begin, outbox->end - outbox->begin);
  outbox->end -= outbox->begin;
  outbox->begin = 0;
  return outbox->end + length + reserve <= HTTP2_OUTBOX_SIZE;
}

void http2_outbox_add_raw(struct http2_outbox *outbox, const void *bytes, size_t length) {
  if (!make_room(outbox, length, 0)) fail("The server does not read: %zu bytes wait for it", outbox->end);
  memcpy(outbox->bytes + outbox->end, bytes, length);
  outbox->end += length;
}

bool http2_outbox_add(struct http2_outbox *outbox, const struct http2_frame *frame, const uint8_t *payload) {
  if (frame->type == HTTP2_DATA && !make_room(outbox, HTTP2_HEADER + frame->length, HTTP2_CONTROL_ROOM)) return false;
  uint8_t header[HTTP2_HEADER];
  http2_frame_write(header, frame);
  http2_outbox_add_raw(outbox, header, sizeof header);
  http2_outbox_add_raw(outbox, payload, frame->length);
  return true;
}

void http2_outbox_grant(struct http2_outbox *outbox, uint32_t stream, uint32_t bytes) {
  uint8_t payload[4];
  http2_number_write(payload, bytes);
  http2_outbox_add(outbox, &(struct http2_frame){.length = sizeof payload, .type = HTTP2_WINDOW_UPDATE, .stream = stream}, payload);
}
