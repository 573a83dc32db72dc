/* The frames of HTTP/2 (RFC 9113 sections 4 and 6), from either end. */
#ifndef HTTP2_FRAME_H
#define HTTP2_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP2_HEADER = 9, HTTP2_PAYLOAD_MAX = 16384, HTTP2_WINDOW = 65535 /* of both ends, until they say otherwise */ };

enum {
  HTTP2_DATA = 0,
  HTTP2_HEADERS = 1,
  HTTP2_RST_STREAM = 3,
  HTTP2_SETTINGS = 4,
  HTTP2_PUSH_PROMISE = 5,
  HTTP2_PING = 6,
  HTTP2_GOAWAY = 7,
  HTTP2_WINDOW_UPDATE = 8,
};

enum { HTTP2_ACK = 0x1, HTTP2_END_STREAM = 0x1, HTTP2_END_HEADERS = 0x4, HTTP2_PADDED = 0x8 };

/* ENABLE_CONNECT_PROTOCOL: RFC 8441 section 3. */
enum {
  HTTP2_ENABLE_PUSH = 2,
  HTTP2_MAX_CONCURRENT_STREAMS = 3,
  HTTP2_INITIAL_WINDOW_SIZE = 4,
  HTTP2_ENABLE_CONNECT_PROTOCOL = 8,
};

struct http2_frame {
  uint32_t length; /* of the payload */
  uint8_t type;
  uint8_t flags;
  uint32_t stream; /* 0: the connection */
};

/* Returns false when more bytes are needed. */
bool http2_frame_read(const uint8_t *bytes, size_t available, struct http2_frame *frame);

void http2_frame_write(uint8_t bytes[HTTP2_HEADER], const struct http2_frame *frame);

/* Four bytes, most significant first. */
uint32_t http2_number_read(const uint8_t bytes[4]);
void http2_number_write(uint8_t bytes[4], uint32_t number);

/* The name of an error code, for people. */
const char *http2_error_name(uint32_t code);

#endif
