// zlib for Swift: its header, and functions for what it spells as macros.
#pragma once

#include <zlib.h>

// `inflateInit2`: window bits 15 + 16 read gzip, 15 zlib, -15 bare deflate.
int torch_inflate_init(z_stream *stream, int window_bits);

// `deflateInit2` with deflate at zlib's default memory level and strategy; window bits as above.
int torch_deflate_init(z_stream *stream, int level, int window_bits);
