/* Every connection keeps as many messages in flight as it may: each answer that is complete pays for the next one. */
#include <stdlib.h>

#include "clock.h"
#include "echo.h"
#include "fail.h"
#include "http2-stream.h"
#include "watch.h"

enum { EVENTS = 1024 };

struct closed_loop {
  struct echo echo;
  uint64_t *sent_at; /* of each client a place for each slot of the ring */
};

static void take_answers(const struct closed_loop *loop, unsigned id, bool to_the_end) {
  struct load *load = loop->echo.load;
  struct client *client = &loop->echo.clients[id];
  uint64_t *sent_at = &loop->sent_at[(size_t)id * load->ring.count];
  unsigned slot = client->receiver.slot;
  unsigned answers = receiver_read(&client->receiver, &load->ring, to_the_end);
  if (answers == 0) return;
  if (client->receiver.complete > client->sender.owed) fail("The server answered a message twice");
  uint64_t now = clock_now();
  unsigned next = client->sender.slot;
  for (unsigned i = 0; i < answers; i++) {
    latency_add(&load->window.latency, now - sent_at[slot]);
    sent_at[next] = now; /* what it pays for is sent at once */
    slot = ring_next(&load->ring, slot);
    next = ring_next(&load->ring, next);
  }
  load->window.messages += answers;
  sender_owe(&client->sender, &load->ring, answers);
}

/* Whoever finds no room, in a window or in the outbox, waits behind the others. All that goes is one write. */
static void send_waiting(const struct closed_loop *loop, struct http2_session *session) {
  struct http2_stream *last = session->last_waiting, *stream;
  while ((stream = http2_stream_next_to_send(session)) != NULL) {
    if (!sender_flush(&loop->echo.clients[stream->number].sender, &loop->echo.load->ring)) http2_stream_wait_to_send(stream);
    if (stream == last) break;
  }
  http2_outbox_flush(&session->outbox);
}

static void attend_session(const struct closed_loop *loop, struct http2_session *session, bool to_the_end) {
  struct http2_stream *stream;
  /* Whatever the last read was: there has been an event since, and it does not come twice. */
  session->drained = false;
  do {
    while ((stream = http2_session_next(session)) != NULL) {
      take_answers(loop, stream->number, false);
      http2_stream_wait_to_send(stream);
    }
  } while (to_the_end);
  send_waiting(loop, session);
}

static void attend(const struct closed_loop *loop, unsigned id, uint32_t what) {
  struct client *client = &loop->echo.clients[id];
  struct http2_stream *stream = client->sender.transport.stream;
  if (stream != NULL) {
    attend_session(loop, stream->session, what & WATCH_ENDED);
    return;
  }
  if (what & WATCH_READABLE) take_answers(loop, id, what & WATCH_ENDED);
  sender_flush(&client->sender, &loop->echo.load->ring);
}

/* All that may be in flight; stalled ones have asked for enough. */
static void begin(const struct closed_loop *loop) {
  const struct load *load = loop->echo.load;
  uint64_t now = clock_now();
  for (unsigned i = load->stalled; i < load->connections; i++) {
    struct sender *sender = &loop->echo.clients[i].sender;
    for (unsigned slot = 0; slot < load->in_flight; slot++) loop->sent_at[(size_t)i * load->ring.count + slot] = now;
    sender_owe(sender, &load->ring, load->in_flight);
    if (sender->transport.stream == NULL) sender_flush(sender, &load->ring);
    else http2_stream_wait_to_send(sender->transport.stream);
  }
  if (!load->target.http2) return;
  for (unsigned i = 0; i < load->connections; i += load->target.streams) {
    send_waiting(loop, loop->echo.clients[i].sender.transport.stream->session);
  }
}

void echo_closed_loop(struct load *load) {
  struct closed_loop loop = {
      .echo = echo_open(load),
      .sent_at = calloc((size_t)load->connections * load->ring.count, sizeof *loop.sent_at),
  };
  if (loop.sent_at == NULL) fail("No memory for the times of %u messages in flight", load->connections * load->ring.count);

  window_begin(&load->window);
  begin(&loop);
  struct epoll_event events[EVENTS];
  while (window_goes_on(&load->window, clock_now())) {
    int count = epoll_wait(loop.echo.epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) attend(&loop, events[i].data.u32, events[i].events);
  }
  window_report(&load->window);
}
