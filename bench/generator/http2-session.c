#include "http2-session.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "http2-control.h"

/* RFC 9113 section 3.4. */
static const char PREFACE[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

static void greet(struct http2_session *session) {
  static const uint8_t SETTINGS[] = {
      0, HTTP2_ENABLE_PUSH,         0, 0, 0, 0,
      0, HTTP2_INITIAL_WINDOW_SIZE, 0, HTTP2_STREAM_WINDOW >> 16, 0, 0,
  };
  http2_outbox_add_raw(&session->outbox, PREFACE, strlen(PREFACE));
  http2_outbox_add(&session->outbox, &(struct http2_frame){.length = sizeof SETTINGS, .type = HTTP2_SETTINGS}, SETTINGS);
  http2_outbox_grant(&session->outbox, 0, HTTP2_SESSION_WINDOW - HTTP2_WINDOW);
}

struct http2_session *http2_session_open(const struct target *target, unsigned index) {
  struct http2_session *session = calloc(1, sizeof *session);
  if (session == NULL) fail("No memory for HTTP/2 connection %u", index);
  session->transport = connection_connect(target, index);
  session->streams = calloc(target->streams, sizeof *session->streams);
  if (session->streams == NULL) fail("No memory for %u streams", target->streams);
  session->outbox.transport = &session->transport;
  session->room = session->initial_room = HTTP2_WINDOW;
  session->granted = HTTP2_SESSION_WINDOW;
  session->max_streams = UINT32_MAX;
  greet(session);
  while (!session->allows_websockets) {
    http2_session_wait(session);
    /* It has said all that it had to say first. */
    if (session->acknowledged && !session->allows_websockets) {
      fail("The server takes no WebSockets over HTTP/2: its SETTINGS do not say ENABLE_CONNECT_PROTOCOL (RFC 8441 section 3)");
    }
  }
  if (session->max_streams < target->streams) {
    fail("The server allows %u streams on a connection, and --streams asks for %u", session->max_streams, target->streams);
  }
  return session;
}

static void check_frame(const struct http2_session *session, const struct http2_frame *frame) {
  if (!session->greeted && frame->type != HTTP2_SETTINGS) {
    fail("The server does not speak HTTP/2: it began with %.9s", (const char *)session->bytes + session->begin);
  }
  if (frame->length > HTTP2_PAYLOAD_MAX) {
    fail("The server sent a frame of %u bytes, where %d are the most", frame->length, HTTP2_PAYLOAD_MAX);
  }
}

/* Counts what comes, and allows the server more in time. */
static void take_from(struct http2_session *session, int64_t *granted, uint32_t id, int64_t window, uint32_t length) {
  *granted -= length;
  if (*granted < 0) fail("The server sent %lld bytes more than a window of ours has room for", -(long long)*granted);
  const struct http2_stream *stream = id == 0 ? NULL : http2_stream_of(session, id);
  if (*granted >= window / 2 || (stream != NULL && stream->stalled)) return;
  http2_outbox_grant(&session->outbox, id, (uint32_t)(window - *granted));
  *granted = window;
}

static void begin_data(struct http2_session *session, const struct http2_frame *frame) {
  struct http2_stream *stream = http2_stream_of(session, frame->stream);
  if (!stream->accepted) fail("The server sent data on a stream before it had accepted the WebSocket");
  if (frame->flags & HTTP2_PADDED) fail("The server pads its data, which the generator does not read");
  take_from(session, &session->granted, 0, HTTP2_SESSION_WINDOW, frame->length);
  take_from(session, &stream->granted, stream->id, HTTP2_STREAM_WINDOW, frame->length);
  session->reading = stream;
  session->payload_left = frame->length;
  session->ends = frame->flags & HTTP2_END_STREAM;
}

/* Hands over what is there of a DATA frame; NULL when it is for nobody. */
static struct http2_stream *pass_data(struct http2_session *session) {
  size_t there = session->end - session->begin;
  size_t length = there < session->payload_left ? there : session->payload_left;
  struct http2_stream *stream = session->reading;
  stream->arrived = session->bytes + session->begin;
  stream->arrived_length = stream->stalled ? 0 : length;
  session->begin += length;
  session->payload_left -= (uint32_t)length;
  return stream->arrived_length == 0 ? NULL : stream;
}

/* Returns false when more bytes are needed. */
static bool take_frame(struct http2_session *session) {
  if (session->ends) fail("The server ended a stream, that of WebSocket %u", session->reading->number);
  struct http2_frame frame;
  size_t there = session->end - session->begin;
  if (!http2_frame_read(session->bytes + session->begin, there, &frame)) return false;
  check_frame(session, &frame);
  bool data = frame.type == HTTP2_DATA;
  if (!data && there < HTTP2_HEADER + frame.length) return false;
  session->begin += HTTP2_HEADER;
  if (data) {
    begin_data(session, &frame);
  } else {
    http2_take_control(session, &frame, session->bytes + session->begin);
    session->begin += frame.length;
  }
  return true;
}

/* Returns false when nothing has come. */
static bool fill(struct http2_session *session) {
  if (session->drained) {
    session->drained = false;
    return false;
  }
  session->end -= session->begin;
  memmove(session->bytes, session->bytes + session->begin, session->end);
  session->begin = 0;
  size_t wanted = sizeof session->bytes - session->end;
  ssize_t received = transport_receive(&session->transport, session->bytes + session->end, wanted);
  if (received < 0) fail_errno("The server closed an HTTP/2 connection");
  session->end += (size_t)received;
  session->drained = received > 0 && (size_t)received < wanted;
  return received > 0;
}

struct http2_stream *http2_session_next(struct http2_session *session) {
  do {
    do {
      struct http2_stream *stream = session->payload_left > 0 && session->begin < session->end ? pass_data(session) : NULL;
      if (stream == NULL) continue;
      session->unread = true;
      return stream;
    } while (session->payload_left == 0 && take_frame(session));
  } while (fill(session));
  session->unread = false;
  return NULL;
}

struct http2_stream *http2_session_wait(struct http2_session *session) {
  bool all_sent = http2_outbox_flush(&session->outbox);
  if (!session->unread) transport_wait(&session->transport, !all_sent);
  return http2_session_next(session);
}
