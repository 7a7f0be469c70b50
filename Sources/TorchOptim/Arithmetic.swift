import Torch

// The compound steps of optimizers as PyTorch rounds them: narrow floats are widened for one step and rounded once.

extension Tensor {
  /// `self + weight * (end - self)`, leaning on the nearer end, as `torch.Tensor.lerp_`.
  func lerpInPlace(_ end: Tensor, _ weight: Double) {
    let start = widened, end = end.widened, way = end - start
    copy_(weight.magnitude < 0.5 ? start.add(way, alpha: weight) : end.sub(way, alpha: 1 - weight))
  }

  /// `self + value * x * y`, as `torch.Tensor.addcmul_`.
  func addProduct(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(widened + x.widened * value * y.widened)
  }

  /// `self + value * x / y`, as `torch.Tensor.addcdiv_`.
  func addQuotient(_ x: Tensor, _ y: Tensor, _ value: Double) {
    copy_(widened + x.widened * value / y.widened)
  }

  /// Counts one in-place write that a fused kernel makes inside `body`.
  func written(by body: () -> Void) { withUnsafeMutableBytes { _ in body() } }
}
