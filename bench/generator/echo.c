#include "echo.h"

#include <stdlib.h>

#include "echo-stalled.h"
#include "exchange.h"
#include "fail.h"
#include "watch.h"

struct echo echo_open(struct load *load) {
  struct echo echo = {
      .load = load,
      .clients = calloc(load->connections, sizeof *echo.clients),
      .epoll = watch_open(),
  };
  if (echo.clients == NULL) fail_errno("Cannot set up %u connections", load->connections);

  for (unsigned i = 0; i < load->connections; i++) {
    struct client *client = &echo.clients[i];
    client->receiver.transport = client->sender.transport = connection_open(&load->target, load->path, i, NULL);
    exchange_turn(&client->sender.transport, &load->ring, load->in_flight);
    /* The first one on a connection of HTTP/2 has the events of all. */
    if (!load->target.http2 || i % load->target.streams == 0) watch_add(echo.epoll, client->sender.transport.fd, i);
  }
  for (unsigned i = 0; i < load->stalled; i++) echo_stall(&echo.clients[i].sender, &load->ring);
  return echo;
}

void load_echo(struct load *load) {
  if (load->rate > 0) {
    echo_open_loop(load);
  } else {
    echo_closed_loop(load);
  }
}
