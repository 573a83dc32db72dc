#include "echo-stalled.h"

#include "http2-stream.h"

/* What is asked for, in windows: an answer is a little shorter than its message, as it is not masked. */
enum { TIMES = 3 };

void echo_stall(struct sender *sender, const struct ring *ring) {
  struct http2_stream *stream = sender->transport.stream;
  stream->stalled = true;
  while (sender->due < (size_t)TIMES * HTTP2_STREAM_WINDOW) sender_owe(sender, ring, ring->count);
  /* Not every server cuts a frame so that it fits into what is left of a window. */
  while (stream->granted >= HTTP2_PAYLOAD_MAX) transport_wait(&sender->transport, !sender_flush(sender, ring));
  http2_stream_wait_to_send(stream);
}
