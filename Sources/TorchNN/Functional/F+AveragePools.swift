import Torch

// Means of windows, and windows that adapt to the size of the result.

extension F {
  /// The mean of each window of a signal, as `torch.nn.functional.avg_pool1d`.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  public static func avgPool1d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true
  ) -> Tensor { averagePool(1, "avg_pool1d", x, kernelSize, stride, padding, ceilMode, countIncludePad, nil) }

  /// The mean of each window of an image, as `torch.nn.functional.avg_pool2d`.
  /// - Parameters:
  ///   - stride: the steps between windows; nil or an empty array for the size of the window.
  ///   - countIncludePad: whether the zeros of the padding count.
  ///   - divisorOverride: what each window's sum is divided by instead of its size.
  /// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`.
  /// - Precondition: padding is at most half of the window, which fits into the padded input.
  public static func avgPool2d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    averagePool(2, "avg_pool2d", x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  /// The mean of each window of a volume, as `torch.nn.functional.avg_pool3d`.
  /// - Shape: `[batch, channels, depth, height, width]` or without batch.
  public static func avgPool3d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    ceilMode: Bool = false, countIncludePad: Bool = true, divisorOverride: Int? = nil
  ) -> Tensor {
    averagePool(3, "avg_pool3d", x, kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride)
  }

  private static func averagePool(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ ceilMode: Bool, _ countIncludePad: Bool, _ divisor: Int?
  ) -> Tensor {
    inOp(op) {
      func refuse(_ rule: String) -> Never { fault("\(op)", "\(rule); got input \(x.signature)") }
      let kernel = kernelSize.expanded(to: count, "kernelSize", op: op)
      let steps =
        stride.flatMap { $0.sizes.isEmpty ? nil : $0 }.map { $0.expanded(to: count, "stride", op: op) } ?? kernel
      let edges = padding.expanded(to: count, "padding", op: op)
      guard x.ndim == count + 1 || x.ndim == count + 2 else {
        refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch")
      }
      guard x.dtype != .bool else { refuse("input cannot be bool; convert it first") }
      guard x.shape.suffix(count + 1).allSatisfy({ $0 > 0 }) else {
        refuse("the sizes but the batch want to be above 0")
      }
      guard (kernel + steps).allSatisfy({ $0 > 0 }) else { refuse("kernelSize and stride want positive numbers") }
      guard divisor != 0 else { refuse("divisorOverride cannot be 0") }
      var result = x.isFloatingPoint() && x.dtype.itemSize == 2 ? x.float() : x
      var divisors = Tensor.ones([], dtype: .int64)
      for i in 0..<count {
        let dim = x.ndim - count + i, size = x.shape[dim]
        guard edges[i] >= 0, edges[i] * 2 <= kernel[i] else {
          refuse("padding is at most half of the kernel, \(kernel[i] / 2) here; it is \(edges[i])")
        }
        let room = size + 2 * edges[i] - kernel[i]
        guard room >= 0 else {
          refuse("the window spans \(kernel[i]) at spatial dim \(i), the padded input has \(size + 2 * edges[i])")
        }
        var windows = (room + (ceilMode ? steps[i] - 1 : 0)) / steps[i] + 1
        // A last window that would start past the input and its padding is dropped.
        if ceilMode, (windows - 1) * steps[i] >= size + edges[i] { windows -= 1 }
        let reach = (windows - 1) * steps[i] + kernel[i] - edges[i]
        var pad = [Int](repeating: 0, count: 2 * (x.ndim - dim))
        (pad[pad.count - 2], pad[pad.count - 1]) = (edges[i], reach - size)
        // One dimension after the other, so that a window costs the sum of its sides.
        result = result.constantPadNd(pad: pad).unfold(dimension: dim, size: kernel[i], step: steps[i])
          .sum(dim: -1, dtype: result.dtype)
        let lengths = (0..<windows).map { window in
          let start = window * steps[i] - edges[i], end = Swift.min(start + kernel[i], size + edges[i])
          return countIncludePad ? end - start : Swift.min(end, size) - Swift.max(start, 0)
        }
        divisors = divisors.unsqueeze(-1) * Tensor(lengths)
      }
      let by = divisor.map { Tensor.full([], $0, dtype: .int64) } ?? divisors
      guard x.isFloatingPoint() else { return result.div(by, roundingMode: .trunc).to(x.dtype) }
      return (result / by.to(result.dtype)).to(x.dtype)
    }
  }

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
    adaptiveAverage(3, "adaptive_avg_pool3d", x, outputSize)
  }

  private static func adaptiveAverage(_ count: Int, _ op: StaticString, _ x: Tensor, _ outputSize: AdaptiveSize)
    -> Tensor
  {
    inOp(op) {
      let sizes = adaptiveSizes(count, op, x, outputSize)
      var result = x.dtype.itemSize == 2 ? x.float() : x
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
      return result.to(x.dtype)
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

  private static func adaptiveMax(_ count: Int, _ op: StaticString, _ x: Tensor, _ outputSize: AdaptiveSize)
    -> (output: Tensor, indices: Tensor)
  {
    inOp(op) {
      let sizes = adaptiveSizes(count, op, x, outputSize), first = x.ndim - count
      let planes = Array(x.shape.dropLast(count))
      // Where each number stands in its plane.
      let spatial = Array(x.shape.suffix(count))
      let places = Tensor.arange(spatial.reduce(1, *)).view(spatial)
      /// The maxima of all windows of the dimensions from `i` on, flat.
      func maxima(_ part: Tensor, _ at: Tensor, _ i: Int) -> [(Tensor, Tensor)] {
        if i == count {
          let flat = part.flatten(first, -1), (values, indices) = flat.max(dim: -1)
          return [(values, at.flatten().indexSelect(dim: 0, index: indices.flatten()).view(indices.shape))]
        }
        return windows(spatial[i], sizes[i]).flatMap {
          maxima(
            part.narrow(dim: first + i, start: $0.lowerBound, length: $0.count),
            at.narrow(dim: i, start: $0.lowerBound, length: $0.count), i + 1)
        }
      }
      let found = maxima(x, places, 0)
      if found.isEmpty {
        return (Tensor.zeros(planes + sizes, dtype: x.dtype), Tensor.zeros(planes + sizes, dtype: .int64))
      }
      return (
        Tensor.stack(found.map(\.0), dim: -1).view(planes + sizes),
        Tensor.stack(found.map(\.1), dim: -1).view(planes + sizes)
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
