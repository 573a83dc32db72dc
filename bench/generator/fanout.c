/*
 * One publisher, many subscribers. A message is in flight until the last subscriber has it; only then the publisher may
 * send another one. What is counted is deliveries, and the latency is that of the last delivery of each message.
 */
#include <stdlib.h>
#include <sys/epoll.h>

#include "clock.h"
#include "fail.h"
#include "loads.h"
#include "receiver.h"
#include "sender.h"

enum { EVENTS = 4096 };

struct publication {
  unsigned missing; /* subscribers that do not have it yet */
  uint64_t sent_at;
};

/* Returns how many messages have now reached everybody. */
static unsigned take_deliveries(struct receiver *subscriber, struct publication *publications, struct load *load) {
  unsigned slot = subscriber->slot;
  unsigned deliveries = receiver_read(subscriber, &load->ring);
  unsigned finished = 0;
  for (unsigned i = 0; i < deliveries; i++) {
    struct publication *publication = &publications[slot];
    slot = ring_next(&load->ring, slot);
    if (publication->missing == 0) fail("The server delivered a message twice");
    if (--publication->missing == 0) {
      latency_add(&load->window.latency, clock_now() - publication->sent_at);
      finished++;
    }
  }
  load->window.messages += deliveries;
  return finished;
}

/* The publications become due in the order of the ring, from the one that the sender stands at. */
static void publish(struct sender *publisher, struct publication *publications, unsigned count, const struct load *load) {
  uint64_t now = clock_now();
  unsigned slot = publisher->slot;
  for (unsigned i = 0; i < count; i++) {
    publications[slot] = (struct publication){.missing = load->connections, .sent_at = now};
    slot = ring_next(&load->ring, slot);
  }
  sender_owe(publisher, &load->ring, count);
  sender_flush(publisher, &load->ring);
}

void load_fanout(struct load *load) {
  const struct ring *ring = &load->ring;
  struct receiver *subscribers = calloc(load->connections, sizeof *subscribers);
  struct publication *publications = calloc(ring->count, sizeof *publications);
  struct epoll_event *events = calloc(EVENTS, sizeof *events);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (subscribers == NULL || publications == NULL || events == NULL || epoll < 0) {
    fail_errno("Cannot set up %u subscribers", load->connections);
  }

  for (unsigned i = 0; i < load->connections; i++) subscribers[i].fd = connection_open(&load->target, load->path, i);
  struct sender publisher = {.fd = connection_open(&load->target, load->publish_path, load->connections)};

  /* One turn whose every byte is compared at every subscriber, before the clock runs. */
  connection_send_turn(publisher.fd, ring);
  for (unsigned i = 0; i < load->connections; i++) {
    connection_check_turn(subscribers[i].fd, ring);
    connection_set_nonblocking(subscribers[i].fd);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &subscribers[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, subscribers[i].fd, &event) != 0) fail_errno("Cannot watch a connection");
  }
  connection_set_nonblocking(publisher.fd);

  window_begin(&load->window);
  publish(&publisher, publications, load->in_flight, load);
  while (window_goes_on(&load->window, clock_now())) {
    int count = epoll_wait(epoll, events, EVENTS, publisher.due > 0 ? 1 : 100);
    unsigned finished = 0;
    for (int i = 0; i < count; i++) finished += take_deliveries(events[i].data.ptr, publications, load);
    /* One write for all that this turn of the loop has finished. */
    if (finished > 0) publish(&publisher, publications, finished, load);
    if (publisher.due > 0) sender_flush(&publisher, ring);
  }
  window_report(&load->window);
}
