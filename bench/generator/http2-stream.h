/* One WebSocket over HTTP/2: what a transport does, on a stream. */
#ifndef HTTP2_STREAM_H
#define HTTP2_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "connection.h"
#include "http2-session.h"

/*
 * Opens WebSocket `number` by an extended CONNECT on `path`. They are opened in order: the first `target->streams` of them share a
 * connection, then as many the next one.
 */
struct transport http2_stream_open(const struct target *target, const char *path, unsigned number);

/* As transport_receive(), transport_drop(), transport_send() and transport_wait(); what is sent goes to the outbox. */
ssize_t http2_stream_receive(struct http2_stream *stream, void *bytes, size_t length);
ssize_t http2_stream_drop(struct http2_stream *stream, size_t length);
ssize_t http2_stream_send(struct http2_stream *stream, const void *bytes, size_t length);
void http2_stream_wait(struct http2_stream *stream);

/* Puts the stream at the end of those that wait to send, where it may be already. */
void http2_stream_wait_to_send(struct http2_stream *stream);

/* Takes the first of those away; NULL when there is none. */
struct http2_stream *http2_stream_next_to_send(struct http2_session *session);

#endif
