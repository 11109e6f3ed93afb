#define _GNU_SOURCE
#include "CBytes.h"
#include <stdint.h>
#include <sys/mman.h>

const void *cbytes_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length) {
  return memmem(haystack, haystack_length, needle, needle_length);
}

const void *cbytes_memrchr(const void *bytes, int byte, size_t length) { return memrchr(bytes, byte, length); }

void cbytes_advise_large_pages(const void *start, size_t length) {
  const uintptr_t page = 4096;
  uintptr_t first = ((uintptr_t)start + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t)start + length) & ~(page - 1);
  /* Below a few large pages (2 MiB) it is not worth a call. It is a wish: nothing depends on what becomes of it. */
  if (start && length >= (4u << 20)) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

/* Where the program starts it is seen which of a function's two kinds the processor can run. */
#if defined(__x86_64__) && defined(__linux__)
#define CLONED_FOR_WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define CLONED_FOR_WIDE_VECTORS
#endif

typedef unsigned char bytes64 __attribute__((ext_vector_type(64), aligned(1)));
typedef _Bool bits64 __attribute__((ext_vector_type(64)));

/* Lines of a log are of all lengths, and a search that asks on its way whether it is at its end is guessed wrong by the
   processor for most of them. So two places are written for any 64 bytes, and what there was not is written over. */
CLONED_FOR_WIDE_VECTORS
size_t cbytes_find_all(const void *start, size_t length, unsigned char byte, int *places, size_t room, size_t *looked) {
  const unsigned char *bytes = start;
  const unsigned long long last = 1ull << 63;
  size_t count = 0, at = 0;
  for (; length - at >= 64 && room - count >= 64; at += 64) {
    const bits64 equal = __builtin_convertvector(*(const bytes64 *)(bytes + at) == byte, bits64);
    unsigned long long rest;
    memcpy(&rest, &equal, sizeof rest);
    const size_t found = (size_t)__builtin_popcountll(rest);
    places[count] = (int)at + __builtin_ctzll(rest | last);
    rest &= rest - 1;
    places[count + 1] = (int)at + __builtin_ctzll(rest | last);
    for (size_t index = 2; __builtin_expect(index < found, 0); index++) {
      rest &= rest - 1;
      places[count + index] = (int)at + __builtin_ctzll(rest);
    }
    count += found;
  }
  if (length - at < 64)
    for (; at < length && count < room; at++)
      if (bytes[at] == byte) places[count++] = (int)at;
  *looked = at;
  return count;
}
