import CTorchPixels
import Torch

// Pillow's colours: ImageEnhance, ImageOps, HSV.

extension Image {
  private var pixelCount: Int { width * height }

  /// Refuses modes that an op of Pillow's does not take.
  func require(_ modes: [Mode], _ op: String) {
    guard !modes.contains(mode) else { return }
    let wanted = modes.map(\.rawValue).joined(separator: ", ")
    fault(op, "wants a picture of mode \(wanted), got \(mode.rawValue); convert it first")
  }

  /// A picture of one grey in this picture's mode, with its alpha.
  private func flat(_ grey: UInt8) -> Image {
    if mode == .cmyk { return .filled(width, height, mode, [0, 0, 0, Double(255 - grey)]) }
    let result = Image.filled(width, height, mode, [Double](repeating: Double(grey), count: mode.channels))
    return mode.hasAlpha ? result.with(alphaOf: self) : result
  }

  private func with(alphaOf other: Image) -> Image {
    let last = mode.channels - 1
    let alpha = other.pixels[0..., 0..., last..<mode.channels]
    return Image(pixels: .cat([pixels[0..., 0..., 0..<last], alpha], dim: 2), mode: mode)
  }

  /// This picture as far from a dull one as the factor says.
  private func enhanced(from dull: Image, _ factor: Double, _ op: String) -> Image {
    require([.l, .la, .rgb, .rgba, .cmyk], op)
    let result = Image.unwritten(width, height, mode)
    withExtendedLifetime((pixels, dull.pixels, result.pixels)) {
      cp_blend(pixels.numel(), result.bytes, dull.bytes, bytes, Float(factor))
    }
    return result
  }

  func brightened(_ factor: Double) -> Image {
    require([.l, .la, .rgb, .rgba, .cmyk], "adjust_brightness")
    return enhanced(
      from: mode.hasAlpha ? flat(0) : .filled(width, height, mode, []), factor, "adjust_brightness")
  }

  func contrasted(_ factor: Double) -> Image {
    require([.l, .la, .rgb, .rgba, .cmyk], "adjust_contrast")
    let counts = convert(.l).histogram()
    var sum: Int64 = 0
    for (value, count) in counts.enumerated() { sum += Int64(value) * count }
    let mean = pixelCount == 0 ? 0 : Double(sum) / Double(pixelCount)
    return enhanced(from: flat(UInt8(mean + 0.5)), factor, "adjust_contrast")
  }

  func saturated(_ factor: Double) -> Image {
    require([.l, .la, .rgb, .rgba, .cmyk], "adjust_saturation")
    if mode == .l || mode == .la { return enhanced(from: self, factor, "adjust_saturation") }
    let grey = convert(.l).pixels
    let dull: Image
    switch mode {
    case .cmyk:
      let ink = Tensor.zeros([height, width, 3], dtype: .uint8)
      dull = Image(pixels: .cat([ink, 255 - grey], dim: 2), mode: mode)
    case .rgba:
      dull = Image(pixels: .cat([grey, grey, grey, pixels[0..., 0..., 3..<4]], dim: 2), mode: mode)
    default:
      dull = Image(pixels: .cat([grey, grey, grey], dim: 2), mode: mode)
    }
    return enhanced(from: dull, factor, "adjust_saturation")
  }

  func sharpened(_ factor: Double) -> Image {
    require([.l, .la, .rgb, .rgba, .cmyk], "adjust_sharpness")
    var dull = mapped { cp_smooth($0, $1) }
    if mode.hasAlpha { dull = dull.with(alphaOf: self) }
    return enhanced(from: dull, factor, "adjust_sharpness")
  }

  /// Hues turned by a part of the circle; an alpha is lost, as in torchvision.
  func hueTurned(_ factor: Double) -> Image {
    if mode == .l || mode == .i || mode == .f { return self }
    require([.rgb, .rgba, .la, .cmyk], "adjust_hue")
    let source: Image
    switch mode {
    case .rgba: source = Image(pixels: pixels[0..., 0..., 0..<3].contiguous(), mode: .rgb)
    case .cmyk: source = convert(.rgb)
    case .la:
      // A grey has no hue.
      let opaque = Tensor.full([height, width, 1], 255, dtype: .uint8)
      return Image(pixels: .cat([pixels[0..., 0..., 0..<1], opaque], dim: 2), mode: .la)
    default: source = self
    }
    let shift = UInt8(truncatingIfNeeded: Int(factor * 255))
    let result = Image.unwritten(width, height, .rgb)
    withExtendedLifetime((source.pixels, result.pixels)) {
      let hsv = result.bytes
      cp_rgb_to_hsv(pixelCount, hsv, source.bytes)
      for i in 0..<pixelCount { hsv[3 * i] &+= shift }
      cp_hsv_to_rgb(pixelCount, hsv, hsv)
    }
    switch mode {
    case .rgba:
      let opaque = Tensor.full([height, width, 1], 255, dtype: .uint8)
      return Image(pixels: .cat([result.pixels, opaque], dim: 2), mode: .rgba)
    case .cmyk:
      let black = Tensor.zeros([height, width, 1], dtype: .uint8)
      return Image(pixels: .cat([255 - result.pixels, black], dim: 2), mode: .cmyk)
    default: return result
    }
  }

  /// 256 counts for each channel.
  func histogram() -> [Int64] {
    var counts = [Int64](repeating: 0, count: 256 * mode.channels)
    withExtendedLifetime(pixels) { cp_histogram(pixelCount, Int32(mode.channels), bytes, &counts) }
    return counts
  }

  /// Each channel through a table of 256 bytes; one table serves all channels.
  func point(_ tables: [UInt8]) -> Image {
    let all = tables.count == 256 ? Array(repeating: tables, count: mode.channels).flatMap { $0 } : tables
    let result = Image.unwritten(width, height, mode)
    withExtendedLifetime((pixels, result.pixels)) {
      cp_point(pixelCount, Int32(mode.channels), result.bytes, bytes, all)
    }
    return result
  }

  func inverted() -> Image {
    require([.l, .rgb], "invert")
    return point((0...255).map { UInt8(255 - $0) })
  }

  func posterized(_ bits: Int) -> Image {
    require([.l, .rgb], "posterize")
    let mask = ~((1 << (8 - bits)) - 1)
    return point((0...255).map { UInt8($0 & mask) })
  }

  func solarized(_ threshold: Double) -> Image {
    require([.l, .rgb], "solarize")
    return point((0...255).map { UInt8(Double($0) < threshold ? $0 : 255 - $0) })
  }

  func gammaAdjusted(_ gamma: Double, gain: Double) -> Image {
    require([.l, .rgb], "adjust_gamma")
    let table = (0...255).map { value in
      let raised = (255 + 1 - 0.001) * gain * power(Double(value) / 255, gamma)
      return UInt8(Swift.min(Swift.max(raised, 0), 255))
    }
    return point(table)
  }

  func autocontrasted() -> Image {
    require([.l, .rgb], "autocontrast")
    let counts = histogram()
    var tables: [UInt8] = []
    for c in 0..<mode.channels {
      let own = counts[256 * c..<256 * (c + 1)]
      let low = own.firstIndex { $0 != 0 }.map { $0 - 256 * c } ?? 255
      let high = own.lastIndex { $0 != 0 }.map { $0 - 256 * c } ?? 0
      if high <= low {
        tables += (0...255).map { UInt8($0) }
        continue
      }
      let scale = 255.0 / Double(high - low), offset = -Double(low) * scale
      tables += (0...255).map { UInt8(Swift.min(Swift.max(Int(Double($0) * scale + offset), 0), 255)) }
    }
    return point(tables)
  }

  func equalized() -> Image {
    require([.l, .rgb], "equalize")
    let counts = histogram()
    var tables: [UInt8] = []
    for c in 0..<mode.channels {
      let own = Array(counts[256 * c..<256 * (c + 1)]), used = own.filter { $0 != 0 }
      let step = used.count <= 1 ? 0 : (used.reduce(0, +) - used.last!) / 255
      if step == 0 {
        tables += (0...255).map { UInt8($0) }
        continue
      }
      var level = step / 2
      for value in 0...255 {
        tables.append(UInt8(Swift.min(level / step, 255)))
        level += own[value]
      }
    }
    return point(tables)
  }
}
