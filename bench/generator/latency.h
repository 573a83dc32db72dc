/* A histogram of times with a resolution of three per cent: 32 buckets for every power of two of nanoseconds. */
#ifndef LATENCY_H
#define LATENCY_H

#include <stdint.h>

enum { LATENCY_SUB_BITS = 5, LATENCY_BUCKETS = (64 - LATENCY_SUB_BITS + 1) << LATENCY_SUB_BITS };

struct latency {
  uint64_t buckets[LATENCY_BUCKETS];
  uint64_t count;
};

static inline void latency_add(struct latency *latency, uint64_t nanoseconds) {
  unsigned bits = 63u - (unsigned)__builtin_clzll(nanoseconds | 1);
  unsigned shift = bits > LATENCY_SUB_BITS ? bits - LATENCY_SUB_BITS : 0;
  latency->buckets[(shift << LATENCY_SUB_BITS) + (nanoseconds >> shift)]++;
  latency->count++;
}

/* In microseconds; `share` from 0 to 1. */
double latency_percentile(const struct latency *latency, double share);

#endif
