#include "watch.h"

#include "fail.h"

int watch_open(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail_errno("Cannot watch connections");
  return epoll;
}

void watch_add(int epoll, int fd, uint32_t id) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = id};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("Cannot watch connection %u", id);
}
