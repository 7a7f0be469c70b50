import CTorchPixels
import Torch

extension Image {
  /// The picture in another mode, as PIL's `convert`: its formulas, its rounding.
  ///
  /// Grey is `(R * 19595 + G * 38470 + B * 7471 + 32768) >> 16`. Alpha is dropped, or 255 where there was none. Numbers of modes
  /// `i` and `f` are clamped to a byte; those of 16 bits are not scaled.
  public func convert(_ mode: Mode) -> Image {
    if mode == self.mode { return self }
    var result: Image
    switch (self.mode, mode) {
    case (.l, .la), (.rgb, .rgba), (.i, .rgb), (.f, .rgb), (.l, .rgb), (.l, .rgba), (.l, .cmyk), (.l, .i), (.l, .f),
      (.la, .l), (.la, .rgb), (.la, .rgba), (.rgb, .l), (.rgb, .la), (.rgb, .cmyk), (.rgb, .f), (.rgba, .l),
      (.rgba, .la),
      (.rgba, .rgb), (.rgba, .cmyk), (.cmyk, .rgb), (.i, .l), (.i, .f), (.f, .l), (.f, .i):
      result = mapped(to: mode)
    // The ways that PIL has not go over its base modes.
    case (.cmyk, _): result = convert(.rgb).convert(mode)
    case (.rgba, _): result = convert(.rgb).convert(mode)
    default: result = convert(.l).convert(mode)
    }
    result.orientation = orientation
    return result
  }

  private func mapped(to mode: Mode) -> Image {
    let result = Tensor.empty(height, width, mode.channels, dtype: mode.dtype)
    let count = width * height
    pixels.withUnsafeBytes { source in
      result.withUnsafeMutableBytes { target in
        if count > 0 { Self.map(source.baseAddress!, self.mode, target.baseAddress!, mode, count) }
      }
    }
    return Image(pixels: result, mode: mode)
  }

  private static func map(
    _ source: UnsafeRawPointer, _ from: Mode, _ target: UnsafeMutableRawPointer, _ to: Mode, _ count: Int
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self), out = target.assumingMemoryBound(to: UInt8.self)
    let ints = source.assumingMemoryBound(to: Int32.self), intsOut = target.assumingMemoryBound(to: Int32.self)
    let floats = source.assumingMemoryBound(to: Float.self), floatsOut = target.assumingMemoryBound(to: Float.self)
    let step = from.channels, outStep = to.channels
    switch (from, to) {
    case (.rgb, .l), (.rgb, .la), (.rgba, .l), (.rgba, .la):
      cp_grey(count, Int32(step), out, Int32(outStep), bytes)
      if to == .la { for i in 0..<count { out[i &* 2 &+ 1] = from == .rgba ? bytes[i &* 4 &+ 3] : 255 } }
    case (.rgb, .f):
      // Other weights than for bytes.
      for i in 0..<count {
        let pixel = bytes + i &* 3
        floatsOut[i] = Float(Int32(pixel[0]) &* 299 &+ Int32(pixel[1]) &* 587 &+ Int32(pixel[2]) &* 114) / 1000
      }
    case (.rgb, .rgba), (.rgba, .rgb):
      for i in 0..<count {
        for c in 0..<3 { out[i &* outStep &+ c] = bytes[i &* step &+ c] }
        if to == .rgba { out[i &* 4 &+ 3] = 255 }
      }
    case (.rgb, .cmyk), (.rgba, .cmyk):
      for i in 0..<count {
        for c in 0..<3 { out[i &* 4 &+ c] = ~bytes[i &* step &+ c] }
        out[i &* 4 &+ 3] = 0
      }
    case (.cmyk, .rgb): cp_cmyk_to_rgb(count, out, bytes)
    case (.l, .cmyk):
      for i in 0..<count {
        for c in 0..<3 { out[i &* 4 &+ c] = 0 }
        out[i &* 4 &+ 3] = ~bytes[i]
      }
    case (.l, .i): for i in 0..<count { intsOut[i] = Int32(bytes[i]) }
    case (.l, .f): for i in 0..<count { floatsOut[i] = Float(bytes[i]) }
    case (.i, .f): for i in 0..<count { floatsOut[i] = Float(ints[i]) }
    case (.f, .i): for i in 0..<count { intsOut[i] = whole(floats[i]) }
    case (.i, .l), (.i, .rgb):
      for i in 0..<count {
        let value = UInt8(clamping: ints[i])
        for c in 0..<outStep { out[i &* outStep &+ c] = value }
      }
    case (.f, .l), (.f, .rgb):
      for i in 0..<count {
        let value = UInt8(clamping: whole(floats[i]))
        for c in 0..<outStep { out[i &* outStep &+ c] = value }
      }
    default:
      // Grey, with alpha or without, to the same or to colours.
      let colours = to == .l || to == .la ? 1 : 3
      for i in 0..<count {
        for c in 0..<colours { out[i &* outStep &+ c] = bytes[i &* step] }
        if outStep > colours { out[i &* outStep &+ colours] = from == .la ? bytes[i &* 2 &+ 1] : 255 }
      }
    }
  }

  /// A number without its fraction; the nearest there is for those too large, 0 for NaN.
  @inline(__always) private static func whole(_ value: Float) -> Int32 {
    if value.isNaN { return 0 }
    return value >= 2_147_483_648 ? .max : value <= -2_147_483_648 ? .min : Int32(value)
  }
}
