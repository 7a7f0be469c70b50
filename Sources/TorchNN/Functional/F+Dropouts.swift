import Torch

// Dropout of whole channels, and dropout that keeps mean 0 and variance 1.

extension F {
  /// Sets whole channels of signals to 0, as `torch.nn.functional.dropout1d`.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  /// - Precondition: `p` is between 0 and 1.
  public static func dropout1d(_ x: Tensor, p: Double = 0.5, training: Bool = true, inplace: Bool = false) -> Tensor {
    inOp("dropout1d") {
      guard x.ndim == 2 || x.ndim == 3 else {
        fault("dropout1d", "input wants 3 dimensions, [batch, channels, length], or 2; got \(x.signature)")
      }
      if x.ndim == 3 { return dropped(x, p, training, inplace, "dropout1d") }
      let result = dropped(x.unsqueeze(0), p, training, inplace, "dropout1d")
      return inplace ? x : result.squeeze(0)
    }
  }

  /// Sets whole channels of images to 0, as `torch.nn.functional.dropout2d`.
  ///
  /// Tompson et al., "Efficient Object Localization Using Convolutional Networks", 2015.
  /// - Shape: `[batch, channels, ...]`; as in PyTorch the first two dimensions are these, whatever follows.
  /// - Precondition: `p` is between 0 and 1.
  public static func dropout2d(_ x: Tensor, p: Double = 0.5, training: Bool = true, inplace: Bool = false) -> Tensor {
    inOp("dropout2d") { dropped(x, p, training, inplace, "dropout2d") }
  }

  /// Sets whole channels of volumes to 0, as `torch.nn.functional.dropout3d`.
  /// - Shape: as ``dropout2d(_:p:training:inplace:)``.
  /// - Precondition: `p` is between 0 and 1.
  public static func dropout3d(_ x: Tensor, p: Double = 0.5, training: Bool = true, inplace: Bool = false) -> Tensor {
    inOp("dropout3d") { dropped(x, p, training, inplace, "dropout3d") }
  }

  /// Dropout after ``selu(_:inplace:)``, as `torch.nn.functional.alpha_dropout`: mean 0 and variance 1 stay.
  ///
  /// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
  /// - Precondition: `p` is between 0 and 1.
  public static func alphaDropout(
    _ x: Tensor, p: Double = 0.5, training: Bool = false, inplace: Bool = false
  ) -> Tensor {
    inOp("alpha_dropout") { alphaDropped(x, p, training, inplace, wholeChannels: false, "alpha_dropout") }
  }

  /// ``alphaDropout(_:p:training:inplace:)`` of whole channels, as `torch.nn.functional.feature_alpha_dropout`.
  /// - Shape: `[batch, channels, ...]`.
  /// - Precondition: `p` is between 0 and 1.
  public static func featureAlphaDropout(
    _ x: Tensor, p: Double = 0.5, training: Bool = false, inplace: Bool = false
  ) -> Tensor {
    inOp("feature_alpha_dropout") {
      alphaDropped(x, p, training, inplace, wholeChannels: true, "feature_alpha_dropout")
    }
  }

  private static func dropped(
    _ x: Tensor, _ p: Double, _ training: Bool, _ inplace: Bool, _ op: StaticString
  ) -> Tensor {
    checkProbability(p, op)
    guard training, p > 0, x.numel() > 0 else { return x }
    let mask = noGrad { p == 1 ? zero(x) : kept(x, p, wholeChannels: true, op).div_(1 - p) }
    return inplace ? x.mul_(mask) : x * mask
  }

  private static func alphaDropped(
    _ x: Tensor, _ p: Double, _ training: Bool, _ inplace: Bool, wholeChannels: Bool, _ op: StaticString
  ) -> Tensor {
    checkProbability(p, op)
    guard training, p > 0, x.numel() > 0 else { return x }
    if p == 1 { return inplace ? x.mul_(zero(x)) : x * zero(x) }
    // What selu tends to far below zero, and the factor that restores the variance.
    let alpha = 1.7580993408473766, scale = 1 / ((alpha * alpha * p + 1) * (1 - p)).squareRoot()
    let (mask, shift) = noGrad {
      let mask = kept(x, p, wholeChannels: wholeChannels, op)
      let shift = mask.add(-1).mul_(alpha * scale).add_(alpha * scale * p)
      return (mask.mul_(scale), shift)
    }
    return inplace ? x.mul_(mask).add_(shift) : x * mask + shift
  }

  /// Ones where something is kept, else zeros.
  private static func kept(_ x: Tensor, _ p: Double, wholeChannels: Bool, _ op: StaticString) -> Tensor {
    guard wholeChannels else { return Tensor.empty(like: x).bernoulli_(p: 1 - p) }
    guard x.ndim >= 2 else {
      fault("\(op)", "input wants at least 2 dimensions, [batch, channels, ...]; got \(x.signature)")
    }
    let shape = Array(x.shape.prefix(2)) + [Int](repeating: 1, count: x.ndim - 2)
    return Tensor.empty(shape, dtype: x.dtype, device: x.device).bernoulli_(p: 1 - p)
  }

  private static func zero(_ x: Tensor) -> Tensor { Tensor.zeros([], dtype: x.dtype, device: x.device) }

  private static func checkProbability(_ p: Double, _ op: StaticString) {
    guard p >= 0, p <= 1 else { fault("\(op)", "p is a probability between 0 and 1, got \(p)") }
  }
}
