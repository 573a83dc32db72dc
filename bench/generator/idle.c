/*
 * Opens connections and holds them. Each line on stdin says how many more to open; the answer is one line of JSON with
 * how many are open. With frames given, each connection has exchanged one turn of them before it idles. Ends with stdin.
 */
#include <stdio.h>

#include "exchange.h"
#include "loads.h"

void load_idle(struct load *load) {
  unsigned open = 0, more;
  while (scanf("%u", &more) == 1) {
    for (unsigned i = 0; i < more; i++, open++) {
      struct transport transport = connection_open(&load->target, load->path, open, NULL);
      if (load->ring.count > 0) exchange_turn(&transport, &load->ring, load->in_flight);
    }
    printf("{\"open\":%u}\n", open);
    fflush(stdout);
  }
}
