/* Every connection keeps as many messages in flight as it may: each answer that is complete pays for the next one. */
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "loads.h"
#include "receiver.h"
#include "sender.h"

enum { EVENTS = 1024 };

struct client {
  struct receiver receiver;
  struct sender sender;
  bool awaiting_room; /* EPOLLOUT is on */
  uint64_t *sent_at;  /* by slot of the ring */
};

static void flush(struct client *client, const struct ring *ring, int epoll) {
  bool awaiting_room = !sender_flush(&client->sender, ring);
  if (awaiting_room == client->awaiting_room) return;
  client->awaiting_room = awaiting_room;
  struct epoll_event event = {.events = EPOLLIN | (awaiting_room ? EPOLLOUT : 0), .data.ptr = client};
  epoll_ctl(epoll, EPOLL_CTL_MOD, client->sender.fd, &event);
}

static void take_answers(struct client *client, struct load *load) {
  unsigned slot = client->receiver.slot;
  unsigned answers = receiver_read(&client->receiver, &load->ring);
  if (answers == 0) return;
  uint64_t now = clock_now();
  for (unsigned i = 0; i < answers; i++) {
    latency_add(&load->window.latency, now - client->sent_at[slot]);
    /* What it pays for is sent at once. */
    client->sent_at[(slot + load->in_flight) % load->ring.count] = now;
    slot = ring_next(&load->ring, slot);
  }
  load->window.messages += answers;
  sender_owe(&client->sender, &load->ring, answers);
}

void load_echo(struct load *load) {
  const struct ring *ring = &load->ring;
  struct client *clients = calloc(load->connections, sizeof *clients);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (clients == NULL || epoll < 0) fail_errno("Cannot set up %u connections", load->connections);

  for (unsigned i = 0; i < load->connections; i++) {
    int fd = connection_open(&load->target, load->path, i);
    connection_send_turn(fd, ring);
    connection_check_turn(fd, ring);
    connection_set_nonblocking(fd);
    clients[i].receiver.fd = clients[i].sender.fd = fd;
    clients[i].sent_at = calloc(ring->count, sizeof(uint64_t));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &clients[i]};
    if (clients[i].sent_at == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("Cannot watch a connection");
  }

  window_begin(&load->window);
  uint64_t now = clock_now();
  for (unsigned i = 0; i < load->connections; i++) {
    for (unsigned slot = 0; slot < load->in_flight; slot++) clients[i].sent_at[slot] = now;
    sender_owe(&clients[i].sender, ring, load->in_flight);
    flush(&clients[i], ring, epoll);
  }
  struct epoll_event events[EVENTS];
  while (window_goes_on(&load->window, clock_now())) {
    int count = epoll_wait(epoll, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      struct client *client = events[i].data.ptr;
      if (events[i].events & ~EPOLLOUT) take_answers(client, load);
      if (client->sender.due > 0) flush(client, ring, epoll);
    }
  }
  window_report(&load->window);
}
