import Torch

// Pools whose windows adapt to the size of the result.

extension F {
  /// Means of windows that make a signal of a given length, as `torch.nn.functional.adaptive_avg_pool1d`.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  public static func adaptiveAvgPool1d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveAverage(1, "adaptive_avg_pool1d", x, outputSize)
  }

  /// Means of windows that make an image of a given size, as `torch.nn.functional.adaptive_avg_pool2d`.
  /// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`.
  /// - Precondition: the dtype is floating point; sizes to be pooled are not 0.
  public static func adaptiveAvgPool2d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveAverage(2, "adaptive_avg_pool2d", x, outputSize)
  }

  /// Means of windows that make a volume of a given size, as `torch.nn.functional.adaptive_avg_pool3d`.
  /// - Shape: `[batch, channels, depth, height, width]` or without batch.
  public static func adaptiveAvgPool3d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveAverage(3, "adaptive_avg_pool3d", x.raised, outputSize)
  }

  static func adaptiveAverage(_ count: Int, _ op: StaticString, _ x: Tensor, _ outputSize: AdaptiveSize)
    -> Tensor
  {
    inOp(op) {
      let sizes = adaptiveSizes(count, op, x, outputSize)
      var result = x.widened
      let old = Array(x.shape.suffix(count))
      let node: StaticString = count == 1 ? "squeeze.1" : count == 2 ? "adaptive_avg_pool2d" : "adaptive_avg_pool3d"
      let means =
        sizes.allSatisfy { $0 == 1 }
        ? nil
        : result.resampled(to: sizes, named: node) {
          zip(old, sizes).map { size, wanted in
            if size == wanted { return nil }
            let windows = windows(size, wanted)
            return AxisTaps(from: size, windows: windows, divisors: windows.map { Double($0.count) })
          }
        }
      if let means { return means.to(x.dtype).inFormat(of: x).named(node) }
      if zip(old, sizes).allSatisfy({ $1 > 0 && $0 % $1 == 0 }) {
        // Windows of one size: all dimensions at once.
        let lead = Array(x.shape.dropLast(count)), parts = zip(old, sizes).flatMap { [$1, $0 / $1] }
        let dims = (0..<count).filter { old[$0] != sizes[$0] }.map { lead.count + 2 * $0 + 1 }
        if dims.isEmpty { return x.clone().named(node) }
        let means = result.reshape(lead + parts).mean(dim: dims).reshape(lead + sizes).to(x.dtype).inFormat(of: x)
        return means.named(count == 2 && sizes == [1, 1] ? "mean.1" : node)
      }
      for i in 0..<count {
        let dim = x.ndim - count + i, size = x.shape[dim]
        if sizes[i] == size { continue }
        if sizes[i] > 0, size % sizes[i] == 0 {
          result = result.unflatten(dim: dim, sizes: [sizes[i], size / sizes[i]]).mean(dim: dim + 1)
          continue
        }
        let means = windows(size, sizes[i]).map {
          result.narrow(dim: dim, start: $0.lowerBound, length: $0.count).mean(dim: dim, keepdim: true)
        }
        result = means.isEmpty ? result.narrow(dim: dim, start: 0, length: 0) : Tensor.cat(means, dim: dim)
      }
      return result.to(x.dtype).inFormat(of: x).named(node)
    }
  }

  /// Maxima of windows that make a signal of a given length, as `torch.nn.functional.adaptive_max_pool1d`.
  public static func adaptiveMaxPool1d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveMax(1, "adaptive_max_pool1d", x, outputSize).output
  }
  /// Maxima of windows that make an image of a given size, as `torch.nn.functional.adaptive_max_pool2d`.
  public static func adaptiveMaxPool2d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveMax(2, "adaptive_max_pool2d", x, outputSize).output
  }
  /// Maxima of windows that make a volume of a given size, as `torch.nn.functional.adaptive_max_pool3d`.
  public static func adaptiveMaxPool3d(_ x: Tensor, outputSize: AdaptiveSize) -> Tensor {
    adaptiveMax(3, "adaptive_max_pool3d", x, outputSize).output
  }
  /// As ``adaptiveMaxPool1d(_:outputSize:)``, with the position of each value in its channel.
  public static func adaptiveMaxPool1dWithIndices(_ x: Tensor, outputSize: AdaptiveSize)
    -> (output: Tensor, indices: Tensor)
  { adaptiveMax(1, "adaptive_max_pool1d", x, outputSize) }
  /// As ``adaptiveMaxPool2d(_:outputSize:)``, with the position of each value in its image, counted row by row.
  public static func adaptiveMaxPool2dWithIndices(_ x: Tensor, outputSize: AdaptiveSize)
    -> (output: Tensor, indices: Tensor)
  { adaptiveMax(2, "adaptive_max_pool2d", x, outputSize) }
  /// As ``adaptiveMaxPool3d(_:outputSize:)``, with the position of each value in its volume, counted row by row.
  public static func adaptiveMaxPool3dWithIndices(_ x: Tensor, outputSize: AdaptiveSize)
    -> (output: Tensor, indices: Tensor)
  { adaptiveMax(3, "adaptive_max_pool3d", x, outputSize) }

  static func adaptiveMax(_ count: Int, _ op: StaticString, _ x: Tensor, _ outputSize: AdaptiveSize)
    -> (output: Tensor, indices: Tensor)
  {
    inOp(op) {
      let sizes = adaptiveSizes(count, op, x, outputSize), first = x.ndim - count
      let allWindows = zip(x.shape.suffix(count), sizes).map { windows($0, $1) }
      let node: StaticString = count == 1 ? "squeeze.1" : op
      if let found = x.windowMax(allWindows, named: op) { return (found.output.named(node), found.indices) }
      let planes = Array(x.shape.dropLast(count))
      // Where each number stands in its plane.
      let spatial = Array(x.shape.suffix(count))
      let places = Tensor.arange(spatial.reduce(1, *), device: x.device).view(spatial)
      /// The maxima of all windows of the dimensions from `i` on, flat.
      func maxima(_ part: Tensor, _ at: Tensor, _ i: Int) -> [(Tensor, Tensor)] {
        if i == count {
          let flat = part.flatten(first, -1), (values, indices) = flat.max(dim: -1)
          return [(values, at.flatten().indexSelect(dim: 0, index: indices.flatten()).view(indices.shape))]
        }
        return allWindows[i].flatMap {
          maxima(
            part.narrow(dim: first + i, start: $0.lowerBound, length: $0.count),
            at.narrow(dim: i, start: $0.lowerBound, length: $0.count), i + 1)
        }
      }
      let found = maxima(x, places, 0)
      if found.isEmpty {
        return (
          Tensor.zeros(planes + sizes, dtype: x.dtype, device: x.device),
          Tensor.zeros(planes + sizes, dtype: .int64, device: x.device)
        )
      }
      return (
        Tensor.stack(found.map(\.0), dim: -1).view(planes + sizes).inFormat(of: x).named(node),
        Tensor.stack(found.map(\.1), dim: -1).view(planes + sizes).inFormat(of: x)
      )
    }
  }

  /// The windows that a dimension is cut into: as even as whole numbers allow, overlapping where they do not divide.
  private static func windows(_ size: Int, _ count: Int) -> [Range<Int>] {
    (0..<count).map { $0 * size / count..<(($0 + 1) * size + count - 1) / count }
  }

  private static func adaptiveSizes(_ count: Int, _ op: StaticString, _ x: Tensor, _ outputSize: AdaptiveSize) -> [Int]
  {
    func refuse(_ rule: String) -> Never { fault("\(op)", "\(rule); got input \(x.signature)") }
    guard x.ndim == count + 1 || x.ndim == count + 2 else {
      refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch")
    }
    guard x.isFloatingPoint() else { refuse("input wants floating point") }
    guard x.shape.suffix(count + 1).allSatisfy({ $0 > 0 }) else { refuse("the sizes but the batch want to be above 0") }
    return outputSize.resolved(Array(x.shape.suffix(count)), op: op)
  }
}
