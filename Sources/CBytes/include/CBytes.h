#pragma once
#include <stddef.h>
#include <string.h>

/// GNU's memmem and memrchr, which Swift's Glibc module does not show (it is built without _GNU_SOURCE).
const void *cbytes_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length);
const void *cbytes_memrchr(const void *bytes, int byte, size_t length);
