#include "http2-control.h"

#include <stdio.h>

#include "fail.h"

enum { STATUS_200 = 0x88 /* RFC 7541 appendix A: index 8 */, SETTING = 6, SHOWN = 24 };

static const int64_t WINDOW_MAX = 0x7fffffff;

struct http2_stream *http2_stream_of(struct http2_session *session, uint32_t id) {
  if (id % 2 == 0 || id / 2 >= session->opened) fail("The server speaks of stream %u, which nobody has opened", id);
  return &session->streams[id / 2];
}

static uint32_t number_in(const struct http2_frame *frame, const uint8_t *payload, unsigned at) {
  if (frame->length < at + 4) fail("The server sent a frame of type %u with only %u bytes", frame->type, frame->length);
  return http2_number_read(payload + at);
}

static void take_answer(struct http2_stream *stream, const struct http2_frame *frame, const uint8_t *payload) {
  bool ends = frame->flags & HTTP2_END_STREAM;
  if (stream->accepted) fail("The server ended a stream by trailers, that of WebSocket %u", stream->number);
  if (frame->length > 0 && payload[0] == STATUS_200 && !ends) {
    stream->accepted = true;
    return;
  }
  char shown[3 * SHOWN + 1] = "";
  for (unsigned i = 0; i < frame->length && i < SHOWN; i++) sprintf(shown + 3 * i, " %02x", payload[i]);
  fail("The server did not accept an extended CONNECT (RFC 8441): its answer%s begins with%s; expected 88, which is :status 200",
       ends ? " is all it says, and" : "", shown);
}

static void add_room(int64_t *room, int64_t bytes) {
  *room += bytes;
  if (*room > WINDOW_MAX) fail("The server opened a window of %lld bytes: 2^31 - 1 is the most", (long long)*room);
}

static void take_setting(struct http2_session *session, unsigned id, uint32_t value) {
  if (id == HTTP2_MAX_CONCURRENT_STREAMS) session->max_streams = value;
  if (id == HTTP2_ENABLE_CONNECT_PROTOCOL) session->allows_websockets = value == 1;
  if (id != HTTP2_INITIAL_WINDOW_SIZE) return;
  /* Streams that are open grow or shrink with it, below zero, too (RFC 9113 section 6.9.2). */
  for (unsigned i = 0; i < session->opened; i++) add_room(&session->streams[i].room, value - session->initial_room);
  session->initial_room = value;
}

static void take_settings(struct http2_session *session, const struct http2_frame *frame, const uint8_t *payload) {
  if (frame->flags & HTTP2_ACK) {
    session->acknowledged = true;
    return;
  }
  for (uint32_t at = 0; at + SETTING <= frame->length; at += SETTING) {
    take_setting(session, (unsigned)payload[at] << 8 | payload[at + 1], http2_number_read(payload + at + 2));
  }
  session->greeted = true;
  http2_outbox_add(&session->outbox, &(struct http2_frame){.type = HTTP2_SETTINGS, .flags = HTTP2_ACK}, payload);
}

static void take_ping(struct http2_session *session, const struct http2_frame *frame, const uint8_t *payload) {
  if (frame->flags & HTTP2_ACK) return;
  struct http2_frame answer = {.length = frame->length, .type = HTTP2_PING, .flags = HTTP2_ACK};
  http2_outbox_add(&session->outbox, &answer, payload);
}

static void take_window_update(struct http2_session *session, const struct http2_frame *frame, const uint8_t *payload) {
  uint32_t bytes = number_in(frame, payload, 0) & 0x7fffffff;
  add_room(frame->stream == 0 ? &session->room : &http2_stream_of(session, frame->stream)->room, bytes);
}

void http2_take_control(struct http2_session *session, const struct http2_frame *frame, const uint8_t *payload) {
  switch (frame->type) {
    case HTTP2_HEADERS: take_answer(http2_stream_of(session, frame->stream), frame, payload); break;
    case HTTP2_RST_STREAM:
      fail("The server reset a stream with %s, that of WebSocket %u", http2_error_name(number_in(frame, payload, 0)),
           http2_stream_of(session, frame->stream)->number);
    case HTTP2_SETTINGS: take_settings(session, frame, payload); break;
    case HTTP2_PUSH_PROMISE: fail("The server pushes what nobody asked for");
    case HTTP2_PING: take_ping(session, frame, payload); break;
    case HTTP2_GOAWAY:
      fail("The server ended the HTTP/2 connection (GOAWAY): %s%s%.*s", http2_error_name(number_in(frame, payload, 4)),
           frame->length > 8 ? ", and said: " : "", (int)frame->length - 8, (const char *)payload + 8);
    case HTTP2_WINDOW_UPDATE: take_window_update(session, frame, payload); break;
    default: break; /* types that are not known, or say nothing about us, are ignored (RFC 9113 section 4.1) */
  }
}
