import Torch

extension Image {
  /// The picture turned and mirrored so that it lies upright, as `PIL.ImageOps.exif_transpose`.
  public func exifTransposed() -> Image {
    noGrad {
      let turned: Tensor =
        switch orientation {
        case 2: pixels.flip(dims: [1])
        case 3: pixels.flip(dims: [0, 1])
        case 4: pixels.flip(dims: [0])
        case 5: pixels.transpose(0, 1)
        case 6: pixels.transpose(0, 1).flip(dims: [1])
        case 7: pixels.transpose(0, 1).flip(dims: [0, 1])
        case 8: pixels.transpose(0, 1).flip(dims: [0])
        default: pixels
        }
      return Image(pixels: turned, mode: mode)
    }
  }
}

extension PictureKind {
  /// The orientation that a file's EXIF data tell; 1 where they tell none, or are damaged.
  func orientation(in bytes: UnsafeRawBufferPointer) -> Int {
    let data: Slice<UnsafeRawBufferPointer>? =
      switch self {
      case .jpeg: Self.exifOfJPEG(bytes)
      case .png: Self.exifOfPNG(bytes)
      case .bmp, .portable: nil
      }
    guard let data, let orientation = Self.orientation(inTIFF: UnsafeRawBufferPointer(rebasing: data)) else { return 1 }
    return orientation
  }

  /// The segment APP1 before the first scan.
  private static func exifOfJPEG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    firstSegment(of: bytes) { marker, content in
      marker == 0xe1 && content.starts(with: Array("Exif\0\0".utf8)) ? content.dropFirst(6) : nil
    }
  }

  /// The chunk eXIf.
  private static func exifOfPNG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var place = 8
    while place + 12 <= bytes.count {
      let size = (0..<4).reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
      if size > bytes.count - place - 12 { return nil }
      if bytes[(place + 4)..<(place + 8)].elementsEqual("eXIf".utf8) {
        return bytes[(place + 8)..<(place + 8 + size)]
      }
      place += 12 + size
    }
    return nil
  }

  /// Field 0x0112 of a TIFF header's first directory.
  private static func orientation(inTIFF bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 8 else { return nil }
    let isLittle = bytes[0] == 0x49
    guard bytes[1] == bytes[0], isLittle || bytes[0] == 0x4d else { return nil }
    func number(_ place: Int, _ count: Int) -> Int? {
      guard place >= 0, place <= bytes.count - count else { return nil }
      let part = bytes[place..<place + count]
      return isLittle ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard number(2, 2) == 42, let start = number(4, 4), let count = number(start, 2) else { return nil }
    for entry in 0..<count {
      let place = start + 2 + 12 * entry
      guard let tag = number(place, 2) else { return nil }
      // Type 3: 16 bits.
      if tag == 0x0112, number(place + 2, 2) == 3, let value = number(place + 8, 2), (1...8).contains(value) {
        return value
      }
    }
    return nil
  }
}
