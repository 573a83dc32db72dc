/*
 * Which sockets have something for us: epoll, edge-triggered, once for both directions. The kernel then looks at a socket only when
 * something has come; whoever gets an event reads and writes until nothing more goes.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

enum {
  WATCH_ENDED = EPOLLRDHUP | EPOLLHUP | EPOLLERR,
  WATCH_READABLE = EPOLLIN | WATCH_ENDED,
};

/* An empty set. */
int watch_open(void);

/* `id` comes with the events, as data.u32. */
void watch_add(int epoll, int fd, uint32_t id);

#endif
