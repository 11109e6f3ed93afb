#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

/// zlib's inflateInit2 for gzip streams; it is a macro, which Swift does not see.
static inline int carchive_inflate_gzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
