/* What a server says that is no data: answers to requests, and frames about the connection (RFC 9113 sections 6.2 to 6.9). */
#ifndef HTTP2_CONTROL_H
#define HTTP2_CONTROL_H

#include "http2-session.h"

/* A stream of the session; fails where there is none of this id. */
struct http2_stream *http2_stream_of(struct http2_session *session, uint32_t id);

/* Any frame but DATA, with its whole payload. */
void http2_take_control(struct http2_session *session, const struct http2_frame *frame, const uint8_t *payload);

#endif
