/// The cross entropy of probabilities with the probabilities they should be, element by element.
struct BinaryCrossEntropy: Op {
  var name: StaticString { "binary_cross_entropy" }
  /// Logarithms are held above this, so that no loss is infinite.
  private static let floor = -100.0

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0].widened, t = inputs[1].widened
    let loss = (t - 1) * (-x).log1p().clamp(min: Self.floor) - t * x.log().clamp(min: Self.floor)
    return [loss.to(inputs[0].dtype)]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let x = saved[0], t = saved[1]
    return [
      // The least denominator is PyTorch's.
      saved.needs(0) ? g * (x - t) / ((1 - x) * x).clamp(min: 1e-12) : nil,
      saved.needs(1) ? g * ((-x).log1p().clamp(min: Self.floor) - x.log().clamp(min: Self.floor)) : nil,
    ]
  }
}

extension Tensor {
  /// The cross entropy of probabilities, as `torch.nn.functional.binary_cross_entropy`, not yet reduced.
  package func binaryCrossEntropy(_ target: Tensor) -> Tensor { BinaryCrossEntropy()(self, target) }
}
