// The portable formats: PBM, PGM and PPM in text and bytes, and PFM's grey.

import Torch

/// The picture in a file that begins with P1 to P6 or Pf.
func decodePortable(_ bytes: UnsafeRawBufferPointer, limit: Int?) throws(ImageError) -> Image {
  var text = PortableText(reader: ByteReader(bytes, "PPM", limit: limit))
  let kind = bytes[1]
  text.reader.place = 2
  guard let separator = text.reader.next(), PortableText.isSpace(separator) || separator == 0x23 else {
    throw ImageError(.unknownFormat, "neither JPEG, PNG, BMP nor PPM")
  }
  if separator == 0x23 { text.reader.place = 2 }
  let width = try text.number(), height = try text.number()
  switch kind {
  case 0x31: return try text.bits(width, height)
  case 0x34: return try packedBits(text.reader, width, height)
  case 0x66: return try floats(&text, width, height)
  default: break
  }
  let most = try text.number()
  guard (1..<65536).contains(most) else {
    throw text.reader.malformed("its greatest number is \(most), not 1 to 65535")
  }
  let isColour = kind == 0x33 || kind == 0x36
  let mode: Image.Mode = isColour ? .rgb : most > 255 ? .i : .l
  try checkSize(width, height, limit: limit)
  let count = width * height * mode.channels, top = mode == .i ? 65535.0 : 255.0
  let isText = kind < 0x34
  var table: [Int32] = []
  if most != Int(top) { table = (0...most).map { Int32((Double($0) / Double(most) * top).rounded(.toNearestOrEven)) } }
  let wide = most > 255
  let data = isText ? nil : try text.reader.bytes(at: text.reader.place, count: count * (wide ? 2 : 1))
  // A number of text and the blank behind it.
  if isText, count * 2 - 1 > bytes.count { throw text.reader.truncated }
  let pixels = try emptyPixels(width: width, height: height, mode, limit: limit)
  var failure: ImageError?
  pixels.withUnsafeMutableBytes { out in
    if let data, !wide, table.isEmpty {
      out.copyMemory(from: data)
      return
    }
    let numbers = out.baseAddress!.assumingMemoryBound(to: Int32.self)
    do throws(ImageError) {
      for i in 0..<count {
        let raw =
          if let data { wide ? Int(data[2 * i]) << 8 | Int(data[2 * i + 1]) : Int(data[i]) } else { try text.number() }
        // Numbers past the greatest: PIL refuses them in text and takes them for the greatest in bytes.
        if isText, raw > most { throw text.reader.malformed("\(raw) is more than its greatest number, \(most)") }
        let value = table.isEmpty ? Int32(raw) : table[min(raw, most)]
        if mode == .i { numbers[i] = value } else { out[i] = UInt8(clamping: value) }
      }
    } catch {
      failure = error
    }
  }
  if let failure { throw failure }
  return Image(pixels: pixels, mode: mode)
}

private func packedBits(_ reader: ByteReader, _ width: Int, _ height: Int) throws(ImageError) -> Image {
  try checkSize(width, height, limit: reader.limit)
  let stride = (width + 7) / 8
  let data = try reader.bytes(at: reader.place, count: stride * height)
  let pixels = try emptyPixels(width: width, height: height, .l, limit: reader.limit)
  pixels.withUnsafeMutableBytes { out in
    for y in 0..<height {
      for x in 0..<width { out[y * width + x] = data[y * stride + x / 8] >> UInt8(7 - x % 8) & 1 == 1 ? 0 : 255 }
    }
  }
  return Image(pixels: pixels, mode: .l)
}

/// Float32 from the bottom row up; the sign of the scale tells the order of bytes.
private func floats(_ text: inout PortableText, _ width: Int, _ height: Int) throws(ImageError) -> Image {
  let word = try text.word()
  guard let scale = Double(word), scale.isFinite, scale != 0 else {
    throw text.reader.malformed("its scale is \(word)")
  }
  try checkSize(width, height, limit: text.reader.limit)
  let data = try text.reader.bytes(at: text.reader.place, count: width * height * 4)
  let pixels = try emptyPixels(width: width, height: height, .f, limit: text.reader.limit)
  pixels.withUnsafeMutableBytes { out in
    for y in 0..<height {
      for x in 0..<width {
        let raw = data.loadUnaligned(fromByteOffset: ((height - 1 - y) * width + x) * 4, as: UInt32.self)
        let bits = scale < 0 ? UInt32(littleEndian: raw) : UInt32(bigEndian: raw)
        out.storeBytes(of: bits, toByteOffset: (y * width + x) * 4, as: UInt32.self)
      }
    }
  }
  return Image(pixels: pixels, mode: .f)
}

/// Words between blanks and comments.
private struct PortableText {
  var reader: ByteReader

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  /// The next word; the blank behind it is read too.
  mutating func word() throws(ImageError) -> String {
    var word: [UInt8] = []
    while let byte = reader.next() {
      if byte == 0x23 {
        while let skipped = reader.next(), skipped != 0x0a, skipped != 0x0d {}
      } else if !Self.isSpace(byte) {
        word.append(byte)
        if word.count > 10 { throw reader.malformed("a number has more than 10 digits") }
      } else if !word.isEmpty {
        break
      }
    }
    if word.isEmpty { throw reader.truncated }
    return String(decoding: word, as: UTF8.self)
  }

  mutating func number() throws(ImageError) -> Int {
    let word = try word()
    guard word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(word) else {
      throw reader.malformed("a number is expected where \"\(word)\" stands")
    }
    return number
  }

  /// Digits 0 and 1, with blanks between them or none; 1 is black.
  mutating func bits(_ width: Int, _ height: Int) throws(ImageError) -> Image {
    try checkSize(width, height, limit: reader.limit)
    if width * height > reader.bytes.count { throw reader.truncated }
    let pixels = try emptyPixels(width: width, height: height, .l, limit: reader.limit)
    var digits: [UInt8] = []
    digits.reserveCapacity(width * height)
    while digits.count < width * height {
      guard let byte = reader.next() else { throw reader.truncated }
      if byte == 0x23 {
        while let skipped = reader.next(), skipped != 0x0a, skipped != 0x0d {}
      } else if byte == 0x30 || byte == 0x31 {
        digits.append(byte == 0x31 ? 0 : 255)
      } else if !Self.isSpace(byte) {
        throw reader.malformed("a bit is neither 0 nor 1")
      }
    }
    pixels.withUnsafeMutableBytes { $0.copyBytes(from: digits) }
    return Image(pixels: pixels, mode: .l)
  }
}

/// A picture as PGM (grey, 8 or 16 bits), PPM (colours; alpha is left out) or PFM (float32).
func encodePortable(_ image: Image) throws(ImageError) -> [UInt8] {
  let size = "\(image.width) \(image.height)\n"
  switch image.mode {
  case .l: return Array("P5\n\(size)255\n".utf8) + image.pixels.array(UInt8.self)
  case .rgb, .rgba: return Array("P6\n\(size)255\n".utf8) + image.convert(.rgb).pixels.array(UInt8.self)
  case .i: return Array("P5\n\(size)65535\n".utf8) + image.narrowed.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
  case .f:
    let rows = image.pixels.flip(dims: [0]).array(Float.self)
    return Array("Pf\n\(size)-1.0\n".utf8)
      + rows.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) } }
  case .la, .cmyk:
    throw ImageError(.unsupported, "PPM files hold modes L, RGB, RGBA, I and F, not \(image.mode.rawValue)")
  }
}
