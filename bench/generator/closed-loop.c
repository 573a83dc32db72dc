/* Every connection keeps as many messages in flight as it may: each answer that is complete pays for the next one. */
#include <stdlib.h>

#include "clock.h"
#include "echo.h"
#include "fail.h"
#include "watch.h"

enum { EVENTS = 1024 };

/* `sent_at` belongs to the client, and has a place for each slot of the ring. */
static void take_answers(struct client *client, struct load *load, uint64_t *sent_at, bool to_the_end) {
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

void echo_closed_loop(struct load *load) {
  const struct ring *ring = &load->ring;
  struct echo echo = echo_open(load);
  uint64_t *sent_at = calloc((size_t)load->connections * ring->count, sizeof *sent_at);
  if (sent_at == NULL) fail("No memory for the times of %u messages in flight", load->connections * ring->count);

  window_begin(&load->window);
  uint64_t now = clock_now();
  for (unsigned i = 0; i < load->connections; i++) {
    for (unsigned slot = 0; slot < load->in_flight; slot++) sent_at[(size_t)i * ring->count + slot] = now;
    sender_owe(&echo.clients[i].sender, ring, load->in_flight);
    sender_flush(&echo.clients[i].sender, ring);
  }
  struct epoll_event events[EVENTS];
  while (window_goes_on(&load->window, clock_now())) {
    int count = epoll_wait(echo.epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      uint32_t id = events[i].data.u32;
      struct client *client = &echo.clients[id];
      if (events[i].events & WATCH_READABLE) {
        take_answers(client, load, &sent_at[(size_t)id * ring->count], events[i].events & WATCH_ENDED);
      }
      sender_flush(&client->sender, ring);
    }
  }
  window_report(&load->window);
}
