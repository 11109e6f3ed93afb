#pragma once
#include <stddef.h>
#include <string.h>

/// GNU's memmem and memrchr, which Swift's Glibc module does not show (it is built without _GNU_SOURCE).
const void *cbytes_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
const void *cbytes_memrchr(const void *bytes, int byte, size_t length);

/// Asks the processor to bring a line into its cache.
static inline void cbytes_prefetch(const void *address) { __builtin_prefetch(address, 1); }

/// Of 32 bytes those that are one of two: a bit each, the first one's lowest.
static inline unsigned cbytes_either(const void *start, unsigned char one, unsigned char other) {
#if defined(__SSE2__)
  typedef char bytes16 __attribute__((vector_size(16), aligned(1)));
  const bytes16 head = ((const bytes16 *)start)[0], tail = ((const bytes16 *)start)[1];
  const unsigned first = __builtin_ia32_pmovmskb128((head == (char)one) | (head == (char)other));
  const unsigned second = __builtin_ia32_pmovmskb128((tail == (char)one) | (tail == (char)other));
  return second << 16 | first;
#else
  const unsigned char *bytes = (const unsigned char *)start;
  unsigned found = 0;
  for (int index = 0; index < 32; index++) found |= (unsigned)(bytes[index] == one || bytes[index] == other) << index;
  return found;
#endif
}

/// Where a byte stands in `length` others: its places one after another, as far as there is room for them.
/// - Parameter room: At least 64, since so many bytes are looked at together.
/// - Parameter looked: Up to where the bytes were looked through; all when there was room.
/// - Returns: how many places there are.
size_t cbytes_find_all(const void *start, size_t length, unsigned char byte, int *places, size_t room, size_t *looked);

/// Of 32 bytes those that are digits: a bit each, the first one's lowest.
static inline unsigned cbytes_digits(const void *start) {
#if defined(__SSE2__)
  typedef unsigned char bytes16 __attribute__((vector_size(16), aligned(1)));
  typedef char mask16 __attribute__((vector_size(16)));
  const bytes16 head = ((const bytes16 *)start)[0], tail = ((const bytes16 *)start)[1];
  const unsigned first = __builtin_ia32_pmovmskb128((mask16)((head - '0') < 10));
  const unsigned second = __builtin_ia32_pmovmskb128((mask16)((tail - '0') < 10));
  return second << 16 | first;
#else
  const unsigned char *bytes = (const unsigned char *)start;
  unsigned digits = 0;
  for (int index = 0; index < 32; index++) digits |= (unsigned)(bytes[index] - '0' < 10u) << index;
  return digits;
#endif
}

/// Asks the system for large pages behind a range that is about to be used, if it is long enough to have any.
void cbytes_advise_large_pages(const void *start, size_t length);

/// The sum of a stretch's words in one's complement of 64 bits, words as the machine reads them; of what is no whole word
/// at the end nothing. What overflows is added at the other end.
static inline unsigned long long cbytes_words_sum(const void *start, size_t length) {
  const char *bytes = (const char *)start, *end = bytes + length / 8 * 8;
  unsigned long long sum = 0, carry = 0;
  for (; end - bytes >= 32; bytes += 32) {
    unsigned long long words[4];
    memcpy(words, bytes, 32);
    sum = __builtin_addcll(sum, words[0], carry, &carry);
    sum = __builtin_addcll(sum, words[1], carry, &carry);
    sum = __builtin_addcll(sum, words[2], carry, &carry);
    sum = __builtin_addcll(sum, words[3], carry, &carry);
  }
  for (; bytes < end; bytes += 8) {
    unsigned long long word;
    memcpy(&word, bytes, 8);
    sum = __builtin_addcll(sum, word, carry, &carry);
  }
  sum += carry;
  return sum < carry ? 1 : sum;
}
