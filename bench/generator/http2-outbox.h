/* What one HTTP/2 connection has to say and the kernel has not taken yet: frames of all its streams go out in one write. */
#ifndef HTTP2_OUTBOX_H
#define HTTP2_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http2-frame.h"
#include "transport.h"

/* Data stops where only control frames still have room. */
enum { HTTP2_OUTBOX_SIZE = 256 * 1024, HTTP2_CONTROL_ROOM = 64 * 1024 };

struct http2_outbox {
  const struct transport *transport;
  size_t begin, end; /* in `bytes`: what waits */
  uint8_t bytes[HTTP2_OUTBOX_SIZE];
};

/* Adds a frame, whose payload may be data or not; false when there is no room for data, also after a write. */
bool http2_outbox_add(struct http2_outbox *outbox, const struct http2_frame *frame, const uint8_t *payload);

/* Adds bytes that are no frame. */
void http2_outbox_add_raw(struct http2_outbox *outbox, const void *bytes, size_t length);

/* Adds a WINDOW_UPDATE. */
void http2_outbox_grant(struct http2_outbox *outbox, uint32_t stream, uint32_t bytes);

/* Returns false when the kernel took only a part. */
bool http2_outbox_flush(struct http2_outbox *outbox);

#endif
