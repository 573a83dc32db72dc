/* The kinds of load. A new kind is a file, a line here and a line in main.c. */
#ifndef LOADS_H
#define LOADS_H

#include "connection.h"
#include "ring.h"
#include "window.h"

struct load {
  struct target target;
  const char *path;         /* every connection; subscribers in a fan-out */
  const char *publish_path; /* the publisher of a fan-out */
  uint16_t publish_port;    /* 0: that of the subscribers */
  unsigned connections; /* WebSockets, also where they share connections of HTTP/2 */
  unsigned stalled;     /* of an echo over HTTP/2: as many of the first ones stop reading, and only the others are counted */
  unsigned in_flight; /* messages sent and not answered: of each connection, or of the publisher */
  bool plain;         /* handshakes: ordinary pages instead */
  unsigned long rate; /* of an echo: messages a second on a fixed timetable; 0: each answer pays for the next message */
  struct ring ring;
  struct ring greeting; /* of a fan-out: what every connection says first */
  struct window window;
};

void load_echo(struct load *load);
void load_fanout(struct load *load);
void load_idle(struct load *load);
void load_handshake(struct load *load);

#endif
