import CTorchChannels

/// Normalisation of each channel of float32 or bfloat16 tensors of the processor, with what follows it in the same pass.
package struct ChannelNorm: Sendable {
  private var norm: cl_norm

  /// - Parameters:
  ///   - shape: `[batch, channels, ...]`.
  ///   - dtype: of all but statistics and weights, which are float64 and float32.
  ///   - isLast: whether the channels follow each other in memory; else the tensors are row-major.
  ///   - training: whether the statistics are the batch's own.
  ///   - relu: whether negative results become 0.
  package init(_ shape: Shape, _ dtype: DType, isLast: Bool, training: Bool, relu: Bool, eps: Double) {
    // Vectors are the pixels of one image.
    let isFlat = shape.count == 2
    norm = cl_norm()
    norm.batch = isFlat ? 1 : shape[0]
    norm.channels = shape[1]
    norm.pixels = isFlat ? shape[0] : shape.dropFirst(2).reduce(1, *)
    norm.last = isLast || isFlat ? 1 : 0
    norm.bfloat16 = dtype == .bfloat16 ? 1 : 0
    norm.training = training ? 1 : 0
    norm.relu = relu ? 1 : 0
    norm.eps = eps
  }

  /// `mean` and `variance`, float64 for each channel, are written in training, else read.
  package func forward(
    _ x: Strided, plus: Strided?, weight: Strided?, bias: Strided?, mean: Strided, variance: Strided, into out: Strided
  ) {
    var norm = norm
    check(
      cl_norm_forward(
        &norm, x.pointer, plus?.pointer, weight?.of(Float.self), bias?.of(Float.self), mean.of(Double.self),
        variance.of(Double.self), out.pointer))
  }

  /// The gradients that are wanted; `result` is the forward's where negative ones became 0.
  package func backward(
    _ gradient: Strided, _ x: Strided, result: Strided?, weight: Strided?, mean: Strided, variance: Strided,
    forInput: Strided?, forPlus: Strided?, forWeight: Strided?, forBias: Strided?
  ) {
    var norm = norm
    check(
      cl_norm_backward(
        &norm, gradient.pointer, x.pointer, result?.pointer, weight?.of(Float.self), mean.of(Double.self),
        variance.of(Double.self), forInput?.pointer, forPlus?.pointer, forWeight?.of(Float.self),
        forBias?.of(Float.self)))
  }

  private func check(_ status: Int32) {
    if status != 0 { fault("batch_norm", "no memory to work in") }
  }
}
