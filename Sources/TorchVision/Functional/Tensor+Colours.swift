import Torch
import TorchNN

// torchvision's colours of tensors [..., channels, height, width].

extension DType {
  /// What stands for full light.
  var brightest: Double {
    switch self {
    case .uint8: 255
    case .int8: 127
    case .int16: 32767
    case .int32: 2_147_483_647
    case .int64: 9_223_372_036_854_775_808
    default: 1
    }
  }
}

extension Tensor {
  func convertedPicture(_ target: DType) -> Tensor {
    if dtype == target { return self }
    if dtype.isFloatingPoint {
      if target.isFloatingPoint { return to(target) }
      if dtype == .float32 && (target == .int32 || target == .int64) || dtype == .float64 && target == .int64 {
        fault("convert_image_dtype", "\(dtype.name) cannot hold every \(target.name); go through float64 or int16")
      }
      return (self * (target.brightest + 1 - 0.001)).to(target)
    }
    let own = dtype.brightest
    if target.isFloatingPoint { return to(target) / own }
    if own > target.brightest {
      let factor = Int(((own + 1) / (target.brightest + 1)).rounded(.down))
      return div(factor, roundingMode: .floor).to(target)
    }
    return to(target) * Int(((target.brightest + 1) / (own + 1)).rounded(.down))
  }

  func greyPicture(_ outputChannels: Int) -> Tensor {
    requirePicture("rgb_to_grayscale", channels: [1, 3])
    let grey: Tensor
    if pictureChannels == 3 {
      let c = unbind(dim: -3)
      grey = (0.2989 * c[0] + 0.587 * c[1] + 0.114 * c[2]).to(dtype).unsqueeze(-3)
    } else {
      grey = clone()
    }
    guard outputChannels == 3 else { return grey }
    var sizes = shape
    sizes[sizes.count - 3] = 3
    return grey.expand(sizes)
  }

  func blendedPicture(_ other: Tensor, _ ratio: Double) -> Tensor {
    (ratio * self + (1 - ratio) * other).clamp(min: 0, max: dtype.brightest).to(dtype)
  }

  func contrastedPicture(_ factor: Double) -> Tensor {
    let type: DType = dtype.isFloatingPoint ? dtype : .float32
    let grey = pictureChannels == 3 ? greyPicture(1) : self
    return blendedPicture(grey.to(type).mean(dim: [-3, -2, -1], keepdim: true), factor)
  }

  func hueTurnedPicture(_ factor: Double) -> Tensor {
    if pictureChannels == 1 { return self }
    let hsv = convertedPicture(.float32).hsv()
    let c = hsv.unbind(dim: -3)
    return Tensor.stack([(c[0] + factor).remainder(1.0), c[1], c[2]], dim: -3).rgbOfHSV().convertedPicture(dtype)
  }

  private func hsv() -> Tensor {
    let c = unbind(dim: -3)
    let (r, g, b) = (c[0], c[1], c[2])
    let most = amax(dim: -3), least = amin(dim: -3)
    let isGrey = most .== least, range = most - least
    let s = range / Tensor.where(isGrey, Tensor.ones(like: most), most)
    let divisor = Tensor.where(isGrey, Tensor.ones(like: most), range)
    let (rc, gc, bc) = ((most - r) / divisor, (most - g) / divisor, (most - b) / divisor)
    let isRed = most .== r, isGreen = most .== g
    let h = Tensor.where(isRed, bc - gc, Tensor.where(isGreen, 2.0 + rc - bc, 4.0 + gc - rc))
    return .stack([(h / 6.0 + 1.0).fmod(1.0), s, most], dim: -3)
  }

  private func rgbOfHSV() -> Tensor {
    let c = unbind(dim: -3)
    let (h, s, v) = (c[0], c[1], c[2])
    let sector = (h * 6.0).floor()
    let f = h * 6.0 - sector
    let p = (v * (1.0 - s)).clamp(min: 0.0, max: 1.0)
    let q = (v * (1.0 - s * f)).clamp(min: 0.0, max: 1.0)
    let t = (v * (1.0 - s * (1.0 - f))).clamp(min: 0.0, max: 1.0)
    let index = sector.to(.int64).remainder(6).unsqueeze(-3)
    func chosen(_ all: [Tensor]) -> Tensor { Tensor.stack(all, dim: -3).gather(dim: -3, index: index) }
    return .cat([chosen([v, q, p, p, t, v]), chosen([t, v, v, q, p, p]), chosen([p, p, t, v, v, q])], dim: -3)
  }

  func gammaAdjustedPicture(_ gamma: Double, gain: Double) -> Tensor {
    let light = dtype.isFloatingPoint ? self : convertedPicture(.float32)
    return (gain * light.pow(gamma)).clamp(min: 0, max: 1).convertedPicture(dtype)
  }

  func invertedPicture() -> Tensor {
    dtype.isFloatingPoint ? 1 - self : (Int(exactly: dtype.brightest) ?? .max) - self
  }

  func sharpenedPicture(_ factor: Double) -> Tensor {
    if pictureHeight <= 2 || pictureWidth <= 2 { return self }
    let type: DType = dtype.isFloatingPoint ? dtype : .float32
    let kernel = Tensor([[1, 1, 1], [1, 5, 1], [1, 1, 1]]).to(type) / 13.0
    let inner = asFloatBatch { $0.filteredPicture(kernel) }
    let dull = clone()
    dull.narrow(dim: -2, start: 1, length: pictureHeight - 2).narrow(dim: -1, start: 1, length: pictureWidth - 2)
      .copy_(inner)
    return blendedPicture(dull, factor)
  }

  func autocontrastedPicture() -> Tensor {
    let type: DType = dtype.isFloatingPoint ? dtype : .float32, bound = dtype.brightest
    let least = amin(dim: [-2, -1], keepdim: true).to(type), most = amax(dim: [-2, -1], keepdim: true).to(type)
    let scale = bound / (most - least), isFlat = scale.isfinite().logicalNot()
    let offset = least.maskedFill(isFlat, value: 0), factor = scale.maskedFill(isFlat, value: 1)
    return ((self - offset) * factor).clamp(min: 0, max: bound).to(dtype)
  }

  func equalizedPicture() -> Tensor {
    if ndim == 4 { return .stack(unbind(dim: 0).map { $0.equalizedPicture() }) }
    return .stack(unbind(dim: 0).map { $0.equalizedChannel() })
  }

  private func equalizedChannel() -> Tensor {
    var counts = [Int](repeating: 0, count: 256)
    let values = reshape(-1).array(UInt8.self)
    for value in values { counts[Int(value)] += 1 }
    guard let last = counts.last(where: { $0 != 0 }) else { return self }
    let step = (values.count - last) / 255
    if step == 0 { return self }
    var table: [UInt8] = [], level = step / 2
    for count in counts {
      table.append(UInt8(Swift.min(level / step, 255)))
      level += count
    }
    return Tensor(values.map { table[Int($0)] }, shape: Array(shape))
  }
}
