/*
 * Load generator for WebSocket servers: one thread, epoll, raw sockets, frames encoded beforehand. It prints one line of
 * JSON, in which generatorCpu tells the share of its core that it has used: below 0.5, it could have driven at least
 * twice what it measured.
 *
 *   generator echo   --port N --server-pid N --frames FILE --path /echo --connections N --in-flight N
 *                    --warmup MS --duration MS [--rate N]
 *   generator fanout … --path /subscribe --publish-path /publish … [--publish-port N] [--greeting FILE]
 *                    [--needle-at N --needle-length N]
 *   generator idle   --port N --path /echo [--frames FILE] [--compressed]
 *   generator handshake --port N --server-pid N --path /echo --connections N --warmup MS --duration MS [--plain]
 *   where several processes serve together, --server-pid takes all of them, with commas; --publish-port is that of the node that
 *   the publisher is connected to, if it is another one
 *   and with each of them --tls; with echo (but not --rate) and idle also
 *     --http2          WebSockets are streams of HTTP/2 (RFC 8441), with --tls or without
 *     --streams N      so many of them share a connection; --connections stays the number of WebSockets, of all together
 *     --stalled N      of an echo: the first N WebSockets stop reading before the clock runs, and only the others are counted
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "answer.h"
#include "fail.h"
#include "loads.h"

static const struct {
  const char *name;
  void (*run)(struct load *);
  bool over_http2; /* can be */
} LOADS[] = {
    {"echo", load_echo, true},
    {"fanout", load_fanout, false},
    {"idle", load_idle, true},
    {"handshake", load_handshake, false},
};

static const struct option OPTIONS[] = {
    {"port", required_argument, NULL, 'p'},         {"server-pid", required_argument, NULL, 's'},
    {"frames", required_argument, NULL, 'f'},       {"path", required_argument, NULL, 'u'},
    {"publish-path", required_argument, NULL, 'b'}, {"connections", required_argument, NULL, 'c'},
    {"warmup", required_argument, NULL, 'w'},       {"duration", required_argument, NULL, 'd'},
    {"in-flight", required_argument, NULL, 'i'},    {"plain", no_argument, NULL, 'l'},
    {"rate", required_argument, NULL, 'r'},         {"tls", no_argument, NULL, 't'},
    {"greeting", required_argument, NULL, 'g'},     {"needle-at", required_argument, NULL, 'n'},
    {"needle-length", required_argument, NULL, 'm'}, {"compressed", no_argument, NULL, 'z'},
    {"http2", no_argument, NULL, 'h'},              {"streams", required_argument, NULL, 'o'},
    {"stalled", required_argument, NULL, 'a'},      {"publish-port", required_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

static unsigned long number(const char *text) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0') fail("'%s' is not a number", text);
  return value;
}

static unsigned long at_least_one(const char *text) {
  unsigned long value = number(text);
  if (value == 0) fail("0 connections, 0 streams on each or 0 messages a second are no load");
  return value;
}

static void read_options(int count, char **arguments, struct load *load) {
  struct needle needle = {.length = 0};
  int option;
  while ((option = getopt_long(count, arguments, "", OPTIONS, NULL)) != -1) {
    switch (option) {
      case 'p': load->target.port = (uint16_t)number(optarg); break;
      case 's': window_servers(&load->window, optarg); break;
      case 'f': ring_load(&load->ring, optarg); break;
      case 'q': load->publish_port = (uint16_t)number(optarg); break;
      case 'u': load->path = optarg; break;
      case 'b': load->publish_path = optarg; break;
      case 'c': load->connections = (unsigned)at_least_one(optarg); break;
      case 'w': load->window.warmup = number(optarg) * 1000000u; break;
      case 'i': load->in_flight = (unsigned)number(optarg); break;
      case 'l': load->plain = true; break;
      case 'r': load->rate = at_least_one(optarg); break;
      case 't': load->target.tls = true; break;
      case 'z': load->target.compressed = true; break;
      case 'g': ring_load(&load->greeting, optarg); break;
      case 'n': needle.at = number(optarg); break;
      case 'm': needle.length = number(optarg); break;
      case 'h': load->target.http2 = true; break;
      case 'o': load->target.streams = (unsigned)at_least_one(optarg); break;
      case 'a': load->stalled = (unsigned)number(optarg); break;
      case 'd': load->window.duration = number(optarg) * 1000000u; break;
      default: exit(1); /* getopt_long has said why */
    }
  }
  answer_expect(&load->ring, &needle);
}

static void check_http2(const struct load *load, const char *name, bool possible) {
  if (!load->target.http2) {
    if (load->target.streams > 1 || load->stalled > 0) fail("--streams and --stalled are about HTTP/2: they need --http2");
    return;
  }
  if (!possible || load->rate > 0) fail("--http2 is for echo without --rate, and for idle: not for %s", possible ? "--rate" : name);
  if (load->target.compressed) fail("--http2 reads nothing of an answer but its status: it cannot tell whether the server compresses");
  if (load->stalled >= load->connections) fail("--stalled %u leaves none of %u WebSockets to count", load->stalled, load->connections);
}

int main(int count, char **arguments) {
  /* Whatever becomes of the bench, no generator outlives it. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);

  /* A send on a connection that is gone says so by its result. OpenSSL has no flag for it. */
  signal(SIGPIPE, SIG_IGN);

  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  static struct load load = {.path = "/echo", .publish_path = "/publish", .connections = 1, .target.streams = 1};
  for (size_t i = 0; count > 1 && i < sizeof LOADS / sizeof *LOADS; i++) {
    if (strcmp(arguments[1], LOADS[i].name) == 0) {
      read_options(count - 1, arguments + 1, &load);
      if (load.ring.compressed) load.target.compressed = true;
      if (load.in_flight == 0 || load.in_flight > load.ring.count) load.in_flight = load.ring.count;
      check_http2(&load, LOADS[i].name, LOADS[i].over_http2);
      LOADS[i].run(&load);
      return 0;
    }
  }
  fail("usage: generator echo|fanout|idle|handshake --port N …");
}
