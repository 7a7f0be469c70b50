import Torch
import TorchNN

// torchvision's moves of tensors [..., channels, height, width].

extension Tensor {
  var pictureHeight: Int { size(-2) }
  var pictureWidth: Int { size(-1) }
  var pictureChannels: Int { ndim == 2 ? 1 : size(-3) }

  /// Refuses tensors that are no pictures.
  func requirePicture(_ op: String, channels: [Int]? = nil) {
    guard ndim >= 2 else { fault(op, "a picture is [..., height, width] at least; got \(signature)") }
    guard let channels else { return }
    guard ndim >= 3, channels.contains(pictureChannels) else {
      let wanted = channels.map(String.init).joined(separator: " or ")
      fault(op, "wants [..., channels, height, width] with \(wanted) channels; got \(signature)")
    }
  }

  /// `body` of a float batch; whole numbers are rounded back.
  func asFloatBatch(keepFloat64: Bool = true, _ body: (Tensor) -> Tensor) -> Tensor {
    let isBatch = ndim >= 4
    let batch = isBatch ? self : ndim == 3 ? unsqueeze(0) : unsqueeze(0).unsqueeze(0)
    let isFloat = dtype == .float32 || dtype == .float64 && keepFloat64
    var result = body(isFloat ? batch : batch.to(.float32))
    if !isBatch { result = ndim == 3 ? result.squeeze(0) : result.squeeze(0).squeeze(0) }
    if isFloat { return result }
    return (dtype.isFloatingPoint ? result : result.round()).to(dtype)
  }

  func resizedPicture(_ height: Int, _ width: Int, _ mode: InterpolationMode, antialias: Bool) -> Tensor {
    let how: InterpolateMode
    switch mode {
    case .nearest: how = .nearest
    case .nearestExact: how = .nearestExact
    case .bilinear: how = .bilinear
    case .bicubic: how = .bicubic
    default:
      fault("resize", "of tensors knows nearest, nearestExact, bilinear and bicubic; got \(mode.rawValue)")
    }
    let mixes = how == .bilinear || how == .bicubic
    return asFloatBatch { batch in
      let result = F.interpolate(
        batch, size: [height, width], mode: how, alignCorners: mixes ? false : nil, antialias: antialias && mixes)
      return how == .bicubic && dtype == .uint8 ? result.clamp(min: 0, max: 255) : result
    }
  }

  func croppedPicture(_ part: PixelBox) -> Tensor {
    let (height, width) = (pictureHeight, pictureWidth)
    let right = part.left + part.width, bottom = part.top + part.height
    func inside(_ from: Int, _ to: Int, _ count: Int) -> (Int, Int) {
      let start = Swift.min(Swift.max(from, 0), count)
      return (start, Swift.max(Swift.min(to, count) - start, 0))
    }
    let (left, columns) = inside(part.left, right, width), (top, rows) = inside(part.top, bottom, height)
    let held = narrow(dim: -2, start: top, length: rows).narrow(dim: -1, start: left, length: columns)
    guard part.left < 0 || part.top < 0 || right > width || bottom > height else { return held }
    return held.paddedPicture(
      Swift.max(-part.left + Swift.min(0, right), 0), Swift.max(-part.top + Swift.min(0, bottom), 0),
      Swift.max(right - Swift.max(width, part.left), 0), Swift.max(bottom - Swift.max(height, part.top), 0), fill: 0)
  }

  func paddedPicture(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, fill: Double) -> Tensor {
    let value: any TensorScalar = dtype.isFloatingPoint ? fill : Int(fill)
    return F.pad(self, pad: [left, right, top, bottom], value: value)
  }

  func paddedPicture(_ left: Int, _ top: Int, _ right: Int, _ bottom: Int, _ mode: PicturePadding) -> Tensor {
    if mode == .symmetric {
      func cut(_ amount: Int) -> Int { Swift.max(-amount, 0) }
      let held = narrow(dim: -2, start: cut(top), length: pictureHeight - cut(top) - cut(bottom))
        .narrow(dim: -1, start: cut(left), length: pictureWidth - cut(left) - cut(right))
      let rows = mode.places(before: top, held.pictureHeight, after: bottom)
      let columns = mode.places(before: left, held.pictureWidth, after: right)
      return held.indexSelect(dim: -2, index: Tensor(rows)).indexSelect(dim: -1, index: Tensor(columns))
    }
    return asFloatBatch { F.pad($0, pad: [left, right, top, bottom], mode: mode == .edge ? .replicate : .reflect) }
  }

  /// Pixels from the places that a grid names.
  func sampledPicture(_ grid: Tensor, _ mode: InterpolationMode, fill: [Double]?, _ op: String) -> Tensor {
    guard mode == .nearest || mode == .bilinear else {
      fault(op, "of tensors knows nearest and bilinear; got \(mode.rawValue)")
    }
    if let fill, fill.count != 1, fill.count != pictureChannels {
      fault(op, "fill wants one number or one for each of \(pictureChannels) channels; got \(fill.count)")
    }
    let how: GridSampleMode = mode == .nearest ? .nearest : .bilinear
    return asFloatBatch { batch in
      let count = batch.size(0)
      let grid = (count > 1 ? grid.expand([count, grid.size(1), grid.size(2), 2]) : grid).to(batch.dtype)
      guard let fill else { return F.gridSample(batch, grid, mode: how) }
      let ones = Tensor.ones([count, 1, batch.size(2), batch.size(3)], dtype: batch.dtype)
      let sampled = F.gridSample(.cat([batch, ones], dim: 1), grid, mode: how)
      let channels = batch.size(1)
      let mask = sampled.narrow(dim: 1, start: channels, length: 1),
        held = sampled.narrow(dim: 1, start: 0, length: channels)
      let colour = Tensor(fill).to(batch.dtype).view(1, fill.count, 1, 1)
      if mode == .nearest { return Tensor.where(mask .< 0.5, colour, held) }
      return held * mask + (1.0 - mask) * colour
    }
  }

  /// The type in which places are computed.
  private var gridType: DType { dtype.isFloatingPoint ? dtype : .float32 }

  private static func centres(_ first: Double, _ count: Int, _ dtype: DType) -> Tensor {
    Tensor.linspace(first, first + Double(count) - 1, count).to(dtype)
  }

  /// [1, rows, columns, 3]: the place of each pixel and a one.
  private static func baseGrid(_ x: Tensor, _ y: Tensor, _ dtype: DType) -> Tensor {
    let (rows, columns) = (y.size(0), x.size(0))
    return .stack(
      [
        x.view(1, columns).expand([rows, columns]), y.view(rows, 1).expand([rows, columns]),
        .ones([rows, columns], dtype: dtype),
      ], dim: 2
    ).unsqueeze(0)
  }

  func movedPicture(
    _ matrix: [Double], _ mode: InterpolationMode, fill: [Double]?, size: (width: Int, height: Int)? = nil, _ op: String
  ) -> Tensor {
    let (width, height) = (pictureWidth, pictureHeight), type = gridType
    let (newWidth, newHeight) = size ?? (width, height)
    let theta = Tensor(matrix).to(type).view(1, 2, 3)
    let grid = Tensor.baseGrid(
      Tensor.centres(-Double(newWidth) * 0.5 + 0.5, newWidth, type),
      Tensor.centres(-Double(newHeight) * 0.5 + 0.5, newHeight, type), type)
    let scaled = theta.transpose(1, 2) / Tensor([0.5 * Double(width), 0.5 * Double(height)]).to(type)
    let places = grid.view(1, newHeight * newWidth, 3).bmm(scaled).view(1, newHeight, newWidth, 2)
    return sampledPicture(places, mode, fill: fill, op)
  }

  func perspectivePicture(_ c: [Double], _ mode: InterpolationMode, fill: [Double]?) -> Tensor {
    let (width, height) = (pictureWidth, pictureHeight), type = gridType
    let upper = Tensor([c[0], c[1], c[2], c[3], c[4], c[5]]).to(type).view(1, 2, 3)
    let lower = Tensor([c[6], c[7], 1, c[6], c[7], 1]).to(type).view(1, 2, 3)
    let grid = Tensor.baseGrid(Tensor.centres(0.5, width, type), Tensor.centres(0.5, height, type), type)
      .view(1, height * width, 3)
    let scaled = upper.transpose(1, 2) / Tensor([0.5 * Double(width), 0.5 * Double(height)]).to(type)
    let places = grid.bmm(scaled) / grid.bmm(lower.transpose(1, 2)) - 1.0
    return sampledPicture(places.view(1, height, width, 2), mode, fill: fill, "perspective")
  }

  /// A depthwise convolution of the picture, as it is after padding.
  func filteredPicture(_ kernel: Tensor) -> Tensor {
    let channels = size(1)
    let (rows, columns) = (kernel.size(0), kernel.size(1))
    return F.conv2d(self, kernel.expand([channels, 1, rows, columns]).contiguous(), groups: channels)
  }

  func blurredPicture(kernelSize: [Int], sigma: [Double]) -> Tensor {
    let type = gridType
    func weights(_ size: Int, _ sigma: Double) -> Tensor {
      let reach = Double(size - 1) * 0.5
      let x = Tensor.linspace(-reach, reach, size, dtype: type)
      let density = (-0.5 * (x / sigma).pow(2)).exp()
      return density / density.sum()
    }
    let kernel = weights(kernelSize[1], sigma[1]).unsqueeze(1).matmul(weights(kernelSize[0], sigma[0]).unsqueeze(0))
    let (across, down) = (kernelSize[0] / 2, kernelSize[1] / 2)
    return asFloatBatch { F.pad($0, pad: [across, across, down, down], mode: .reflect).filteredPicture(kernel) }
  }
}
