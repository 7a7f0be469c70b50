import CTorchPixels
import Torch

// Pillow's moves of pixels: other sizes, parts, mirrors, turns.

/// A rectangle of pixels; it may reach beyond the picture where that makes sense.
struct PixelBox: Hashable {
  var left, top, width, height: Int
}

extension Image.Mode {
  var pixelType: cp_type {
    switch self {
    case .i: CP_INT32
    case .f: CP_FLOAT32
    default: CP_UINT8
    }
  }

  var pixelBytes: Int { channels * dtype.itemSize }

  /// Whether the last number of a pixel is its alpha.
  var hasAlpha: Bool { self == .la || self == .rgba }
}

extension InterpolationMode {
  var filter: cp_filter {
    switch self {
    case .nearest, .nearestExact: CP_NEAREST
    case .bilinear: CP_BILINEAR
    case .bicubic: CP_BICUBIC
    case .box: CP_BOX
    case .hamming: CP_HAMMING
    case .lanczos: CP_LANCZOS
    }
  }
}

extension Image {
  var box: PixelBox { PixelBox(left: 0, top: 0, width: width, height: height) }

  var bytes: UnsafeMutablePointer<UInt8> { pixels.strided.pointer.assumingMemoryBound(to: UInt8.self) }

  /// A picture whose pixels are still to be written.
  static func unwritten(_ width: Int, _ height: Int, _ mode: Mode) -> Image {
    Image(pixels: .empty([height, width, mode.channels], dtype: mode.dtype), mode: mode)
  }

  /// A picture of one colour, cut to what the mode can hold.
  static func filled(_ width: Int, _ height: Int, _ mode: Mode, _ fill: [Double]) -> Image {
    guard fill.contains(where: { $0 != 0 }) else {
      return Image(pixels: .zeros([height, width, mode.channels], dtype: mode.dtype), mode: mode)
    }
    let colour: Tensor
    switch mode.pixelType {
    case CP_INT32: colour = Tensor(fill.map { Int($0) }).to(.int32)
    case CP_FLOAT32: colour = Tensor(fill).to(.float32)
    default: colour = Tensor(fill.map { Swift.min(Swift.max(Int($0), 0), 255) }).to(.uint8)
    }
    return Image(pixels: colour.expand([height, width, mode.channels]).contiguous(), mode: mode)
  }

  /// Calls `body` with a rectangle of the picture as C sees it.
  func with<R>(_ part: PixelBox? = nil, _ body: (UnsafePointer<cp_picture>) -> R) -> R {
    let part = part ?? box
    let stride = width * mode.pixelBytes
    var picture = cp_picture(
      base: pixels.strided.pointer + part.top * stride + part.left * mode.pixelBytes, row_bytes: stride,
      width: Int32(part.width), height: Int32(part.height), channels: Int32(mode.channels), type: mode.pixelType)
    return withExtendedLifetime(pixels) { body(&picture) }
  }

  /// This picture with numbers from `body`, which sees it and an unwritten one.
  func mapped(
    width: Int? = nil, height: Int? = nil, _ part: PixelBox? = nil,
    _ body: (_ out: UnsafePointer<cp_picture>, _ picture: UnsafePointer<cp_picture>) -> Void
  ) -> Image {
    let result = Image.unwritten(width ?? self.width, height ?? self.height, mode)
    with(part) { picture in result.with { out in body(out, picture) } }
    return result
  }

  /// Colours times alpha, where there is one and `isMixed` says that pixels are mixed; `body`; and back.
  func premultiplied(_ isMixed: Bool, part: PixelBox? = nil, _ body: (Image, PixelBox) -> Image) -> Image {
    let part = part ?? box
    guard mode.hasAlpha, isMixed else { return body(self, part) }
    let source = part == box ? self : cropped(part)
    let channels = Int32(mode.channels)
    let ready = source.mapped { out, picture in
      cp_premultiply(
        source.width * source.height, channels, out.pointee.base.assumingMemoryBound(to: UInt8.self),
        picture.pointee.base.assumingMemoryBound(to: UInt8.self))
    }
    let result = body(ready, ready.box)
    return result.mapped { out, picture in
      cp_unpremultiply(
        result.width * result.height, channels, out.pointee.base.assumingMemoryBound(to: UInt8.self),
        picture.pointee.base.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// A part of the picture in another size, as `PIL.Image.resize` of the part alone.
  func resized(_ newWidth: Int, _ newHeight: Int, _ mode: InterpolationMode, of part: PixelBox? = nil) -> Image {
    let part = part ?? box
    if part.width == newWidth, part.height == newHeight { return part == box ? self : cropped(part) }
    return premultiplied(mode.filter != CP_NEAREST, part: part) { source, part in
      var isDone = true
      let result = source.mapped(width: newWidth, height: newHeight, part) { out, picture in
        if mode.filter == CP_NEAREST { memoryZero(out) }
        isDone = cp_resample(out, picture, mode.filter)
      }
      if !isDone { fault("resize", "no memory for \(newWidth) x \(newHeight) pixels") }
      return result
    }
  }

  /// A rectangle, black where it reaches beyond the picture.
  func cropped(_ wanted: PixelBox) -> Image {
    let result =
      box.contains(wanted)
      ? Image.unwritten(wanted.width, wanted.height, mode) : .filled(wanted.width, wanted.height, mode, [])
    result.paste(self, left: -wanted.left, top: -wanted.top)
    return result
  }

  /// Writes what fits of a picture into this one, which nobody else has seen yet.
  fileprivate func paste(_ other: Image, left: Int, top: Int) {
    let first = Swift.max(left, 0), end = Swift.min(left + other.width, width)
    let from = Swift.max(top, 0), to = Swift.min(top + other.height, height)
    guard first < end, from < to else { return }
    let item = mode.pixelBytes
    withExtendedLifetime((pixels, other.pixels)) {
      for y in from..<to {
        let source = other.bytes + ((y - top) * other.width + first - left) * item
        (bytes + (y * width + first) * item).update(from: source, count: (end - first) * item)
      }
    }
  }

  /// Room at the edges in one colour; negative amounts cut off.
  func padded(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, fill: [Double]) -> Image {
    let result = Image.filled(width + left + right, height + top + bottom, mode, fill)
    result.paste(self, left: left, top: top)
    return result
  }

  /// Room at the edges, filled with pixels of the picture; negative amounts cut off.
  func padded(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ mode: PicturePadding) -> Image {
    let inner = PixelBox(
      left: Swift.max(-left, 0), top: Swift.max(-top, 0),
      width: width - Swift.max(-left, 0) - Swift.max(-right, 0),
      height: height - Swift.max(-top, 0) - Swift.max(-bottom, 0))
    let source = inner == box ? self : cropped(inner)
    let columns = mode.places(before: left, source.width, after: right)
    let rows = mode.places(before: top, source.height, after: bottom)
    let item = self.mode.pixelBytes
    let result = Image.unwritten(columns.count, rows.count, self.mode)
    withExtendedLifetime((source.pixels, result.pixels)) {
      var target = result.bytes
      for y in rows {
        let row = source.bytes + y * source.width * item
        for x in columns {
          target.update(from: row + x * item, count: item)
          target += item
        }
      }
    }
    return result
  }

  func mirrored(columns: Bool, rows: Bool) -> Image { mapped { cp_mirror($0, $1, columns, rows) } }

  /// What lies at the places that the coefficients name, as `PIL.Image.transform` with AFFINE or PERSPECTIVE.
  func transformed(
    _ newWidth: Int, _ newHeight: Int, _ coefficients: [Double], perspective: Bool = false,
    _ interpolation: InterpolationMode, fill: [Double]
  ) -> Image {
    premultiplied(interpolation.filter != CP_NEAREST) { source, _ in
      let result = Image.filled(newWidth, newHeight, mode, fill)
      source.with { picture in
        result.with { out in cp_transform(out, picture, coefficients, perspective, interpolation.filter) }
      }
      return result
    }
  }

  /// Turned to the left, as `PIL.Image.rotate`.
  func rotated(
    _ degrees: Double, _ interpolation: InterpolationMode, expand: Bool, center: [Double]?, fill: [Double]
  ) -> Image {
    let angle = pythonModulo(degrees, 360)
    if center == nil {
      if angle == 0 { return self }
      if angle == 180 { return mirrored(columns: true, rows: true) }
      if angle == 90 || angle == 270, expand || width == height {
        return mapped(width: height, height: width) { cp_quarter_turn($0, $1, angle == 90) }
      }
    }
    var (width, height) = (Double(width), Double(height))
    let center = center ?? [width / 2, height / 2]
    let turn = -radians(angle)
    var matrix = [
      rounded15(cosine(turn)), rounded15(sine(turn)), 0, rounded15(-sine(turn)), rounded15(cosine(turn)), 0,
    ]
    func moved(_ x: Double, _ y: Double) -> (Double, Double) {
      (matrix[0] * x + matrix[1] * y + matrix[2], matrix[3] * x + matrix[4] * y + matrix[5])
    }
    (matrix[2], matrix[5]) = moved(-center[0], -center[1])
    matrix[2] += center[0]
    matrix[5] += center[1]
    if expand {
      let corners = [moved(0, 0), moved(width, 0), moved(width, height), moved(0, height)]
      let columns = corners.map(\.0), rows = corners.map(\.1)
      let newWidth = columns.max()!.rounded(.up) - columns.min()!.rounded(.down)
      let newHeight = rows.max()!.rounded(.up) - rows.min()!.rounded(.down)
      (matrix[2], matrix[5]) = moved(-(newWidth - width) / 2, -(newHeight - height) / 2)
      (width, height) = (newWidth, newHeight)
    }
    return transformed(Int(width), Int(height), matrix, interpolation, fill: fill)
  }
}

extension PixelBox {
  func contains(_ other: PixelBox) -> Bool {
    other.left >= left && other.top >= top && other.left + other.width <= left + width
      && other.top + other.height <= top + height
  }
}

/// Pixels that nothing is scaled onto are black.
private func memoryZero(_ picture: UnsafePointer<cp_picture>) {
  let count = picture.pointee.row_bytes * Int(picture.pointee.height)
  picture.pointee.base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
}
