/*
 * Answers on fresh connections, N at a time: connect, request, the whole answer, close, again. The answer is the 101 of
 * an opening handshake, or with --plain an ordinary page, which tells what a connection costs without a WebSocket.
 *
 * A connection is closed by saying that nothing more will be sent, without a close frame, and waiting until the server
 * has done the same: ending it is part of what it costs the server, and a reset would spare it that.
 */
#define _GNU_SOURCE /* strcasestr */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fail.h"
#include "loads.h"
#include "watch.h"

enum { EVENTS = 1024, ANSWER_MAX = 16384, LEAVE_PATIENCE = 2000 /* milliseconds */ };

enum stage { CONNECTING, AWAITING_ANSWER, AWAITING_END };

struct visit {
  struct transport transport;
  enum stage stage;
  uint64_t began;
  size_t length;
  char answer[ANSWER_MAX + 1];
};

struct crowd {
  struct load *load;
  struct visit *all;
  int epoll;
  unsigned visits; /* begun so far */
  unsigned open;
  int request_length;
  char request[REQUEST_MAX];
};

/* Returns false while the connection is not there. */
static bool send_request(const struct crowd *crowd, struct visit *visit) {
  if (!transport_ready(&visit->transport)) return false;
  ssize_t sent = transport_send(&visit->transport, crowd->request, (size_t)crowd->request_length);
  if (sent == 0) return false;
  if (sent < 0) fail_errno("Cannot connect to 127.0.0.1:%u (connection %u)", crowd->load->target.port, crowd->visits);
  if (sent != crowd->request_length) fail("The kernel has no room for a request of %d bytes", crowd->request_length);
  visit->stage = AWAITING_ANSWER;
  return true;
}

static void begin(struct crowd *crowd, struct visit *visit) {
  visit->began = clock_now();
  visit->stage = CONNECTING;
  visit->length = 0;
  int fd = connection_begin(&crowd->load->target, crowd->visits++);
  visit->transport = transport_over(fd, crowd->load->target.tls);
  crowd->open++;
  /* On one machine the connection is mostly there at once. */
  send_request(crowd, visit);
  watch_add(crowd->epoll, fd, (uint32_t)(visit - crowd->all));
}

/* Returns the length of a page's whole answer, of which the head is there. */
static size_t page_length(const char *answer, size_t head_length) {
  if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0) fail("The server did not answer with a page:\n%s", answer);
  const char *field = strcasestr(answer, "\r\nContent-Length:");
  if (field == NULL || field >= answer + head_length) fail("The server's answer has no Content-Length:\n%s", answer);
  size_t length = head_length + strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
  if (length > ANSWER_MAX) fail("The server's answer is longer than %d bytes", ANSWER_MAX);
  return length;
}

static bool is_whole(const struct load *load, const struct visit *visit) {
  const char *end = strstr(visit->answer, "\r\n\r\n");
  if (end == NULL) return false;
  size_t head_length = (size_t)(end + 4 - visit->answer);
  size_t length = head_length;
  if (load->plain) length = page_length(visit->answer, head_length);
  else connection_check_accepted(&load->target, load->path, visit->answer);
  if (visit->length > length) fail("The server sent bytes after its answer that nobody asked for");
  return visit->length == length;
}

/* Returns false while there is nothing to read. */
static bool read_answer(struct crowd *crowd, struct visit *visit) {
  struct load *load = crowd->load;
  if (visit->length == ANSWER_MAX) fail("The server's answer is longer than %d bytes", ANSWER_MAX);
  ssize_t got = transport_receive(&visit->transport, visit->answer + visit->length, ANSWER_MAX - visit->length);
  if (got == 0) return false;
  if (got < 0) fail_errno("The server closed the connection before it had answered");
  visit->length += (size_t)got;
  visit->answer[visit->length] = '\0';
  if (!is_whole(load, visit)) return true;
  latency_add(&load->window.latency, clock_now() - visit->began);
  load->window.messages++;
  transport_shut_down(&visit->transport);
  visit->stage = AWAITING_END;
  return true;
}

/* Returns true when the server has closed the connection, too. What it says for goodbye is not looked at. */
static bool has_ended(struct visit *visit) {
  ssize_t got;
  do {
    got = transport_receive(&visit->transport, visit->answer, ANSWER_MAX);
  } while (got > 0);
  if (got < 0 && errno != 0) fail_errno("The server did not close a connection as it was closed");
  return got < 0;
}

/* As far as it goes without waiting. */
static void go_on(struct crowd *crowd, struct visit *visit, bool again) {
  if (visit->stage == CONNECTING && !send_request(crowd, visit)) return;
  while (visit->stage == AWAITING_ANSWER) {
    if (!read_answer(crowd, visit)) return;
  }
  if (!has_ended(visit)) return;
  transport_close(&visit->transport);
  crowd->open--;
  if (again) begin(crowd, visit);
}

/* Returns whether anything happened. */
static bool attend(struct crowd *crowd, int patience, bool again) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(crowd->epoll, events, EVENTS, patience);
  for (int i = 0; i < count; i++) go_on(crowd, &crowd->all[events[i].data.u32], again);
  return count > 0;
}

void load_handshake(struct load *load) {
  struct crowd crowd = {
      .load = load, .all = calloc(load->connections, sizeof(struct visit)), .epoll = watch_open()};
  if (crowd.all == NULL) fail("No memory for %u connections", load->connections);
  crowd.request_length =
      load->plain ? connection_page_request(crowd.request, &load->target, load->path)
                  : connection_upgrade_request(crowd.request, &load->target, load->path);

  window_begin(&load->window);
  for (unsigned i = 0; i < load->connections; i++) begin(&crowd, &crowd.all[i]);
  while (window_goes_on(&load->window, clock_now())) attend(&crowd, 100, true);
  window_report(&load->window);
  /* Whoever is still there leaves in order: a process that just ends would reset the connections that have an answer unread. */
  while (crowd.open > 0 && attend(&crowd, LEAVE_PATIENCE, false)) continue;
}
