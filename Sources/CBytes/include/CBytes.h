#pragma once
#include <stddef.h>
#include <string.h>

/// GNU's memmem and memrchr, which Swift's Glibc module does not show (it is built without _GNU_SOURCE).
const void *cbytes_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
const void *cbytes_memrchr(const void *bytes, int byte, size_t length);

/// Asks the processor to bring a line into its cache.
static inline void cbytes_prefetch(const void *address) { __builtin_prefetch(address, 1); }

/// How many of 32 bytes stand before the first that is one of two; 32 when none is.
static inline int cbytes_count_before(const void *start, unsigned char one, unsigned char other) {
#if defined(__SSE2__)
  typedef char bytes16 __attribute__((vector_size(16), aligned(1)));
  const bytes16 head = ((const bytes16 *)start)[0], tail = ((const bytes16 *)start)[1];
  const unsigned first = __builtin_ia32_pmovmskb128((head == (char)one) | (head == (char)other));
  const unsigned second = __builtin_ia32_pmovmskb128((tail == (char)one) | (tail == (char)other));
  return __builtin_ctzll(1ull << 32 | (unsigned long long)second << 16 | first);
#else
  const unsigned char *bytes = (const unsigned char *)start;
  int count = 0;
  while (count < 32 && bytes[count] != one && bytes[count] != other) count++;
  return count;
#endif
}

/// Asks the system for large pages behind a range that is about to be used, if it is long enough to have any.
void cbytes_advise_large_pages(const void *start, size_t length);
