#include "window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fail.h"
#include "receiver.h"

enum { STRETCH = 4, LOOK_EVERY = 2 * 1000 * 1000 /* nanoseconds */ };

static const uint64_t PATIENCE = 10ull * 1000000000u;

void window_servers(struct window *window, const char *list) {
  for (const char *next = list;; next++) {
    char *end;
    unsigned long pid = strtoul(next, &end, 10);
    if (end == next || (*end != ',' && *end != '\0')) fail("--server-pid takes numbers of processes, with commas, not '%s'", list);
    if (window->server_count == SERVERS_MAX) fail("--server-pid takes %d processes at most", SERVERS_MAX);
    window->servers[window->server_count++] = (pid_t)pid;
    if (*end == '\0') return;
    next = end;
  }
}

static double server_cpu(const struct window *window) {
  double seconds = 0;
  for (unsigned i = 0; i < window->server_count; i++) seconds += clock_cpu_of(window->servers[i]);
  return seconds;
}

static void begin_phase(struct window *window, bool measuring, uint64_t now) {
  window->measuring = measuring;
  window->messages = 0;
  window->progress_count = 0;
  window->progress_at = now;
  memset(&window->latency, 0, sizeof window->latency);
  window->own_cpu = clock_own_cpu();
  window->server_cpu = server_cpu(window);
  window->phase_began = window->looked_at = now;
}

static bool phase_is_over(const struct window *window, uint64_t length, uint64_t now) {
  if (now - window->phase_began < length) return false;
  if (now - window->phase_began >= length * STRETCH) return true;
  return server_cpu(window) - window->server_cpu >= (double)length / 1e9;
}

void window_begin(struct window *window) { begin_phase(window, false, clock_now()); }

bool window_goes_on(struct window *window, uint64_t now) {
  if (now - window->looked_at < LOOK_EVERY) return true;
  window->looked_at = now;
  if (window->messages != window->progress_count) {
    window->progress_count = window->messages;
    window->progress_at = now;
  } else if (now - window->progress_at > PATIENCE) {
    fail("The server has stopped answering: nothing came for %llu s", (unsigned long long)(PATIENCE / 1000000000u));
  }
  if (!phase_is_over(window, window->measuring ? window->duration : window->warmup, now)) return true;
  if (window->measuring) return false;
  begin_phase(window, true, now);
  return true;
}

void window_report(const struct window *window) {
  if (window->messages == 0) fail("The server has answered nothing while the clock ran");
  double seconds = (double)(clock_now() - window->phase_began) / 1e9;
  double own = clock_own_cpu() - window->own_cpu;
  double server = server_cpu(window) - window->server_cpu;
  printf("{\"messages\":%llu,\"seconds\":%.6f,\"perSecond\":%.1f,\"generatorCpu\":%.4f,\"serverCpu\":%.4f,"
         "\"meanPayload\":%.1f,"
         "\"latency\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f}}\n",
         (unsigned long long)window->messages, seconds, (double)window->messages / seconds, own / seconds, server / seconds,
         receiver_mean_payload(),
         latency_percentile(&window->latency, 0.5), latency_percentile(&window->latency, 0.9),
         latency_percentile(&window->latency, 0.99), latency_percentile(&window->latency, 0.999));
}
