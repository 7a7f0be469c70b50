import Torch

extension F {
  /// Cross entropy of linear scores, as `torch.nn.functional.linear_cross_entropy` without its options of chunking.
  /// - Parameters:
  ///   - ignoreIndex: a label that does not count, -100 if not told; for labels alone.
  ///   - weight: one number for each class.
  ///   - labelSmoothing: the share of the target that is spread over all classes, 0 to 1.
  /// - Shape: input `[batch, in]` or `[in]`, linearWeight `[classes, ..., in]`, linearBias `[classes, ...]`; labels
  ///   `[batch, ...]` or `[]`, probabilities `[batch, classes, ...]` or `[classes]`.
  /// - Precondition: the sizes agree; a weight of more than two dimensions wants a batch.
  public static func linearCrossEntropy(
    _ input: Tensor, _ linearWeight: Tensor, _ target: Tensor, linearBias: Tensor? = nil, weight: Tensor? = nil,
    reduction: Reduction = .mean, ignoreIndex: Int? = nil, labelSmoothing: Double = 0
  ) -> Tensor {
    inOp("linear_cross_entropy") {
      func refuse(_ rule: String) -> Never {
        let bias = linearBias.map { ", linearBias \($0.signature)" } ?? ""
        fault(
          "linear_cross_entropy",
          "\(rule); got input \(input.signature), linearWeight \(linearWeight.signature)\(bias), "
            + "target \(target.signature)")
      }
      guard input.ndim == 1 || input.ndim == 2 else { refuse("input wants 1 or 2 dimensions") }
      guard linearWeight.ndim >= 2 else { refuse("linearWeight wants at least 2 dimensions, [classes, ..., in]") }
      let features = input.shape[input.ndim - 1], outer = Array(linearWeight.shape.dropLast())
      guard features == linearWeight.shape[linearWeight.ndim - 1] else {
        refuse("the last dimensions of input and linearWeight want to agree")
      }
      guard linearBias == nil || linearBias!.shape.elementsEqual(outer) else {
        refuse("linearBias wants the shape \(outer)")
      }
      guard outer.count == 1 || input.ndim == 2 else {
        refuse("a linearWeight of more than 2 dimensions wants a batch, [batch, in]")
      }
      let shape = input.shape.dropLast() + outer
      guard ignoreIndex == nil || !target.shape.elementsEqual(shape) else {
        refuse("ignoreIndex is for labels, the target holds probabilities")
      }
      let scores = linear(input, linearWeight.reshape(-1, features), linearBias?.reshape(-1)).reshape(Array(shape))
      return crossEntropy(
        scores, target, weight: weight, ignoreIndex: ignoreIndex ?? -100, reduction: reduction,
        labelSmoothing: labelSmoothing)
    }
  }
}
