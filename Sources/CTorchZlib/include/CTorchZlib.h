// zlib for Swift: its header, and functions for what it spells as macros.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

// `inflateInit2`: window bits 15 + 16 read gzip, 15 zlib, -15 bare deflate.
int torch_inflate_init(z_stream *stream, int window_bits);

// `deflateInit2` with deflate at zlib's default memory level and strategy; window bits as above.
int torch_deflate_init(z_stream *stream, int level, int window_bits);

// The CRC-32 of zip and gzip, going on from `crc` (0 to begin): zlib's `crc32_z`, several times faster where the
// processor multiplies without carry.
uint32_t torch_crc32(uint32_t crc, const void *bytes, size_t count);

// The CRC-32 of two pieces, one after the other.
uint32_t torch_crc32_joined(uint32_t first, uint32_t second, size_t second_count);
