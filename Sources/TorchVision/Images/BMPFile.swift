// Windows' bitmaps, of all kinds that PIL reads.

import Torch

/// The picture in a BMP file: 1, 4, 8, 16, 24 or 32 bits a pixel, run lengths, bottom up or top down.
func decodeBMP(_ bytes: UnsafeRawBufferPointer, limit: Int?) throws(ImageError) -> Image {
  let header = try BMPHeader(ByteReader(bytes, "BMP", limit: limit))
  if header.bits <= 8 { return try header.decodePalette() }
  return try header.decodeColours()
}

private struct BMPHeader {
  let reader: ByteReader
  let width: Int, height: Int, bits: Int
  let isTopDown: Bool
  /// 0 plain, 1 and 2 run lengths of 8 and 4 bits, 3 colours by masks.
  let packing: Int
  /// Where the palette or, for masks behind a short header, the masks begin.
  let headerEnd: Int
  let start: Int
  let colours: Int
  let paletteStep: Int
  let headerSize: Int

  init(_ reader: ByteReader) throws(ImageError) {
    headerSize = try reader.little(at: 14, 4)
    let isOld = headerSize == 12
    guard isOld || [40, 52, 56, 64, 108, 124].contains(headerSize) else {
      throw reader.unsupported("its header has \(headerSize) bytes")
    }
    _ = try reader.bytes(at: 14, count: headerSize)
    if isOld {
      (width, height) = (try reader.little(at: 18, 2), try reader.little(at: 20, 2))
      (bits, packing, paletteStep, isTopDown) = (try reader.little(at: 24, 2), 0, 3, false)
    } else {
      let high = try reader.little(at: 22, 4)
      isTopDown = reader.bytes[25] == 0xff
      (width, height) = (try reader.little(at: 18, 4), isTopDown ? 1 << 32 - high : high)
      (bits, packing, paletteStep) = (try reader.little(at: 28, 2), try reader.little(at: 30, 4), 4)
    }
    guard [1, 4, 8, 16, 24, 32].contains(bits) else { throw reader.unsupported("it has \(bits) bits a pixel") }
    guard packing <= 3 else { throw reader.unsupported("its pixels are packed in way \(packing)") }
    let told = isOld ? 0 : try reader.little(at: 46, 4)
    colours = told == 0 ? 1 << min(bits, 16) : told
    headerEnd = 14 + headerSize
    let offset = try reader.little(at: 10, 4)
    // Some programs forget the palette when they tell where the pixels begin.
    start = offset == headerEnd && bits <= 8 ? offset + paletteStep * colours : offset
    self.reader = reader
  }

  private func row(_ y: Int) -> Int { isTopDown ? y : height - 1 - y }

  /// Indices into a palette, or grey.
  func decodePalette() throws(ImageError) -> Image {
    if packing == 3 { throw reader.unsupported("its masks are for a palette") }
    guard colours <= 65536 else { throw reader.unsupported("its palette has \(colours) colours") }
    let palette = try reader.bytes(at: headerEnd, count: colours * paletteStep)
    var red = [UInt8](repeating: 0, count: 256), green = red, blue = red
    for i in 0..<min(colours, 256) {
      (blue[i], green[i], red[i]) = (
        palette[i * paletteStep], palette[i * paletteStep + 1], palette[i * paletteStep + 2]
      )
    }
    let isGrey = (0..<colours).allSatisfy { i in
      let grey = colours == 2 ? i * 255 : i
      return i < 256 && red[i] == UInt8(grey) && green[i] == UInt8(grey) && blue[i] == UInt8(grey)
    }
    // As a grey palette may be shorter than the indices, which then are the greys.
    if isGrey, bits == 8 { for i in colours..<256 where colours != 2 { red[i] = UInt8(i) } }
    try checkSize(width, height, limit: reader.limit)
    // The file's size bounds them, and so the memory that a file can ask for.
    let indices = try indices()
    let image = try emptyPixels(width: width, height: height, isGrey ? .l : .rgb, limit: reader.limit)
    image.withUnsafeMutableBytes { out in
      var place = 0
      for y in 0..<height {
        let line = row(y) * width
        for x in 0..<width {
          let index = Int(indices[line + x])
          if isGrey {
            out[place] = red[index]
            place += 1
          } else {
            (out[place], out[place + 1], out[place + 2]) = (red[index], green[index], blue[index])
            place += 3
          }
        }
      }
    }
    return Image(pixels: image, mode: isGrey ? .l : .rgb)
  }

  /// The indices in the file's order of rows.
  private func indices() throws(ImageError) -> [UInt8] {
    if packing != 0 { return try runs() }
    let stride = (width * bits + 31) / 32 * 4
    let data = try reader.bytes(at: start, count: stride * (height - 1) + (width * bits + 7) / 8)
    var indices = [UInt8](repeating: 0, count: width * height)
    let (perByte, mask) = (8 / bits, UInt8((1 << bits) - 1))
    for y in 0..<height {
      for x in 0..<width {
        let byte = data[y * stride + x / perByte]
        indices[y * width + x] = byte >> UInt8(8 - bits - x % perByte * bits) & mask
      }
    }
    return indices
  }

  /// Run lengths, read as PIL does: what goes past a row or past the picture is left out.
  private func runs() throws(ImageError) -> [UInt8] {
    let total = width * height
    var reader = reader
    reader.place = start
    guard start <= reader.bytes.count else { throw reader.truncated }
    var indices: [UInt8] = []
    var x = 0
    let isNibbles = packing == 2
    loop: while indices.count < total, let first = reader.next(), let second = reader.next() {
      if first > 0 {
        let count = max(0, min(Int(first), width - x))
        for i in 0..<count {
          indices.append(isNibbles ? (i % 2 == 0 ? second >> 4 : second & 15) : second)
        }
        x += count
        continue
      }
      switch second {
      case 0:
        while indices.count % width != 0 { indices.append(0) }
        x = 0
      case 1: break loop
      case 2:
        guard let right = reader.next(), let up = reader.next() else { break loop }
        let count = min(total - indices.count, Int(right) + Int(up) * width)
        indices.append(contentsOf: repeatElement(0, count: max(count, 0)))
        x = indices.count % width
      default:
        let count = min(total - indices.count, Int(second))
        for i in 0..<(isNibbles ? (count + 1) / 2 : count) {
          guard let byte = reader.next() else { break loop }
          if !isNibbles {
            indices.append(byte)
            continue
          }
          indices.append(byte >> 4)
          if i * 2 + 1 < count { indices.append(byte & 15) }
        }
        if indices.count >= total { break loop }
        x += Int(second)
        if reader.place % 2 != 0 { reader.place += 1 }
      }
    }
    guard indices.count >= total else { throw reader.truncated }
    return indices
  }

  /// 16 bits: red, green and blue of five each, or green of six. 24 and 32: bytes, the order of which masks may tell.
  func decodeColours() throws(ImageError) -> Image {
    guard packing == 0 || packing == 3 else { throw reader.unsupported("run lengths go with a palette") }
    var (order, isRGBA, isGreenWide) = ([2, 1, 0], false, false)
    if packing == 3 {
      // The masks of a short header stand behind it.
      let place = 14 + 40
      var masks: [Int] = []
      for i in 0..<3 { masks.append(try reader.little(at: place + 4 * i, 4)) }
      let alpha = headerSize >= 56 ? try reader.little(at: place + 12, 4) : 0
      switch (bits, masks, alpha) {
      case (32, [0xff0000, 0xff00, 0xff], 0): break
      case (32, [0xff00_0000, 0xff_0000, 0xff00], 0): order = [3, 2, 1]
      case (32, [0xff00_0000, 0xff00, 0xff], 0): order = [3, 1, 0]
      case (32, [0xff00_0000, 0xff_0000, 0xff00], 0xff): (order, isRGBA) = ([3, 2, 1, 0], true)
      case (32, [0xff, 0xff00, 0xff_0000], 0xff00_0000): (order, isRGBA) = ([0, 1, 2, 3], true)
      case (32, [0xff_0000, 0xff00, 0xff], 0xff00_0000): (order, isRGBA) = ([2, 1, 0, 3], true)
      case (32, [0xff00_0000, 0xff00, 0xff], 0xff_0000): (order, isRGBA) = ([3, 1, 0, 2], true)
      case (32, [0, 0, 0], 0): (order, isRGBA) = ([2, 1, 0, 3], true)
      case (24, [0xff0000, 0xff00, 0xff], _): break
      case (16, [0xf800, 0x7e0, 0x1f], _): isGreenWide = true
      case (16, [0x7c00, 0x3e0, 0x1f], _): break
      default: throw reader.unsupported("nobody uses its masks for colours")
      }
    }
    let mode: Image.Mode = isRGBA ? .rgba : .rgb
    try checkSize(width, height, limit: reader.limit)
    let stride = (width * bits + 31) / 32 * 4, step = bits / 8
    let data = try reader.bytes(at: start, count: stride * (height - 1) + width * step)
    let image = try emptyPixels(width: width, height: height, mode, limit: reader.limit)
    image.withUnsafeMutableBytes { out in
      var place = 0
      for y in 0..<height {
        var source = row(y) * stride
        for _ in 0..<width {
          if bits == 16 {
            let pixel = Int(data[source]) | Int(data[source + 1]) << 8
            let red = isGreenWide ? pixel >> 11 & 31 : pixel >> 10 & 31
            let green = isGreenWide ? (pixel >> 5 & 63) * 255 / 63 : (pixel >> 5 & 31) * 255 / 31
            (out[place], out[place + 1]) = (UInt8(red * 255 / 31), UInt8(green))
            out[place + 2] = UInt8((pixel & 31) * 255 / 31)
          } else {
            for (c, byte) in order.enumerated() { out[place + c] = data[source + byte] }
          }
          source += step
          place += order.count
        }
      }
    }
    return Image(pixels: image, mode: mode)
  }
}

/// A picture as a BMP file, bottom up; grey with a palette of 256 greys.
func encodeBMP(_ image: Image) throws(ImageError) -> [UInt8] {
  guard [.l, .rgb, .rgba].contains(image.mode) else {
    throw ImageError(.unsupported, "BMP files hold modes L, RGB and RGBA, not \(image.mode.rawValue)")
  }
  let channels = image.mode.channels
  let stride = (image.width * channels + 3) / 4 * 4
  let colours = image.mode == .l ? 256 : 0
  let start = 14 + 40 + 4 * colours
  let size = start + stride * image.height
  guard size <= Int(UInt32.max) else { throw ImageError(.unsupported, "a BMP file has no more than 4 GiB") }
  var file: [UInt8] = [0x42, 0x4d]
  file.reserveCapacity(size)
  func put(_ value: Int, _ count: Int) {
    for i in 0..<count { file.append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
  }
  put(size, 4)
  put(0, 4)
  put(start, 4)
  for (value, count) in [(40, 4), (image.width, 4), (image.height, 4), (1, 2), (channels * 8, 2), (0, 4)] {
    put(value, count)
  }
  // 96 dots an inch, as PIL.
  for value in [stride * image.height, 3780, 3780, colours, colours] { put(value, 4) }
  for grey in 0..<colours { file += [UInt8(grey), UInt8(grey), UInt8(grey), 0] }
  image.pixels.withUnsafeBytes { pixels in
    for y in (0..<image.height).reversed() {
      let row = y * image.width * channels
      for x in 0..<image.width {
        let pixel = row + x * channels
        if channels == 1 {
          file.append(pixels[pixel])
        } else {
          for c in [2, 1, 0] { file.append(pixels[pixel + c]) }
          if channels == 4 { file.append(pixels[pixel + 3]) }
        }
      }
      for _ in 0..<(stride - image.width * channels) { file.append(0) }
    }
  }
  return file
}
