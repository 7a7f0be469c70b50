import Torch

/// How `F.interpolate` finds numbers between the given ones, as the `mode` of `torch.nn.functional.interpolate`.
public enum InterpolateMode: String, Sendable {
  /// The element that torch and OpenCV pick, rounding down.
  case nearest
  /// The element whose centre is nearest, as Pillow and scikit-image.
  case nearestExact = "nearest-exact"
  /// Straight lines, of a signal.
  case linear
  /// Straight lines, of an image.
  case bilinear
  /// Straight lines, of a volume.
  case trilinear
  /// Cubic curves, of an image.
  case bicubic
  /// The mean of the elements below a new one.
  case area
}

extension F {
  /// A signal, image or volume in another size, as `torch.nn.functional.interpolate`.
  /// - Shape: input `[batch, channels, ...]` with one to three spatial dimensions.
  /// - Parameters:
  ///   - size: the new size, one number for all spatial dimensions or one for each.
  ///   - scaleFactor: what the sizes are multiplied by; give it or `size`.
  ///   - alignCorners: whether the centres of the corner elements keep their places (else their outer corners do); nil for
  ///     false. Only for the modes that compute between elements.
  ///   - recomputeScaleFactor: whether places are computed from the sizes, rounded, and not from `scaleFactor`.
  ///   - antialias: whether a shrunk image is filtered; for `.bilinear` and `.bicubic`.
  /// - Precondition: the mode fits the number of dimensions; sizes are positive.
  public static func interpolate(
    _ input: Tensor, size: (any SpatialSize)? = nil, scaleFactor: Double? = nil, mode: InterpolateMode = .nearest,
    alignCorners: Bool? = nil, recomputeScaleFactor: Bool? = nil, antialias: Bool = false
  ) -> Tensor {
    let scales = scaleFactor.map { [Double](repeating: $0, count: Swift.max(input.ndim - 2, 0)) }
    return interpolated(input, size, scales, mode, alignCorners, recomputeScaleFactor, antialias)
  }

  /// As ``interpolate(_:size:scaleFactor:mode:alignCorners:recomputeScaleFactor:antialias:)``, with a factor for each
  /// spatial dimension.
  public static func interpolate(
    _ input: Tensor, scaleFactor: [Double], mode: InterpolateMode = .nearest, alignCorners: Bool? = nil,
    recomputeScaleFactor: Bool? = nil, antialias: Bool = false
  ) -> Tensor {
    interpolated(input, nil, scaleFactor, mode, alignCorners, recomputeScaleFactor, antialias)
  }

  static func interpolated(
    _ input: Tensor, _ size: (any SpatialSize)?, _ scales: [Double]?, _ mode: InterpolateMode, _ alignCorners: Bool?,
    _ recomputeScaleFactor: Bool?, _ antialias: Bool
  ) -> Tensor {
    inOp("interpolate") {
      func refuse(_ rule: String) -> Never {
        let asked = size.map { ", size \($0.sizeText)" } ?? scales.map { ", scaleFactor \($0)" } ?? ""
        fault("interpolate", "\(rule); got input \(input.signature)\(asked), mode .\(mode)")
      }
      let count = input.ndim - 2
      guard (1...3).contains(count) else { refuse("input wants 3 to 5 dimensions, [batch, channels, ...]") }
      let wanted: Int? =
        switch mode {
        case .linear: 1
        case .bilinear, .bicubic: 2
        case .trilinear: 3
        case .nearest, .nearestExact, .area: nil
        }
      if let wanted, wanted != count { refuse("this mode wants \(wanted + 2) dimensions, input has \(input.ndim)") }
      guard wanted != nil || alignCorners == nil else { refuse("this mode has no alignCorners") }
      guard !antialias || mode == .bilinear || mode == .bicubic else {
        refuse("antialias is for .bilinear and .bicubic")
      }
      guard (size == nil) != (scales == nil) else { refuse("give size or scaleFactor, one of them") }
      guard size == nil || recomputeScaleFactor != true else { refuse("recomputeScaleFactor goes with scaleFactor") }
      if let scales, scales.count != count { refuse("scaleFactor wants one number or \(count)") }
      if let scales, !scales.allSatisfy({ $0 > 0 && $0.isFinite }) { refuse("scaleFactor wants positive numbers") }
      let old = Array(input.shape.dropFirst(2))
      let new =
        size?.expanded(to: count, "size", op: "interpolate")
        ?? zip(old, scales!).map { Int(Swift.min(Double($0) * $1, 0x1p62).rounded(.down)) }
      guard (old + new).allSatisfy({ $0 > 0 }), input.shape[1] > 0 else {
        refuse("input and output wants sizes of at least 1, \(old) becomes \(new)")
      }
      guard input.dtype.isFloatingPoint || input.dtype == .uint8 else { refuse("input wants floating point or uint8") }
      guard Shape(input.shape.prefix(2) + new).checkedElementCount(itemSize: 8) != nil else {
        refuse("a result of \(new) has more elements than any memory holds")
      }
      // The taps are lists of positions: where the result has no room they are not begun.
      let result = Array(input.shape.prefix(2)) + new
      if result.reduce(1, *) > 1 << 24 { _ = Tensor.empty(result, dtype: input.dtype) }
      let kept = recomputeScaleFactor == true || mode == .area ? nil : scales
      let isHalf = input.dtype.isHalf
      let picks = mode == .nearest || mode == .nearestExact
      // Half types add up their gradients in float32, so that they are rounded once.
      let isWide = picks ? isHalf && input.requiresGrad : isHalf || input.dtype == .uint8
      var x = isWide ? input.float() : input
      let taps = (0..<count).map { i in
        Taps(
          mode, from: old[i], to: new[i], scale: kept?[i], alignCorners: alignCorners ?? false, antialias: antialias,
          single: x.dtype != .float64)
      }
      let node = node(mode, count, antialias)
      // Whole numbers are rounded, so that theirs are sums of products that are rounded each.
      let quick =
        picks || input.dtype != .uint8
        ? x.resampled(to: new, named: node) { zip(taps, old).map { $0.axis(from: $1) } } : nil
      if let quick {
        x = quick
      } else {
        for i in (0..<count).reversed() { x = taps[i].applied(to: x, dim: i + 2) }
      }
      if input.dtype == .uint8, !picks { x = x.round().clamp(min: 0, max: 255) }
      return x.to(input.dtype).inFormat(of: input).named(node)
    }
  }
}

extension F {
  /// What PyTorch calls this.
  private static func node(_ mode: InterpolateMode, _ dims: Int, _ antialias: Bool) -> StaticString {
    func choice(_ one: StaticString, _ two: StaticString, _ three: StaticString) -> StaticString {
      dims == 1 ? one : dims == 2 ? two : three
    }
    return switch mode {
    case .nearest: choice("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d")
    case .nearestExact:
      choice("upsample_nearest_exact1d", "upsample_nearest_exact2d", "upsample_nearest_exact3d")
    case .linear: "upsample_linear1d"
    case .bilinear: antialias ? "upsample_bilinear2d_aa" : "upsample_bilinear2d"
    case .trilinear: "upsample_trilinear3d"
    case .bicubic: antialias ? "upsample_bicubic2d_aa" : "upsample_bicubic2d"
    case .area: choice("squeeze.1", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
    }
  }

  /// A larger image by its nearest elements, as `torch.nn.functional.upsample_nearest`.
  public static func upsampleNearest(
    _ input: Tensor, size: (any SpatialSize)? = nil, scaleFactor: Double? = nil
  ) -> Tensor { interpolate(input, size: size, scaleFactor: scaleFactor, mode: .nearest) }

  /// A larger image by straight lines, its corners kept, as `torch.nn.functional.upsample_bilinear`.
  public static func upsampleBilinear(
    _ input: Tensor, size: (any SpatialSize)? = nil, scaleFactor: Double? = nil
  ) -> Tensor { interpolate(input, size: size, scaleFactor: scaleFactor, mode: .bilinear, alignCorners: true) }
}
