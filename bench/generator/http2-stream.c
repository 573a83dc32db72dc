#include "http2-stream.h"

#include <string.h>

#include "fail.h"
#include "http2-request.h"

struct transport http2_stream_open(const struct target *target, const char *path, unsigned number) {
  /* The one that is not full. */
  static struct http2_session *session;
  if (number % target->streams == 0) session = http2_session_open(target, number / target->streams);
  struct http2_stream *stream = &session->streams[session->opened];
  *stream = (struct http2_stream){
      .session = session,
      .id = 2 * session->opened + 1,
      .number = number,
      .room = session->initial_room,
      .granted = HTTP2_STREAM_WINDOW,
  };
  session->opened++;
  uint8_t block[HTTP2_REQUEST_MAX];
  struct http2_frame frame = {
      .length = (uint32_t)http2_request(block, target, path),
      .type = HTTP2_HEADERS,
      .flags = HTTP2_END_HEADERS,
      .stream = stream->id,
  };
  http2_outbox_add(&session->outbox, &frame, block);
  while (!stream->accepted) http2_stream_wait(stream);
  if (stream->arrived_length > 0) fail("The server sent bytes after its handshake that nobody asked for");
  return (struct transport){.fd = session->transport.fd, .stream = stream};
}

ssize_t http2_stream_drop(struct http2_stream *stream, size_t length) {
  if (length > stream->arrived_length) length = stream->arrived_length;
  stream->arrived += length;
  stream->arrived_length -= length;
  return (ssize_t)length;
}

ssize_t http2_stream_receive(struct http2_stream *stream, void *bytes, size_t length) {
  const uint8_t *arrived = stream->arrived;
  ssize_t taken = http2_stream_drop(stream, length);
  if (taken > 0) memcpy(bytes, arrived, (size_t)taken);
  return taken;
}

/* Bytes that the next DATA frame may have. */
static size_t next_length(const struct http2_stream *stream, size_t length) {
  int64_t room = stream->room < stream->session->room ? stream->room : stream->session->room;
  if (room <= 0) return 0;
  size_t most = room < HTTP2_PAYLOAD_MAX ? (size_t)room : HTTP2_PAYLOAD_MAX;
  return length < most ? length : most;
}

ssize_t http2_stream_send(struct http2_stream *stream, const void *bytes, size_t length) {
  struct http2_session *session = stream->session;
  struct http2_frame frame = {.type = HTTP2_DATA, .stream = stream->id};
  size_t sent = 0;
  while ((frame.length = (uint32_t)next_length(stream, length - sent)) > 0) {
    if (!http2_outbox_add(&session->outbox, &frame, (const uint8_t *)bytes + sent)) break;
    stream->room -= frame.length;
    session->room -= frame.length;
    sent += frame.length;
  }
  return (ssize_t)sent;
}

void http2_stream_wait(struct http2_stream *stream) {
  const struct http2_stream *other = http2_session_wait(stream->session);
  if (other != NULL && other != stream) fail("The server sent bytes to WebSocket %u that nobody asked for", other->number);
}

void http2_stream_wait_to_send(struct http2_stream *stream) {
  struct http2_session *session = stream->session;
  if (stream->waiting) return;
  stream->waiting = true;
  stream->next = NULL;
  if (session->first_waiting == NULL) session->first_waiting = stream;
  else session->last_waiting->next = stream;
  session->last_waiting = stream;
}

struct http2_stream *http2_stream_next_to_send(struct http2_session *session) {
  struct http2_stream *stream = session->first_waiting;
  if (stream == NULL) return NULL;
  session->first_waiting = stream->next;
  stream->waiting = false;
  return stream;
}
