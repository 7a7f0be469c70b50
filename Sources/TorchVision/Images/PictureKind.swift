/// The formats, told by how files begin.
enum PictureKind {
  case jpeg, png, bmp, portable

  init?(of bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if bytes.starts(with: [0x42, 0x4d]) {
      self = .bmp
    } else if bytes.count > 2, bytes[0] == 0x50, Array("123456f".utf8).contains(bytes[1]) {
      self = .portable
    } else {
      return nil
    }
  }

  /// The sizes that a file promises, without decoding it; nil where that would take more than a look.
  func size(in bytes: UnsafeRawBufferPointer) -> (height: Int, width: Int)? {
    switch self {
    case .jpeg:
      return Self.firstSegment(of: bytes) { marker, content in
        // Frames of all kinds but for DHT, JPG and DAC, which share their range of numbers.
        guard (0xc0...0xcf).contains(marker), ![0xc4, 0xc8, 0xcc].contains(marker), content.count >= 5 else {
          return nil
        }
        let c = Array(content.prefix(5))
        return (Int(c[1]) << 8 | Int(c[2]), Int(c[3]) << 8 | Int(c[4]))
      }
    case .png:
      guard bytes.count >= 24, bytes[12..<16].elementsEqual("IHDR".utf8) else { return nil }
      func number(_ place: Int) -> Int { bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
      return (number(20), number(16))
    case .bmp, .portable: return nil
    }
  }

  /// What `body` gives for the first segment of a JPEG file that it does not pass over, before the first scan.
  static func firstSegment<R>(
    of bytes: UnsafeRawBufferPointer, _ body: (_ marker: UInt8, _ content: Slice<UnsafeRawBufferPointer>) -> R?
  ) -> R? {
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xff {
      let marker = bytes[place + 1]
      // Markers may stand behind any number of bytes 0xff.
      if marker == 0xff {
        place += 1
        continue
      }
      if marker == 0x01 || (0xd0...0xd8).contains(marker) {
        place += 2
        continue
      }
      if marker == 0xda || marker == 0xd9 { return nil }
      let size = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      if size < 2 || size > bytes.count - place - 2 { return nil }
      if let result = body(marker, bytes[(place + 4)..<(place + 2 + size)]) { return result }
      place += 2 + size
    }
    return nil
  }
}
