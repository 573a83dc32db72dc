/* The connections of an echo. What makes a message due is the business of its two kinds: closed-loop.c and open-loop.c. */
#ifndef ECHO_H
#define ECHO_H

#include <stdint.h>

#include "loads.h"
#include "receiver.h"
#include "sender.h"

struct client {
  struct receiver receiver;
  struct sender sender;
};

struct echo {
  struct load *load;
  struct client *clients;
  int epoll; /* edge-triggered; the events carry the number of the client, or of the first one on a connection of HTTP/2 */
};

/* Connects, compares one turn of all messages on every connection, and lets stall what is to stall. */
struct echo echo_open(struct load *load);

void echo_closed_loop(struct load *load);
void echo_open_loop(struct load *load);

#endif
