extension Tensor {
  /// A convolution of one group and what becomes of its results, `activation(norm(self * weight + bias) + plus)`, in one pass;
  /// nil where they are as quick one after another, or their sizes do not fit, which running them so says in words.
  ///
  /// No gradient is recorded.
  package func convolution(
    _ weight: Tensor, bias: Tensor?, stride: [Int], padding: [Int], dilation: [Int], norm: EvaluationNorm?,
    plus: Tensor?, activation: ConvolutionEnding.Activation
  ) -> Tensor? {
    guard ndim == stride.count + 2, weight.ndim == ndim, shape[1] == weight.shape[1], numel() > 0 else { return nil }
    var spec = ConvolutionSpec(stride: stride, padding: padding, dilation: dilation, groups: 1)
    spec.isInference = true
    let size = spec.outputShape(shape, weight: weight.shape)
    let format = suggestedFormat == .contiguousFormat ? weight.suggestedFormat : suggestedFormat
    guard size.elementCount > 0, plus == nil || plus!.shape == size && plus!.dtype == .float32 && plus!.device == .cpu
    else { return nil }
    let out = Tensor(shape: size, dtype: .float32, device: .cpu, format: format)
    let plus = plus?.contiguous(memoryFormat: format)
    let ending = ConvolutionEnding(
      bias: bias?.contiguous().strided, norm: norm, channels: size[1], plus: plus?.strided, activation: activation)
    let x = contiguous(memoryFormat: suggestedFormat)
    guard CPUBackend.shared.convolution(spec, x.strided, weight: weight.strided, ending, into: out.strided) else {
      return nil
    }
    countFlops(spec.flops(weight.shape, output: size))
    return withExtendedLifetime((x, plus)) { out }
  }
}
