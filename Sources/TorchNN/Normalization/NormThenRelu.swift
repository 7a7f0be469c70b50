/// A batch norm and the relu behind it, with what is added between them, in the same passes over memory.
package enum NormThenRelu {
  /// `relu(norm(x))`, or `relu(norm(x) + plus)`.
  package static func run(_ norm: any Layer, _ x: Tensor, plus: Tensor? = nil, _ relu: any Layer) -> Tensor {
    guard let quick = joined(norm, relu), plus == nil || plus!.shape == x.shape && plus!.dtype == x.dtype else {
      let normal = norm(x)
      return relu(plus.map { normal.add_($0) } ?? normal)
    }
    return inModule(quick) { quick.normalised(x, plus: plus, relu: true) }
  }

  /// The norm where both are layers of these very classes that nobody watches; what lies between them is seen by none then.
  static func joined(_ norm: any Layer, _ relu: any Layer) -> BatchNorm? {
    guard backends.cpu.fusedNorms, let norm = norm as? BatchNorm, let relu = relu as? ReLU,
      type(of: relu) == ReLU.self, norm.hooks == nil, relu.hooks == nil
    else { return nil }
    let kind = type(of: norm)
    return kind == BatchNorm2d.self || kind == BatchNorm1d.self || kind == BatchNorm3d.self ? norm : nil
  }
}
