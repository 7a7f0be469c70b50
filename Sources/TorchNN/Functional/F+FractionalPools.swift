import Torch

/// How large the result of a fractional pool is, as a share of its input: one number for all dimensions, or one for each.
///
/// `FractionalMaxPool2d(2, outputRatio: 0.7)`, `FractionalMaxPool2d(2, outputRatio: [0.7, 0.5])`.
public struct PoolRatio: Sendable, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral {
  let ratios: [Double]

  /// One number for all dimensions.
  public init(_ ratio: Double) { ratios = [ratio] }
  /// One for each.
  public init(_ ratios: [Double]) { self.ratios = ratios }
  public init(floatLiteral value: Double) { self.init(value) }
  public init(arrayLiteral elements: Double...) { self.init(elements) }

  /// One number for each of `count` dimensions, each between 0 and 1.
  func expanded(to count: Int, op: String) -> [Double] {
    guard ratios.count == 1 || ratios.count == count else {
      fault(op, "outputRatio wants one number or \(count), got \(ratios)")
    }
    guard ratios.allSatisfy({ $0 > 0 && $0 < 1 }) else {
      fault(op, "outputRatio wants to be between 0 and 1, both excluded, got \(ratios)")
    }
    return ratios.count == count ? ratios : [Double](repeating: ratios[0], count: count)
  }
}

/// What the result of a fractional pool is to be.
enum FractionalOutput {
  case sizes([Int])
  case ratios([Double])
}

extension F {
  /// The largest value of each of windows whose steps are drawn, as `torch.nn.functional.fractional_max_pool2d`.
  ///
  /// Graham, "Fractional Max-Pooling", 2014.
  /// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`; randomSamples `[batch, channels, 2]`.
  /// - Parameter randomSamples: numbers from 0 to 1 that place the windows, for the width first; drawn if not told.
  /// - Precondition: windows and `outputSize` fit into the input, whose dtype is floating point.
  public static func fractionalMaxPool2d(
    _ x: Tensor, kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil
  ) -> Tensor {
    fractionalMaxPool2dWithIndices(
      x, kernelSize: kernelSize, outputSize: outputSize, randomSamples: randomSamples
    ).output
  }

  /// As ``fractionalMaxPool2d(_:kernelSize:outputSize:randomSamples:)`` with a size that is a share of the input's.
  public static func fractionalMaxPool2d(
    _ x: Tensor, kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil
  ) -> Tensor {
    fractionalMaxPool2dWithIndices(
      x, kernelSize: kernelSize, outputRatio: outputRatio, randomSamples: randomSamples
    ).output
  }

  /// As ``fractionalMaxPool2d(_:kernelSize:outputSize:randomSamples:)``, with the position of each value in its image,
  /// counted row by row.
  public static func fractionalMaxPool2dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil
  ) -> (output: Tensor, indices: Tensor) {
    let op: StaticString = "fractional_max_pool2d"
    return fractionalPool(
      2, op, x, kernelSize.expanded(to: 2, "kernelSize", op: op),
      .sizes(outputSize.expanded(to: 2, "outputSize", op: op)), randomSamples)
  }

  /// As ``fractionalMaxPool2dWithIndices(_:kernelSize:outputSize:randomSamples:)`` with a size that is a share of the
  /// input's.
  public static func fractionalMaxPool2dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil
  ) -> (output: Tensor, indices: Tensor) {
    let op: StaticString = "fractional_max_pool2d"
    return fractionalPool(
      2, op, x, kernelSize.expanded(to: 2, "kernelSize", op: op), .ratios(outputRatio.expanded(to: 2, op: "\(op)")),
      randomSamples)
  }

  /// As ``fractionalMaxPool2d(_:kernelSize:outputSize:randomSamples:)`` for volumes, as
  /// `torch.nn.functional.fractional_max_pool3d`.
  /// - Shape: `[batch, channels, depth, height, width]` or without batch; randomSamples `[batch, channels, 3]`.
  /// - Parameter randomSamples: numbers from 0 to 1 that place the windows, for the depth first; drawn if not told.
  public static func fractionalMaxPool3d(
    _ x: Tensor, kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil
  ) -> Tensor {
    fractionalMaxPool3dWithIndices(
      x, kernelSize: kernelSize, outputSize: outputSize, randomSamples: randomSamples
    ).output
  }

  /// As ``fractionalMaxPool3d(_:kernelSize:outputSize:randomSamples:)`` with a size that is a share of the input's.
  public static func fractionalMaxPool3d(
    _ x: Tensor, kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil
  ) -> Tensor {
    fractionalMaxPool3dWithIndices(
      x, kernelSize: kernelSize, outputRatio: outputRatio, randomSamples: randomSamples
    ).output
  }

  /// As ``fractionalMaxPool3d(_:kernelSize:outputSize:randomSamples:)``, with the position of each value in its volume.
  public static func fractionalMaxPool3dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, outputSize: some SpatialSize, randomSamples: Tensor? = nil
  ) -> (output: Tensor, indices: Tensor) {
    let op: StaticString = "fractional_max_pool3d"
    return fractionalPool(
      3, op, x, kernelSize.expanded(to: 3, "kernelSize", op: op),
      .sizes(outputSize.expanded(to: 3, "outputSize", op: op)), randomSamples)
  }

  /// As ``fractionalMaxPool3dWithIndices(_:kernelSize:outputSize:randomSamples:)`` with a size that is a share of the
  /// input's.
  public static func fractionalMaxPool3dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, outputRatio: PoolRatio, randomSamples: Tensor? = nil
  ) -> (output: Tensor, indices: Tensor) {
    let op: StaticString = "fractional_max_pool3d"
    return fractionalPool(
      3, op, x, kernelSize.expanded(to: 3, "kernelSize", op: op), .ratios(outputRatio.expanded(to: 3, op: "\(op)")),
      randomSamples)
  }

  static func fractionalPool(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ kernel: [Int], _ output: FractionalOutput, _ samples: Tensor?
  ) -> (output: Tensor, indices: Tensor) {
    inOp(op) {
      func refuse(_ rule: String) -> Never {
        let given = samples.map { ", randomSamples \($0.signature)" } ?? ""
        fault("\(op)", "\(rule); got input \(x.signature), kernelSize \(kernel)\(given)")
      }
      guard x.ndim == count + 1 || x.ndim == count + 2 else {
        refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch")
      }
      guard x.isFloatingPoint() else { refuse("input wants floating point") }
      if x.ndim == count + 1 {
        let (values, indices) = fractionalPool(count, op, x.unsqueeze(0), kernel, output, samples)
        return (values.squeeze(0), indices.squeeze(0))
      }
      guard x.shape.dropFirst().allSatisfy({ $0 > 0 }) else { refuse("only the batch may have size 0") }
      let (batch, channels) = (x.shape[0], x.shape[1]), size = Array(x.shape.suffix(count))
      let wanted =
        switch output {
        case .sizes(let sizes): sizes
        case .ratios(let ratios): zip(size, ratios).map { Int(Double($0) * $1) }
        }
      guard (kernel + wanted).allSatisfy(\.isWindowSize) else { refuse("wants positive sizes of windows and results") }
      for i in 0..<count where wanted[i] + kernel[i] - 1 > size[i] {
        refuse("\(wanted[i]) windows of \(kernel[i]) do not fit at spatial dim \(i), which has \(size[i])")
      }
      if let samples {
        guard samples.ndim == 3, samples.shape[0] >= batch, samples.shape[1] == channels, samples.shape[2] == count,
          samples.dtype == x.dtype
        else { refuse("randomSamples want the input's dtype and [batch, \(channels), \(count)]") }
        guard !((samples .< 0).logicalOr(samples .> 1).any().item() as Bool) else {
          refuse("randomSamples want to be from 0 to 1")
        }
      }
      return placedPool(x, kernel, wanted, samples.map { $0.narrow(dim: 0, start: 0, length: batch) })
    }
  }

  private static func placedPool(
    _ x: Tensor, _ kernel: [Int], _ wanted: [Int], _ given: Tensor?
  ) -> (output: Tensor, indices: Tensor) {
    let count = kernel.count, (batch, channels) = (x.shape[0], x.shape[1]), size = Array(x.shape.suffix(count))
    let samples = given ?? Tensor.rand([batch, channels, count], dtype: x.dtype, device: x.device)
    // The place of every element of every window in its plane: [batch, channels, windows..., kernel...].
    var places = Tensor.zeros([], dtype: .int64, device: x.device)
    noGrad {
      for i in 0..<count {
        // PyTorch takes the samples of images from the last dimension on, those of volumes from the first.
        let sample = samples.select(dim: 2, index: count == 2 ? 1 - i : i)
        var shape = [Int](repeating: 1, count: 2 + 2 * count)
        (shape[0], shape[1], shape[2 + i]) = (batch, channels, wanted[i])
        let starts = windowStarts(sample, size[i], wanted[i], kernel[i]).reshape(shape)
        var taps = [Int](repeating: 1, count: count)
        taps[i] = kernel[i]
        places = places * size[i] + starts + Tensor.arange(kernel[i], device: x.device).view(taps)
      }
    }
    let windows = [batch, channels] + wanted
    let flat = x.reshape([batch, channels, size.reduce(1, *)])
    let elements = flat.gather(dim: 2, index: places.reshape(batch, channels, -1)).view(windows + [kernel.reduce(1, *)])
    let (values, which) = elements.max(dim: -1)
    let indices = places.reshape(windows + [kernel.reduce(1, *)]).gather(dim: -1, index: which.unsqueeze(-1))
    return (values, indices.squeeze(-1))
  }

  /// Where windows begin, `[batch, channels, windows]`: steps of an uneven kind that the sample moves, the last at the end.
  private static func windowStarts(_ sample: Tensor, _ size: Int, _ count: Int, _ kernel: Int) -> Tensor {
    let last = Tensor.full(Array(sample.shape) + [1], size - kernel, device: sample.device)
    guard count > 1 else { return last }
    let dtype = sample.dtype, device = sample.device, sample = sample.unsqueeze(-1)
    // Each step is rounded to the input's dtype, as in PyTorch.
    let alpha =
      Tensor.full([], size - kernel, dtype: dtype, device: device)
      / Tensor.full([], count - 1, dtype: dtype, device: device)
    let steps = (Tensor.arange(count - 1, device: device).to(dtype) + sample) * alpha
    // A half type may round a step past the end of a large input.
    let starts = (steps.to(.int64) - (sample * alpha).to(.int64)).clamp(min: 0, max: size - kernel)
    return Tensor.cat([starts, last], dim: -1)
  }
}
