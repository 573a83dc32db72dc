/*
 * One HTTP/2 connection as a client has it (RFC 9113), with WebSockets on its streams (RFC 8441). Both ends' flow control is
 * obeyed; anything that ends the connection or one of its streams ends the run.
 */
#ifndef HTTP2_SESSION_H
#define HTTP2_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connection.h"
#include "http2-frame.h"
#include "http2-outbox.h"
#include "transport.h"

/* What the server may send before it has to be allowed more: on a stream, and on all of a connection together. */
enum { HTTP2_STREAM_WINDOW = 1024 * 1024, HTTP2_SESSION_WINDOW = 16 * 1024 * 1024 };

struct http2_session;

struct http2_stream {
  struct http2_session *session;
  uint32_t id;
  unsigned number; /* of the WebSocket, among all of the run */
  bool accepted;
  bool stalled; /* the server is never allowed more, and what has come is dropped */
  bool waiting; /* has something to send: see http2_stream_wait_to_send() */
  struct http2_stream *next; /* of those that wait */
  int64_t room;           /* bytes that the server lets us send */
  int64_t granted;        /* bytes that it may send */
  const uint8_t *arrived; /* bytes that have come and are not taken: they stand in the connection's buffer */
  size_t arrived_length;
};

struct http2_session {
  struct transport transport;
  struct http2_stream *streams; /* the one with the id 1 comes first, then 3, 5 … */
  unsigned opened;
  struct http2_stream *first_waiting, *last_waiting;
  int64_t room;    /* as that of a stream */
  int64_t granted; /* the same */
  bool greeted;    /* the server's first SETTINGS have come */
  bool acknowledged; /* and it has read ours */
  bool allows_websockets;
  uint32_t max_streams;
  int64_t initial_room; /* of a stream */
  struct http2_outbox outbox;
  struct http2_stream *reading; /* whose DATA frame is being read */
  uint32_t payload_left;        /* of it */
  bool ends;                    /* it is the stream's last one */
  bool drained;                 /* the last read has taken all that was there */
  bool unread;                  /* there may be more to read without waiting for the socket */
  size_t begin, end;            /* in `bytes`: what has come and is not read */
  uint8_t bytes[64 * 1024 + HTTP2_HEADER + HTTP2_PAYLOAD_MAX];
};

/* Connects, and waits until the server allows WebSockets; `index` as for connection_open(). */
struct http2_session *http2_session_open(const struct target *target, unsigned index);

/*
 * The next stream that bytes have come for, in its `arrived`; all of them must be taken before the next call. NULL when nothing
 * more is there. What the server says of the connection itself is dealt with on the way; answers to it are left in the outbox.
 */
struct http2_stream *http2_session_next(struct http2_session *session);

/* The same, but sends what waits in the outbox, and waits for the server once if there is nothing to read. */
struct http2_stream *http2_session_wait(struct http2_session *session);

#endif
