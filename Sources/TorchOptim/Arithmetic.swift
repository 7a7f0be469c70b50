import Torch

// The compound steps of optimizers as PyTorch rounds them: narrow floats are widened for one step and rounded once.

extension Tensor {
  /// Whether PyTorch computes this dtype's compound ops in float32.
  private var isNarrow: Bool { dtype == .float16 || dtype == .bfloat16 }

  private func wide() -> Tensor { isNarrow ? to(.float32) : self }

  /// `self + weight * (end - self)`, leaning on the nearer end, as `torch.Tensor.lerp_`.
  func lerpInPlace(_ end: Tensor, _ weight: Double) {
    let start = wide(), end = end.wide(), way = end - start
    copy_(weight.magnitude < 0.5 ? start.add(way, alpha: weight) : end.sub(way, alpha: 1 - weight))
  }

  /// `self + value * x * y`, as `torch.Tensor.addcmul_`.
  func addProduct(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(wide() + x.wide() * value * y.wide())
  }

  /// `self + value * x / y`, as `torch.Tensor.addcdiv_`.
  func addQuotient(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(wide() + x.wide() * value / y.wide())
  }

  /// Counts one in-place write that a fused kernel makes inside `body`.
  func written(by body: () -> Void) { withUnsafeMutableBytes { _ in body() } }
}
