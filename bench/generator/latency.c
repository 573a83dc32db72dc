#include "latency.h"

double latency_percentile(const struct latency *latency, double share) {
  uint64_t wanted = (uint64_t)(share * (double)latency->count);
  uint64_t seen = 0;
  for (unsigned i = 0; i < LATENCY_BUCKETS; i++) {
    seen += latency->buckets[i];
    if (seen > wanted) {
      /* From twice the number of sub-buckets on, the index says how far the value was shifted. */
      unsigned shift = i < 2u << LATENCY_SUB_BITS ? 0 : (i >> LATENCY_SUB_BITS) - 1;
      uint64_t value = (uint64_t)(i - (shift << LATENCY_SUB_BITS)) << shift;
      return (double)value / 1000;
    }
  }
  return 0;
}
