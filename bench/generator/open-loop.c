/*
 * Messages are sent on a fixed timetable, whatever is still unanswered, and their latency counts from when they were due: a server
 * that makes them wait cannot slow down those who ask it (no coordinated omission).
 */
#define _GNU_SOURCE /* epoll_pwait2 */
#include <sys/prctl.h>

#include "clock.h"
#include "echo.h"
#include "fail.h"
#include "timetable.h"
#include "watch.h"

enum { EVENTS = 1024, LONGEST_SLEEP = 100 * 1000 * 1000 /* nanoseconds */ };

struct open_loop {
  struct echo echo;
  struct timetable timetable;
  uint64_t sent; /* messages, on all connections */
};

/* All that are due by now; what is due on one connection goes out in one write. */
static void send_due(struct open_loop *loop, uint64_t now) {
  const struct load *load = loop->echo.load;
  uint64_t first = loop->sent;
  for (; timetable_due(&loop->timetable, loop->sent) <= now; loop->sent++) {
    sender_owe(&loop->echo.clients[loop->sent % load->connections].sender, &load->ring, 1);
  }
  uint64_t count = loop->sent - first < load->connections ? loop->sent - first : load->connections;
  for (uint64_t i = 0; i < count; i++) {
    sender_flush(&loop->echo.clients[(first + i) % load->connections].sender, &load->ring);
  }
}

static void take_answers(struct open_loop *loop, unsigned id, bool to_the_end) {
  struct load *load = loop->echo.load;
  struct client *client = &loop->echo.clients[id];
  uint64_t first = client->receiver.complete;
  unsigned answers = receiver_read(&client->receiver, &load->ring, to_the_end);
  if (answers == 0) return;
  if (client->receiver.complete > client->sender.owed) fail("The server answered a message twice");
  uint64_t now = clock_now();
  for (unsigned i = 0; i < answers; i++) {
    uint64_t message = (first + i) * load->connections + id;
    latency_add(&load->window.latency, now - timetable_due(&loop->timetable, message));
  }
  load->window.messages += answers;
}

static int wait_until(int epoll, struct epoll_event *events, uint64_t due) {
  uint64_t now = clock_now();
  uint64_t left = due > now ? due - now : 0;
  struct timespec timeout = {.tv_nsec = (long)(left < LONGEST_SLEEP ? left : LONGEST_SLEEP)};
  return epoll_pwait2(epoll, events, EVENTS, &timeout, NULL);
}

void echo_open_loop(struct load *load) {
  /* By default the kernel lets a thread sleep up to 50 µs too long. */
  prctl(PR_SET_TIMERSLACK, 1);
  struct open_loop loop = {.echo = echo_open(load)};

  window_begin(&load->window);
  loop.timetable = (struct timetable){.began = clock_now(), .rate = load->rate};
  struct epoll_event events[EVENTS];
  for (uint64_t now; window_goes_on(&load->window, now = clock_now());) {
    send_due(&loop, now);
    int count = wait_until(loop.echo.epoll, events, timetable_due(&loop.timetable, loop.sent));
    if (count < 0) fail_errno("Cannot wait for the next message (it takes Linux 5.11)");
    for (int i = 0; i < count; i++) {
      uint32_t id = events[i].data.u32;
      if (events[i].events & WATCH_READABLE) take_answers(&loop, id, events[i].events & WATCH_ENDED);
      sender_flush(&loop.echo.clients[id].sender, &load->ring);
    }
  }
  window_report(&load->window);
}
