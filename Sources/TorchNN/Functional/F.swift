/// Layers without state, as `torch.nn.functional`.
public enum F {
  /// `x * weight.T + bias`, as `torch.nn.functional.linear`.
  /// - Shape: x `[..., in]`, weight `[out, in]` or `[in]`, bias `[out]`; the result is `[..., out]`.
  /// - Precondition: the sizes of `in` agree, and the dtypes.
  public static func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil) -> Tensor {
    inOp("linear", on: [x.shape, weight.shape] + (bias.map { [$0.shape] } ?? [])) {
      let x = x.lowered, weight = weight.lowered, bias = bias?.lowered
      let got = "; got input \(x.signature), weight \(weight.signature)"
      guard weight.ndim == 1 || weight.ndim == 2 else { fault("linear", "weight wants 2 dimensions, [out, in]" + got) }
      guard x.ndim > 0 else { fault("linear", "input wants at least 1 dimension" + got) }
      guard x.shape[x.ndim - 1] == weight.shape[weight.ndim - 1] else {
        let wanted = weight.shape[weight.ndim - 1]
        fault("linear", "weight wants \(wanted) input features, input has \(x.shape[x.ndim - 1])" + got)
      }
      guard x.dtype == weight.dtype, bias == nil || bias!.dtype == x.dtype else {
        fault("linear", "input and weights have different dtypes; convert one with to(_:)" + got)
      }
      if let bias, x.ndim == 2, weight.ndim == 2 { return bias.addmm(x, weight.t()) }
      if let bias, x.takesLinearProduct(weight, bias) { return x.linearProduct(weight, bias) }
      let product = weight.ndim == 2 ? x.matmul(weight.t()) : x.matmul(weight)
      return bias.map { product + $0 } ?? product
    }
  }

  /// Convolution of a signal, as `torch.nn.functional.conv1d`.
  /// - Shape: x `[batch, in, length]` or `[in, length]`, weight `[out, in / groups, size]`, bias `[out]`.
  /// - Precondition: the channels agree, the kernel fits into the padded input, the dtypes are one.
  public static func conv1d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1
  ) -> Tensor { convolution(1, "conv1d", x, weight, bias, stride, padding, dilation, groups) }

  /// Convolution of an image, as `torch.nn.functional.conv2d`.
  /// - Shape: x `[batch, in, height, width]` or without batch, weight `[out, in / groups, h, w]`, bias `[out]`.
  /// - Precondition: the channels agree, the kernel fits into the padded input, the dtypes are one.
  public static func conv2d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1
  ) -> Tensor { convolution(2, "conv2d", x, weight, bias, stride, padding, dilation, groups) }

  /// Convolution of a volume, as `torch.nn.functional.conv3d`.
  /// - Shape: x `[batch, in, d, h, w]` or without batch, weight `[out, in / groups, d, h, w]`, bias `[out]`.
  /// - Precondition: the channels agree, the kernel fits into the padded input, the dtypes are one.
  public static func conv3d(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, stride: some SpatialSize = 1,
    padding: some ConvolutionPad = 0, dilation: some SpatialSize = 1, groups: Int = 1
  ) -> Tensor { convolution(3, "conv3d", x, weight, bias, stride, padding, dilation, groups) }

  static func convolution(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ stride: any SpatialSize,
    _ padding: any ConvolutionPad, _ dilation: any SpatialSize, _ groups: Int
  ) -> Tensor {
    x.convolution(
      weight, bias: bias, stride: stride.expanded(to: count, "stride", op: op), padding: padding.padding(count, op: op),
      dilation: dilation.expanded(to: count, "dilation", op: op), groups: groups, op: op)
  }

  /// The largest value of each window of a signal, as `torch.nn.functional.max_pool1d`.
  /// - Shape: `[batch, channels, length]` or `[channels, length]`.
  public static func maxPool1d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> Tensor { maxPool(1, "max_pool1d", x, kernelSize, stride, padding, dilation, ceilMode) }

  /// The largest value of each window of an image, as `torch.nn.functional.max_pool2d`.
  /// - Parameter stride: the steps between windows; nil for the size of the window.
  /// - Shape: `[batch, channels, height, width]` or `[channels, height, width]`.
  public static func maxPool2d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> Tensor { maxPool(2, "max_pool2d", x, kernelSize, stride, padding, dilation, ceilMode) }

  /// The largest value of each window of a volume, as `torch.nn.functional.max_pool3d`.
  /// - Parameter stride: the steps between windows; nil for the size of the window.
  /// - Shape: `[batch, channels, depth, height, width]` or without batch.
  public static func maxPool3d(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> Tensor { maxPool(3, "max_pool3d", x, kernelSize, stride, padding, dilation, ceilMode) }

  /// As ``maxPool1d(_:kernelSize:stride:padding:dilation:ceilMode:)``, with the position of each value in its channel.
  ///
  /// As `torch.nn.functional.max_pool1d_with_indices`; what `return_indices=True` gives in torch.
  public static func maxPool1dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> (output: Tensor, indices: Tensor) {
    maxPoolWithIndices(1, "max_pool1d", x, kernelSize, stride, padding, dilation, ceilMode)
  }

  /// As ``maxPool2d(_:kernelSize:stride:padding:dilation:ceilMode:)``, with the position of each value in its image,
  /// counted row by row.
  ///
  /// As `torch.nn.functional.max_pool2d_with_indices`; what `return_indices=True` gives in torch.
  public static func maxPool2dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> (output: Tensor, indices: Tensor) {
    maxPoolWithIndices(2, "max_pool2d", x, kernelSize, stride, padding, dilation, ceilMode)
  }

  /// As ``maxPool3d(_:kernelSize:stride:padding:dilation:ceilMode:)``, with the position of each value in its volume.
  ///
  /// As `torch.nn.functional.max_pool3d_with_indices`; what `return_indices=True` gives in torch.
  public static func maxPool3dWithIndices(
    _ x: Tensor, kernelSize: some SpatialSize, stride: (any SpatialSize)? = nil, padding: some SpatialSize = 0,
    dilation: some SpatialSize = 1, ceilMode: Bool = false
  ) -> (output: Tensor, indices: Tensor) {
    maxPoolWithIndices(3, "max_pool3d", x, kernelSize, stride, padding, dilation, ceilMode)
  }

  static func maxPool(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ dilation: any SpatialSize, _ ceilMode: Bool
  ) -> Tensor {
    x.maxPool(poolSpec(count, op, kernelSize, stride, padding, dilation), ceilMode: ceilMode, op: op)
  }

  static func maxPoolWithIndices(
    _ count: Int, _ op: StaticString, _ x: Tensor, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ dilation: any SpatialSize, _ ceilMode: Bool
  ) -> (output: Tensor, indices: Tensor) {
    let spec = poolSpec(count, op, kernelSize, stride, padding, dilation)
    let (values, indices) = x.maxPoolWithIndices(spec, ceilMode: ceilMode, op: op)
    return (values, indices)
  }

  /// Windows with a number for each dimension; no stride, or one without numbers, stands for the window's own size.
  static func poolSpec(
    _ count: Int, _ op: StaticString, _ kernelSize: any SpatialSize, _ stride: (any SpatialSize)?,
    _ padding: any SpatialSize, _ dilation: any SpatialSize
  ) -> PoolSpec {
    let steps = stride.flatMap { $0.sizes.isEmpty ? nil : $0 } ?? kernelSize
    return PoolSpec(
      kernel: kernelSize.expanded(to: count, "kernelSize", op: op), stride: steps.expanded(to: count, "stride", op: op),
      padding: padding.expanded(to: count, "padding", op: op),
      dilation: dilation.expanded(to: count, "dilation", op: op))
  }

  /// `x` times the normal distribution's cumulative function at `x`, as `torch.nn.functional.gelu`.
  ///
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
  /// - Parameter approximate: exact by default, or the curve by a hyperbolic tangent.
  /// - Precondition: the dtype is floating point.
  public static func gelu(_ x: Tensor, approximate: GELUApproximation = .none) -> Tensor {
    x.gelu(approximate: approximate)
  }

  /// `x * sigmoid(x)`, as `torch.nn.functional.silu`.
  /// - Precondition: the dtype is floating point.
  public static func silu(_ x: Tensor, inplace: Bool = false) -> Tensor { inplace ? x.silu_() : x.silu() }

  /// Normalisation over the last dimensions, then a scale and a shift, as `torch.nn.functional.layer_norm`.
  ///
  /// Ba, Kiros and Hinton, "Layer Normalization", 2016.
  /// - Shape: x `[..., normalizedShape]`, weight and bias `normalizedShape`.
  /// - Parameter eps: added to the variance, which is the biased one.
  /// - Precondition: the shapes agree, and the dtypes.
  public static func layerNorm(
    _ x: Tensor, normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil, eps: Double = 1e-5
  ) -> Tensor { x.layerNorm(normalizedShape, weight: weight, bias: bias, eps: eps) }

  /// Negative numbers become 0, as `torch.nn.functional.relu`.
  public static func relu(_ x: Tensor, inplace: Bool = false) -> Tensor { inplace ? x.relu_() : x.relu() }
  /// `1 / (1 + exp(-x))`, as `torch.nn.functional.sigmoid`.
  public static func sigmoid(_ x: Tensor) -> Tensor { x.sigmoid() }
  /// The hyperbolic tangent, as `torch.nn.functional.tanh`.
  public static func tanh(_ x: Tensor) -> Tensor { x.tanh() }

  /// Exponentials that add up to one along a dimension, as `torch.nn.functional.softmax`.
  public static func softmax(_ x: Tensor, dim: Int, dtype: DType? = nil) -> Tensor { x.softmax(dim: dim, dtype: dtype) }
  /// The logarithm of the softmax, as `torch.nn.functional.log_softmax`.
  public static func logSoftmax(_ x: Tensor, dim: Int, dtype: DType? = nil) -> Tensor {
    x.logSoftmax(dim: dim, dtype: dtype)
  }

  /// Sets elements to 0 with a probability and scales the others up, as `torch.nn.functional.dropout`.
  ///
  /// Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
  /// - Precondition: `p` is between 0 and 1.
  public static func dropout(_ x: Tensor, p: Double = 0.5, training: Bool = true, inplace: Bool = false) -> Tensor {
    inOp("dropout") {
      guard p >= 0, p <= 1 else { fault("dropout", "p is a probability between 0 and 1, got \(p)") }
      guard training, p > 0, x.numel() > 0 else { return x }
      if !inplace, x.takesByteMask(p) { return x.masked(p: p) }
      let mask = noGrad {
        p == 1 ? Tensor.zeros(like: x) : Tensor.empty(like: x).bernoulli_(p: 1 - p).div_(1 - p)
      }
      return inplace ? x.mul_(mask) : x * mask
    }
  }

  /// Cross entropy of scores with labels or with probabilities, as `torch.nn.functional.cross_entropy`.
  /// - Parameters:
  ///   - target: int64 labels, or probabilities in the shape of `input`.
  ///   - weight: one number for each class.
  ///   - ignoreIndex: a label that does not count.
  ///   - labelSmoothing: the share of the target that is spread over all classes, 0 to 1.
  /// - Shape: input `[batch, classes, ...]` or `[classes]`, labels `[batch, ...]` or `[]`.
  /// - Precondition: labels name a class or are `ignoreIndex`.
  public static func crossEntropy(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean,
    labelSmoothing: Double = 0
  ) -> Tensor {
    input.raised.crossEntropy(
      target.raised, weight: weight?.raised, ignoreIndex: ignoreIndex, reduction: reduction,
      labelSmoothing: labelSmoothing)
  }

  /// Negative log likelihood of labels, as `torch.nn.functional.nll_loss`.
  /// - Shape: input `[batch, classes, ...]` or `[classes]`, logarithms of probabilities; labels `[batch, ...]` or `[]`.
  /// - Precondition: labels name a class or are `ignoreIndex`.
  public static func nllLoss(
    _ input: Tensor, _ target: Tensor, weight: Tensor? = nil, ignoreIndex: Int = -100, reduction: Reduction = .mean
  ) -> Tensor { input.raised.nllLoss(target, weight: weight?.raised, ignoreIndex: ignoreIndex, reduction: reduction) }

  /// Squared differences, as `torch.nn.functional.mse_loss`.
  public static func mseLoss(_ input: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    inOp("mse_loss") { (input.raised - target.raised).square().reduced(reduction) }
  }

  /// Absolute differences, as `torch.nn.functional.l1_loss`.
  public static func l1Loss(_ input: Tensor, _ target: Tensor, reduction: Reduction = .mean) -> Tensor {
    inOp("l1_loss") { (input.raised - target.raised).abs().reduced(reduction) }
  }
}
