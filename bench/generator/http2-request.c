#include "http2-request.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"

/* Longer strings have lengths of more than one byte (RFC 7541 section 5.1). */
enum { STRING_MAX = 126, AUTHORITY_MAX = 24 };

static uint8_t *add_string(uint8_t *position, const char *string) {
  size_t length = strlen(string);
  if (length > STRING_MAX) fail("'%s' is too long for --http2: it has room for %d bytes", string, STRING_MAX);
  *position = (uint8_t)length;
  memcpy(position + 1, string, length);
  return position + 1 + length;
}

/* A literal without indexing, and without Huffman's code (RFC 7541 section 6.2.2). */
static uint8_t *add_field(uint8_t *position, const char *name, const char *value) {
  *position = 0;
  return add_string(add_string(position + 1, name), value);
}

size_t http2_request(uint8_t block[HTTP2_REQUEST_MAX], const struct target *target, const char *path) {
  char authority[AUTHORITY_MAX];
  snprintf(authority, sizeof authority, "127.0.0.1:%u", target->port);
  uint8_t *position = add_field(block, ":method", "CONNECT");
  position = add_field(position, ":protocol", "websocket");
  position = add_field(position, ":scheme", target->tls ? "https" : "http");
  position = add_field(position, ":path", path);
  position = add_field(position, ":authority", authority);
  position = add_field(position, "sec-websocket-version", "13");
  return (size_t)(position - block);
}
