import CTorchZlib
import Torch

/// Opaque pixels of three bytes, row by row from the top: what a PNG file is made of.
public struct Bitmap: Sendable, Hashable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Red, green, blue, pixel by pixel.
  public private(set) var bytes: [UInt8]

  /// A white picture.
  init(width: Int, height: Int) {
    (self.width, self.height) = (width, height)
    bytes = Array(repeating: 255, count: width * height * 3)
  }

  /// The picture of a tensor with elements from 0, black, to 1, full; rounded and clamped as
  /// `torchvision.utils.save_image` does. Elements of a uint8 tensor are taken as they are.
  /// - Shape: `[height, width]`, `[1, height, width]` or `[3, height, width]`.
  /// - Precondition: such a shape, neither side 0.
  public init(_ image: Tensor) {
    let image = image.ndim == 2 ? image.unsqueeze(0) : image
    guard image.ndim == 3, [1, 3].contains(image.shape[0]), image.numel() > 0 else {
      fault("Bitmap", "wants an image [height, width] or [1 or 3, height, width], got \(image.shape.brackets)")
    }
    (height, width) = (image.shape[1], image.shape[2])
    bytes = noGrad {
      let pixels = image.expand(3, -1, -1).permute(1, 2, 0)
      if pixels.dtype == .uint8 { return pixels }
      // A cast of NaN to a byte depends on the processor; here it is black.
      let numbers = pixels.to(.float32).nanToNum(nan: 0)
      return numbers.mul(255).add(0.5).clamp(min: 0, max: 255).to(.uint8)
    }.array(UInt8.self)
  }

  subscript(x: Int, y: Int) -> Color {
    get {
      let index = (y * width + x) * 3
      var color = Color.white
      (color.red, color.green, color.blue) = (bytes[index], bytes[index + 1], bytes[index + 2])
      return color
    }
    set {
      let index = (y * width + x) * 3
      (bytes[index], bytes[index + 1], bytes[index + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  /// The picture as a PNG file: eight bits a channel, no interlacing, packed by zlib.
  public func png() -> [UInt8] {
    var header: [UInt8] = []
    for size in [width, height] { header += bigEndian(UInt32(size)) }
    header += [8, 2, 0, 0, 0]
    // Before each row stands its filter: none, which suits flat areas best.
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (width * 3 + 1))
    for row in 0..<height {
      rows.append(0)
      rows += bytes[(row * width * 3)..<((row + 1) * width * 3)]
    }
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header) + chunk("IDAT", packed(rows))
      + chunk("IEND", [])
  }

  /// Writes a PNG file; one that exists is replaced in one step.
  /// - Throws: ``FileError`` where the system refuses.
  public func write(to path: String) throws(FileError) { try writeFile(png(), to: path) }
}

private func bigEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> (24 - 8 * $0) & 0xff) } }

/// Length, name, content and the checksum of the two.
private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
  let body = Array(name.utf8) + content
  return bigEndian(UInt32(content.count)) + body + bigEndian(UInt32(crc32(0, body, UInt32(body.count))))
}

/// Bytes as a zlib stream.
private func packed(_ bytes: [UInt8]) -> [UInt8] {
  var size = compressBound(uLong(bytes.count))
  return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
    let code = compress2(buffer.baseAddress!, &size, bytes, uLong(bytes.count), Z_DEFAULT_COMPRESSION)
    if code != Z_OK { fault("Bitmap.png", "zlib has no memory to pack \(bytes.count) bytes") }
    count = Int(size)
  }
}
