/// A convolution in evaluation with the norm, the sum and the relu that follow it, in one pass over the result, where nobody
/// can see what lies between them.
package struct FoldedConvolution {
  private let convolution: Conv2d
  private let norm: BatchNorm2d?
  private let activation: ConvolutionEnding.Activation
  /// How many layers it stands for.
  let count: Int

  /// What the first of these layers begins; nil where that is no convolution, or nothing follows it that is a part of it.
  init?(_ layers: ArraySlice<any Layer>) {
    guard let convolution = layers.first as? Conv2d, type(of: convolution) == Conv2d.self, convolution.groups == 1,
      convolution.isPlain, convolution.hasNoHooks, convolution.padding.padSizes != nil
    else { return nil }
    self.convolution = convolution
    var rest = layers.dropFirst()
    norm = (rest.first as? BatchNorm2d).flatMap { $0.folds(after: convolution) ? $0 : nil }
    if norm != nil { rest = rest.dropFirst() }
    activation = rest.first.flatMap(Self.activation) ?? .plain
    if activation != .plain { rest = rest.dropFirst() }
    count = layers.count - rest.count
    if count < 2 { return nil }
  }

  private static func activation(_ layer: any Layer) -> ConvolutionEnding.Activation? {
    guard layer.hasNoHooks else { return nil }
    return type(of: layer) == ReLU.self ? .relu : type(of: layer) == ReLU6.self ? .relu6 : nil
  }

  /// Nil where one layer after another is as quick, or says in words what does not fit.
  func run(_ x: Tensor, plus: Tensor? = nil) -> Tensor? {
    guard LayerChain.takes(x), let sizes = convolution.padding.padSizes?.sizes else { return nil }
    return inModule(convolution) {
      inOp("conv2d") {
        x.convolution(
          convolution.weight, bias: convolution.bias, stride: convolution.stride,
          padding: sizes.count == 1 ? [sizes[0], sizes[0]] : sizes, dilation: convolution.dilation,
          norm: norm?.inEvaluation, plus: plus, activation: activation)
      }
    }
  }

  /// `relu(norm(convolution(x)))`, or `relu(norm(convolution(x)) + plus)`: in one pass, or as ``NormThenRelu``.
  package static func run(
    _ convolution: any Layer, _ norm: any Layer, _ x: Tensor, plus: (() -> Tensor)? = nil, _ relu: any Layer
  ) -> Tensor {
    if LayerChain.takes(x), let folded = FoldedConvolution([convolution, norm, relu][...]), folded.count == 3 {
      let plus = plus?()
      return folded.run(x, plus: plus) ?? NormThenRelu.run(norm, convolution(x), plus: plus, relu)
    }
    let out = convolution(x)
    return NormThenRelu.run(norm, out, plus: plus?(), relu)
  }
}

extension BatchNorm2d {
  /// Whether the norm can be a part of a convolution before it.
  fileprivate func folds(after convolution: Conv2d) -> Bool {
    hasNoHooks && convolution.outChannels == numFeatures && isFixed
  }
}
