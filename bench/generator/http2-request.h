/* The header block of an extended CONNECT (RFC 8441 section 4): what opens a WebSocket on a stream. */
#ifndef HTTP2_REQUEST_H
#define HTTP2_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "connection.h"

enum { HTTP2_REQUEST_MAX = 512 };

/* Returns its length. */
size_t http2_request(uint8_t block[HTTP2_REQUEST_MAX], const struct target *target, const char *path);

#endif
