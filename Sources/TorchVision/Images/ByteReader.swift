/// Bytes of unknown make, read from the front; what lies beyond their end is an error.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer
  /// What is read, in errors: `BMP`.
  let format: String
  /// How many pixels a picture may have.
  let limit: Int?
  /// The next byte.
  var place = 0

  init(_ bytes: UnsafeRawBufferPointer, _ format: String, limit: Int?) {
    (self.bytes, self.format, self.limit) = (bytes, format, limit)
  }

  var isAtEnd: Bool { place >= bytes.count }

  var truncated: ImageError { ImageError(.truncated, "truncated \(format) file: it ends before the picture does") }

  func malformed(_ reason: String) -> ImageError { ImageError(.malformed, "damaged \(format) file: \(reason)") }

  func unsupported(_ reason: String) -> ImageError {
    ImageError(.unsupported, "this \(format) file cannot be read: \(reason)")
  }

  /// The next byte, nil at the end.
  mutating func next() -> UInt8? {
    guard place < bytes.count else { return nil }
    defer { place += 1 }
    return bytes[place]
  }

  /// Some bytes at a place, without going there.
  func bytes(at place: Int, count: Int) throws(ImageError) -> UnsafeRawBufferPointer {
    guard place >= 0, count >= 0, place <= bytes.count, count <= bytes.count - place else { throw truncated }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<place + count])
  }

  /// A little-endian number at a place.
  func little(at place: Int, _ count: Int) throws(ImageError) -> Int {
    try bytes(at: place, count: count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
