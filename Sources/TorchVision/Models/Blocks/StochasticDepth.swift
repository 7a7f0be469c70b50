import TorchNN

/// Leaves out a branch at random while training, as `torchvision.ops.StochasticDepth`.
///
/// What is left out is 0; what stays is divided by the probability of staying.
/// Huang et al., "Deep Networks with Stochastic Depth", 2016.
/// - Shape: any with a batch in front, kept.
public final class StochasticDepth: Module, Layer {
  /// Whether a draw is for the whole batch or for each of its rows.
  public enum Mode: String, Sendable { case batch, row }

  /// The probability of leaving out.
  public let p: Double
  public let mode: Mode

  /// - Precondition: `p` is between 0 and 1.
  public init(_ p: Double, _ mode: Mode) {
    guard p >= 0, p <= 1 else { fault("StochasticDepth", "p is a probability between 0 and 1, got \(p)") }
    self.p = p
    self.mode = mode
  }

  public override func copied(_ copy: ModuleCopier) -> Module { StochasticDepth(p, mode) }

  public func forward(_ x: Tensor) -> Tensor {
    guard training, p > 0 else { return x }
    let survival = 1 - p
    var sizes = [Int](repeating: 1, count: x.ndim)
    if mode == .row, !sizes.isEmpty { sizes[0] = x.size(0) }
    let noise = Tensor.empty(sizes, dtype: x.dtype, device: x.device).bernoulli_(p: survival)
    return x * (survival > 0 ? noise.div_(survival) : noise)
  }

  public override var extraRepr: String { "p=\(pythonRepr(p)), mode=\(mode.rawValue)" }
}
