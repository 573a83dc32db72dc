#include "greeting.h"

#include "fail.h"
#include "sender.h"
#include "watch.h"

enum { EVENTS = 256 };

/* Nothing has been asked that could be answered. */
static const struct ring NO_MESSAGES = {.count = 0};

/* Masked, with an empty payload. */
static const uint8_t PING[] = {0x89, 0x80, 0, 0, 0, 0};

static void read_all(struct verifier *verifiers, int epoll) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(epoll, events, EVENTS, TRANSPORT_PATIENCE);
  if (count == 0) fail("The server has not answered a greeting within %d s", TRANSPORT_PATIENCE / 1000);
  for (int i = 0; i < count; i++) {
    if (events[i].events & WATCH_READABLE) verifier_read(&verifiers[events[i].data.u32], &NO_MESSAGES);
  }
}

void greet(struct verifier *verifiers, unsigned first, unsigned last, const struct ring *greeting, int epoll) {
  for (unsigned id = first; id <= last; id++) {
    struct sender sender = {.transport = verifiers[id].transport};
    sender_owe(&sender, greeting, greeting->count);
    while (!sender_flush(&sender, greeting)) read_all(verifiers, epoll);
    if (transport_send(&sender.transport, PING, sizeof PING) != sizeof PING) fail("The server does not take a ping");
  }
  for (unsigned id = first; id <= last; id++) {
    /* Some of what it says may have come with the opening handshake. */
    verifier_read(&verifiers[id], &NO_MESSAGES);
    while (verifiers[id].others == 0 || verifiers[id].pongs == 0) read_all(verifiers, epoll);
  }
}
