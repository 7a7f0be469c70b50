// A reader of the PNG files that the library writes, which trusts nothing in them.

import CTorchZlib

/// Size and pixels of a PNG file of eight bits a channel without interlacing; nil where anything is amiss.
func decodePNG(_ bytes: [UInt8]) -> (width: Int, height: Int, pixels: [UInt8])? {
  guard bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) else { return nil }
  var rest = bytes[8...]
  var chunks: [(name: String, content: [UInt8])] = []
  while rest.count >= 12 {
    let length = number(rest.prefix(4))
    guard rest.count >= 12 + length else { return nil }
    let body = Array(rest.dropFirst(4).prefix(4 + length))
    guard number(rest.dropFirst(8 + length).prefix(4)) == Int(crc32(0, body, UInt32(body.count))) else { return nil }
    chunks.append((String(decoding: body[..<4], as: UTF8.self), Array(body[4...])))
    rest = rest.dropFirst(12 + length)
  }
  guard rest.isEmpty, chunks.map(\.name) == ["IHDR", "IDAT", "IEND"], chunks[2].content.isEmpty else { return nil }
  let head = chunks[0].content
  guard head.count == 13, head[8...] == [8, 2, 0, 0, 0] else { return nil }
  let (width, height) = (number(head[..<4]), number(head[4..<8]))
  var size = uLong(height * (width * 3 + 1))
  var rows = [UInt8](repeating: 0, count: Int(size))
  let packed = chunks[1].content
  // It checks the Adler sum as well.
  guard uncompress(&rows, &size, packed, uLong(packed.count)) == Z_OK, Int(size) == rows.count else { return nil }
  var pixels: [UInt8] = []
  for row in 0..<height {
    let start = row * (width * 3 + 1)
    guard rows[start] == 0 else { return nil }
    pixels += rows[(start + 1)..<(start + 1 + width * 3)]
  }
  return (width, height, pixels)
}

private func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
