extension Tensor {
  /// The transpose of a convolution, as torch's `conv_transpose`: what the gradient of its input would be.
  package func convolutionTranspose(
    _ weight: Tensor, bias: Tensor?, stride: [Int], padding: [Int], outputPadding: [Int], dilation: [Int], groups: Int,
    op: StaticString
  ) -> Tensor {
    inOp(op) {
      lowered.transposeConvolved(
        weight.lowered, bias?.lowered, stride, padding, outputPadding, dilation, groups, op)
    }
  }

  private func transposeConvolved(
    _ weight: Tensor, _ bias: Tensor?, _ stride: [Int], _ padding: [Int], _ outputPadding: [Int], _ dilation: [Int],
    _ groups: Int, _ op: StaticString
  ) -> Tensor {
    let count = stride.count
    func refuse(_ rule: String) -> Never {
      fault(OpError(op, "\(rule); got input \(signature), weight \(weight.signature)"))
    }
    guard weight.ndim == count + 2 else {
      refuse("weight wants \(count + 2) dimensions, [in, out / groups, \(count) sizes], it has \(weight.ndim)")
    }
    guard ndim == count + 2 || ndim == count + 1 else {
      refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch, it has \(ndim)")
    }
    guard dtype != .bool, dtype == weight.dtype, bias == nil || bias!.dtype == dtype else {
      refuse("input and weights want one dtype of numbers; convert one with to(_:)")
    }
    guard (stride + dilation).allSatisfy(\.isWindowSize), groups.isWindowSize,
      (padding + outputPadding).allSatisfy(\.isWindowPadding)
    else {
      refuse("stride, dilation and groups want positive numbers, the paddings numbers of at least 0, all below 2^31")
    }
    let x = ndim == count + 2 ? self : unsqueeze(0)
    guard x.shape[1] == weight.shape[0] else {
      refuse("weight wants \(weight.shape[0]) input channels, input has \(x.shape[1])")
    }
    guard weight.shape[0] % groups == 0 else {
      refuse("\(weight.shape[0]) input channels do not divide into \(groups) groups")
    }
    let channels = weight.shape[1] * groups
    if let bias, bias.shape != [channels] {
      refuse("bias wants the shape [\(channels)], it has \(bias.shape.brackets)")
    }
    var shape: Shape = [x.shape[0], channels], after: [Int] = [], zeros: [Int] = []
    for i in 0..<count {
      guard outputPadding[i] < Swift.max(stride[i], dilation[i]) else {
        refuse("outputPadding wants to be below stride or dilation, is \(outputPadding[i]) at spatial dim \(i)")
      }
      // Output padding gives back what padding cuts off at the end; what is beyond that is zero.
      after.append(Swift.max(padding[i] - outputPadding[i], 0))
      zeros.append(Swift.max(outputPadding[i] - padding[i], 0))
      let whole = (x.shape[i + 2] - 1) * stride[i] + dilation[i] * (weight.shape[i + 2] - 1) + 1
      let size = whole - padding[i] - after[i]
      guard size + zeros[i] > 0 else {
        refuse("the result would have the size \(size + zeros[i]) at spatial dim \(i)")
      }
      shape.append(size)
    }
    let spec = ConvolutionSpec(
      stride: stride, padding: padding, paddingEnd: after, dilation: dilation, groups: groups)
    // With a bias half types are rounded once, after it.
    let wide: DType = bias != nil ? dtype.widened : dtype
    var out: Tensor
    if shape.dropFirst(2).allSatisfy({ $0 > 0 }) {
      let format = x.suggestedFormat == .contiguousFormat ? weight.suggestedFormat : x.suggestedFormat
      out = ConvolutionInputGradient(spec: spec, shape: shape, format: format)(x.to(wide), weight.to(wide))
      if zeros.contains(where: { $0 > 0 }) { out = out.constantPadNd(pad: zeros.reversed().flatMap { [0, $0] }) }
    } else {
      // Padding cuts off all that was computed. The sum of no elements is a zero that gives zero gradients.
      func none(_ t: Tensor) -> Tensor { t.to(wide).flatten().narrow(dim: 0, start: 0, length: 0).sum(dtype: wide) }
      let sizes = (0..<count).map { shape[$0 + 2] + zeros[$0] }
      out = (none(x) + none(weight)).expand([x.shape[0], channels] + sizes).contiguous()
    }
    if let bias { out = (out + bias.to(wide).view([1, channels] + [Int](repeating: 1, count: count))).to(dtype) }
    return ndim == count + 2 ? out : out.squeeze(0)
  }
}
