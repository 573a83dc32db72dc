/*
 * One publisher, many subscribers. A message is in flight until the last subscriber has it; only then the publisher may
 * send another one. What is counted is deliveries, and the latency is that of the last delivery of each message.
 */
#include <stdlib.h>

#include "clock.h"
#include "fail.h"
#include "greeting.h"
#include "loads.h"
#include "receiver.h"
#include "sender.h"
#include "watch.h"

enum { EVENTS = 4096, DROP_AT_ONCE = 1024 * 1024 };

struct publication {
  unsigned missing; /* subscribers that do not have it yet */
  uint64_t sent_at;
};

struct fanout {
  struct load *load;
  struct verifier *verifiers; /* one for each subscriber, before the clock runs */
  struct receiver *receivers; /* and while it runs */
  struct sender publisher;
  struct publication *publications; /* one for each slot of the ring */
  struct epoll_event *events;
  int epoll; /* the publisher has the number after those of the subscribers */
};

/*
 * Connections `first` to `last`. All of them greet at once: a server that speaks of each newcomer to all others has much less to write
 * than if they came one by one.
 */
static void open_connections(struct fanout *fanout, unsigned first, unsigned last) {
  const struct load *load = fanout->load;
  bool greets = load->greeting.count > 0;
  for (unsigned id = first; id <= last; id++) {
    struct verifier *verifier = &fanout->verifiers[id];
    bool subscriber = id < load->connections;
    const char *path = subscriber ? load->path : load->publish_path;
    verifier->talkative = greets;
    verifier->answers_pings = subscriber;
    struct target target = load->target;
    if (!subscriber && load->publish_port != 0) target.port = load->publish_port;
    verifier->transport = connection_open(&target, path, id, greets ? verifier : NULL);
    watch_add(fanout->epoll, verifier->transport.fd, id);
  }
  if (greets) greet(fanout->verifiers, first, last, &load->greeting, fanout->epoll);
}

/* The publications become due in the order of the ring, from the one that the sender stands at. */
static void publish(struct fanout *fanout, unsigned count) {
  const struct ring *ring = &fanout->load->ring;
  uint64_t now = clock_now();
  unsigned slot = fanout->publisher.slot;
  for (unsigned i = 0; i < count; i++) {
    fanout->publications[slot] = (struct publication){.missing = fanout->load->connections, .sent_at = now};
    slot = ring_next(ring, slot);
  }
  sender_owe(&fanout->publisher, ring, count);
  sender_flush(&fanout->publisher, ring);
}

/* Returns how many messages have now reached everybody. */
static unsigned take_deliveries(struct fanout *fanout, unsigned slot, unsigned deliveries) {
  struct window *window = &fanout->load->window;
  unsigned finished = 0;
  for (unsigned i = 0; i < deliveries; i++) {
    struct publication *publication = &fanout->publications[slot];
    slot = ring_next(&fanout->load->ring, slot);
    if (--publication->missing == 0) {
      latency_add(&window->latency, clock_now() - publication->sent_at);
      finished++;
    }
  }
  window->messages += deliveries;
  return finished;
}

/* What the server says to the publisher is not counted, but it must be read: else it is a peer that does not read. */
static void attend_publisher(struct fanout *fanout, uint32_t what) {
  const struct transport *transport = &fanout->publisher.transport;
  ssize_t dropped = 0;
  do {
    if (what & WATCH_READABLE) dropped = transport_drop(transport, DROP_AT_ONCE);
    if (dropped < 0) fail_errno("The server closed the publisher's connection");
  } while (dropped == DROP_AT_ONCE || what & WATCH_ENDED);
  sender_flush(&fanout->publisher, &fanout->load->ring);
}

/* Waits once, and reads what has come. Returns how many messages have now reached everybody. */
static unsigned attend(struct fanout *fanout, bool verify, int patience) {
  const struct ring *ring = &fanout->load->ring;
  int count = epoll_wait(fanout->epoll, fanout->events, EVENTS, patience);
  if (count == 0 && verify) fail("The server has not delivered a message within %d s", TRANSPORT_PATIENCE / 1000);
  unsigned finished = 0;
  for (int i = 0; i < count; i++) {
    uint32_t id = fanout->events[i].data.u32, what = fanout->events[i].events;
    if (id == fanout->load->connections) {
      attend_publisher(fanout, what);
    } else if (what & WATCH_READABLE) {
      struct verifier *verifier = &fanout->verifiers[id];
      struct receiver *receiver = &fanout->receivers[id];
      unsigned slot = verify ? verifier->answers % ring->count : receiver->slot;
      unsigned deliveries = verify ? verifier_read(verifier, ring) : receiver_read(receiver, ring, what & WATCH_ENDED);
      if (verifier->answers + receiver->complete > fanout->publisher.owed) fail("The server delivered a message twice");
      finished += take_deliveries(fanout, slot, deliveries);
    }
  }
  return finished;
}

/* One turn whose every byte is compared at every subscriber, before the clock runs. */
static void verify_turn(struct fanout *fanout) {
  struct load *load = fanout->load;
  unsigned published = load->in_flight, finished = 0;
  publish(fanout, published);
  while (finished < load->ring.count) {
    unsigned now_finished = attend(fanout, true, TRANSPORT_PATIENCE);
    unsigned left = load->ring.count - published;
    unsigned more = now_finished < left ? now_finished : left;
    finished += now_finished;
    published += more;
    publish(fanout, more);
  }
  for (unsigned i = 0; i < load->connections; i++) {
    verifier_end(&fanout->verifiers[i]);
    fanout->receivers[i] = (struct receiver){.transport = fanout->verifiers[i].transport, .answers_pings = true};
  }
}

void load_fanout(struct load *load) {
  struct fanout fanout = {
      .load = load,
      .verifiers = calloc(load->connections + 1, sizeof *fanout.verifiers),
      .receivers = calloc(load->connections, sizeof *fanout.receivers),
      .publications = calloc(load->ring.count, sizeof *fanout.publications),
      .events = calloc(EVENTS, sizeof *fanout.events),
      .epoll = watch_open(),
  };
  if (fanout.verifiers == NULL || fanout.receivers == NULL || fanout.publications == NULL || fanout.events == NULL) {
    fail("No memory for %u subscribers", load->connections);
  }
  open_connections(&fanout, 0, load->connections - 1);
  open_connections(&fanout, load->connections, load->connections);
  fanout.publisher.transport = fanout.verifiers[load->connections].transport;
  verify_turn(&fanout);

  window_begin(&load->window);
  publish(&fanout, load->in_flight);
  while (window_goes_on(&load->window, clock_now())) {
    unsigned finished = attend(&fanout, false, 100);
    /* One write for all that this turn of the loop has finished. */
    if (finished > 0) publish(&fanout, finished);
  }
  window_report(&load->window);
}
