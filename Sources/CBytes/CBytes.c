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
