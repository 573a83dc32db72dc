#include "http2-frame.h"

static const char *const ERRORS[] = {
    "NO_ERROR",          "PROTOCOL_ERROR",    "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",     "FRAME_SIZE_ERROR",  "REFUSED_STREAM", "CANCEL",             "COMPRESSION_ERROR",
    "CONNECT_ERROR",     "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
};

bool http2_frame_read(const uint8_t *bytes, size_t available, struct http2_frame *frame) {
  if (available < HTTP2_HEADER) return false;
  frame->length = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
  frame->type = bytes[3];
  frame->flags = bytes[4];
  frame->stream = http2_number_read(bytes + 5) & 0x7fffffff;
  return true;
}

void http2_frame_write(uint8_t bytes[HTTP2_HEADER], const struct http2_frame *frame) {
  bytes[0] = (uint8_t)(frame->length >> 16);
  bytes[1] = (uint8_t)(frame->length >> 8);
  bytes[2] = (uint8_t)frame->length;
  bytes[3] = frame->type;
  bytes[4] = frame->flags;
  http2_number_write(bytes + 5, frame->stream);
}

uint32_t http2_number_read(const uint8_t bytes[4]) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void http2_number_write(uint8_t bytes[4], uint32_t number) {
  for (unsigned i = 0; i < 4; i++) bytes[i] = (uint8_t)(number >> (24 - 8 * i));
}

const char *http2_error_name(uint32_t code) {
  return code < sizeof ERRORS / sizeof *ERRORS ? ERRORS[code] : "a code that RFC 9113 does not know";
}
