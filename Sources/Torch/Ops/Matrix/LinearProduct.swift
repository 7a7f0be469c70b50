/// `x [..., in] * weight [out, in]` transposed, plus `bias [out]`: one product of the rows, which begins with the bias.
private struct LinearProduct: Op {
  var name: StaticString { "linear" }
  // The last of the steps that this stands for.
  var node: StaticString { "add" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0], weight = inputs[1]
    var shape = x.shape
    shape[shape.count - 1] = weight.shape[0]
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device)
    let flat = Layout(contiguous: [rows(x), weight.shape[0]])
    x.backend.matmul(
      matrix(x).strided, weight.t().strided, bias: inputs[2].strided.broadcast(to: flat.shape),
      into: out.strided.with(flat))
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let product = MatrixProduct(name: "mm"), slope = matrix(g)
    return [
      saved.needs(0) ? product(slope, saved[1]).view(Array(saved.shape(of: 0))) : nil,
      saved.needs(1) ? product(slope.t(), matrix(saved[0])) : nil,
      saved.needs(2) ? g : nil,
    ]
  }

  /// The rows of a tensor as those of one matrix.
  private func matrix(_ x: Tensor) -> Tensor { x.reshape([rows(x), x.shape[x.ndim - 1]]) }
  private func rows(_ x: Tensor) -> Int { Shape(x.shape.dropLast()).elementCount }
}

extension Tensor {
  /// Whether a linear layer's bias can be a part of its product; of a matrix `addmm` has it anyway.
  package func takesLinearProduct(_ weight: Tensor, _ bias: Tensor) -> Bool {
    backends.cpu.fusedProducts && ndim > 2 && weight.ndim == 2 && dtype.isFloatingPoint && device == .cpu
      && weight.device == .cpu && bias.device == .cpu && bias.ndim == 1 && bias.shape[0] == weight.shape[0]
  }

  /// This tensor's rows through a linear layer.
  /// - Precondition: ``takesLinearProduct(_:_:)``; the sizes agree, and the dtypes.
  package func linearProduct(_ weight: Tensor, _ bias: Tensor) -> Tensor { LinearProduct()(self, weight, bias) }
}
