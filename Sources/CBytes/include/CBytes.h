#pragma once
#include <stddef.h>
#include <string.h>

/// GNU's memmem and memrchr, which Swift's Glibc module does not show (it is built without _GNU_SOURCE).
const void *cbytes_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
const void *cbytes_memrchr(const void *bytes, int byte, size_t length);

/// Asks the processor to bring a line into its cache.
static inline void cbytes_prefetch(const void *address) { __builtin_prefetch(address, 1); }

/// Asks the system for large pages behind a range that is about to be used, if it is long enough to have any.
void cbytes_advise_large_pages(const void *start, size_t length);
