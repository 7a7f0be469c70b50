import CTorchConv

/// What becomes of each result of a convolution while it is near: `activation(result * scale + shift + plus)`.
package struct ConvolutionEnding {
  package enum Activation { case plain, relu, relu6 }

  /// Of each output channel, contiguous.
  package var scale: Strided?, shift: Strided?
  /// An image that lies as the result does, in other memory.
  package var plus: Strided?
  package var activation = Activation.plain

  package init(scale: Strided? = nil, shift: Strided? = nil, plus: Strided? = nil, activation: Activation = .plain) {
    (self.scale, self.shift, self.plus, self.activation) = (scale, shift, plus, activation)
  }

  var forTiles: cw_ending {
    var ending = cw_ending()
    ending.scale = numbers(scale)
    ending.shift = numbers(shift)
    ending.residual = numbers(plus)
    ending.bounded = activation != .plain
    ending.low = 0
    ending.high = activation == .relu6 ? 6 : .infinity
    return ending
  }

  var forUnit: cu_epilogue {
    let kind = activation == .plain ? CU_PLAIN : activation == .relu ? CU_RELU : CU_RELU6
    return cu_epilogue(scale: numbers(scale), bias: numbers(shift), added: numbers(plus), activation: kind)
  }

  private func numbers(_ x: Strided?) -> UnsafePointer<Float>? { x.map { UnsafePointer($0.of(Float.self)) } }
}

/// A batch norm in evaluation, `(x - mean) / sqrt(variance + eps) * weight + bias`: a factor and an addend for each channel.
package struct EvaluationNorm {
  let mean: Strided, variance: Strided, weight: Strided?, bias: Strided?
  let eps: Double

  package init(mean: Strided, variance: Strided, weight: Strided?, bias: Strided?, eps: Double) {
    (self.mean, self.variance, self.weight, self.bias, self.eps) = (mean, variance, weight, bias, eps)
  }

  /// The numbers of a vector of floats, `value` where there is none.
  static func numbers(_ x: Strided?, or value: Double, count: Int) -> [Double] {
    guard let x else { return Array(repeating: value, count: count) }
    return (0..<count).map { Double(x.of(Float.self)[$0 * x.layout.strides[0]]) }
  }

  /// Scale and shift of what a convolution with this bias has before its bias is added.
  func factors(after convolutionBias: Strided?, channels: Int) -> (scale: [Double], shift: [Double]) {
    func numbers(_ x: Strided?, or value: Double) -> [Double] { Self.numbers(x, or: value, count: channels) }
    var shift = numbers(convolutionBias, or: 0)
    let mean = numbers(mean, or: 0), variance = numbers(variance, or: 1), offset = numbers(bias, or: 0)
    var scale = numbers(weight, or: 1)
    for i in 0..<channels {
      scale[i] /= (variance[i] + eps).squareRoot()
      shift[i] = (shift[i] - mean[i]) * scale[i] + offset[i]
    }
    return (scale, shift)
  }
}

extension ConvolutionEnding {
  /// A convolution's bias, or the norm that follows it.
  package init(bias: Strided?, norm: EvaluationNorm?, channels: Int, plus: Strided?, activation: Activation) {
    self.init(shift: bias, plus: plus, activation: activation)
    guard let norm else { return }
    let factors = norm.factors(after: bias, channels: channels)
    scale = Self.floats(factors.scale)
    shift = Self.floats(factors.shift)
  }

  private static func floats(_ numbers: [Double]) -> Strided {
    let storage = Storage.cpu(byteCount: numbers.count * 4), to = storage.base.assumingMemoryBound(to: Float.self)
    for (i, number) in numbers.enumerated() { to[i] = Float(number) }
    return Strided(storage: storage, layout: Layout(contiguous: [numbers.count]), dtype: .float32)
  }
}
