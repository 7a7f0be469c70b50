// Convolution over 1 to 3 spatial dimensions. Output, input gradient and weight gradient are each linear in both
// operands, so the gradients of any one of them are the other two.

struct Convolution: Op {
  let spec: ConvolutionSpec
  var name: StaticString { "convolution" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0].dense, weight = inputs[1]
    // Channels last is catching: one operand is enough, as in PyTorch.
    let format = x.suggestedFormat == .contiguousFormat ? weight.suggestedFormat : x.suggestedFormat
    let shape = spec.outputShape(x.shape, weight: weight.shape)
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device, format: format)
    let bias = inputs.count > 2 ? inputs[2].contiguous().strided : nil
    countFlops(spec.flops(weight.shape, output: shape))
    x.backend.convolution(spec, x.strided, weight: weight.strided, bias: bias, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    let forInput =
      saved.needs(0)
      ? ConvolutionInputGradient(spec: spec, shape: saved.shape(of: 0), format: saved[0].suggestedFormat)(g, saved[1])
      : nil
    guard saved.needs(1) else { return [forInput, nil, saved.needsBias ? Self.biasGradient(g) : nil] }
    let op = ConvolutionWeightGradient(spec: spec, shape: saved.shape(of: 1), withBias: saved.needsBias)
    return [forInput] + op.apply([saved[0], g])
  }

  /// Sums all but the channels.
  static func biasGradient(_ g: Tensor) -> Tensor { g.sum(dim: [0] + Array(2..<g.ndim)) }
}

extension Tensor {
  /// The tensor itself where it is row-major or channels last, else a row-major copy.
  fileprivate var dense: Tensor { contiguous(memoryFormat: suggestedFormat) }
}

extension Saved {
  fileprivate var needsBias: Bool { inputCount > 2 && needs(2) }
}

struct ConvolutionInputGradient: Op {
  let spec: ConvolutionSpec
  let shape: Shape
  let format: MemoryFormat
  var name: StaticString { "convolution_input_gradient" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let g = inputs[0].dense, weight = inputs[1].contiguous()
    let out = Tensor(shape: shape, dtype: g.dtype, device: g.device, format: format)
    countFlops(spec.flops(weight.shape, output: g.shape))
    g.backend.convolutionInputGradient(spec, g.strided, weight: weight.strided, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gg = gradients[0] else { return [] }
    return [
      saved.needs(0) ? Convolution(spec: spec)(gg, saved[1]) : nil,
      saved.needs(1)
        ? ConvolutionWeightGradient(spec: spec, shape: saved.shape(of: 1), withBias: false)(gg, saved[0]) : nil,
    ]
  }
}

struct ConvolutionWeightGradient: Op {
  let spec: ConvolutionSpec
  let shape: Shape
  let withBias: Bool
  var name: StaticString { "convolution_weight_gradient" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.input(0)
    saving.input(1)
    let x = inputs[0].dense, g = inputs[1].dense
    let out = Tensor(shape: shape, dtype: g.dtype, device: g.device)
    let bias = withBias ? Tensor(shape: [shape[0]], dtype: g.dtype, device: g.device) : nil
    countFlops(spec.flops(shape, output: g.shape))
    g.backend.convolutionWeightGradient(spec, x.strided, g.strided, into: out.strided, bias: bias?.strided)
    return [out] + (bias.map { [$0] } ?? [])
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    let weight = gradients[0], bias = gradients.count > 1 ? gradients[1] : nil
    let forInput =
      saved.needs(0)
      ? weight.map {
        ConvolutionInputGradient(spec: spec, shape: saved.shape(of: 0), format: saved[0].suggestedFormat)(saved[1], $0)
      } : nil
    guard saved.needs(1) else { return [forInput] }
    var forGradient = weight.map { Convolution(spec: spec)(saved[0], $0) }
    if let bias {
      let shape = saved.shape(of: 1)
      let wide = bias.view([1, shape[1]] + [Int](repeating: 1, count: shape.count - 2)).expand(shape)
      forGradient = forGradient.map { $0 + wide } ?? wide
    }
    return [forInput, forGradient]
  }
}

extension ConvolutionSpec {
  /// The multiplications and additions of a convolution, which are those of its gradients too: at each place of the output, of
  /// each of its channels, a kernel over the channels of a group.
  func flops(_ weight: Shape, output: Shape) -> Int {
    2 * output.elementCount * Shape(weight.dropFirst()).elementCount
  }

  func outputShape(_ x: Shape, weight: Shape) -> Shape {
    var shape: Shape = [x[0], weight[0]]
    for i in stride.indices {
      let span = dilation[i] * (weight[i + 2] - 1) + 1
      let room = x[i + 2] + padding[i] + paddingEnd[i] - span
      shape.append(room < 0 ? 0 : room / stride[i] + 1)
    }
    return shape
  }
}

/// How an image is extended at its edges.
package enum ConvolutionPadding: Sendable {
  case zeros([Int])
  /// As much as keeps the size; one more at the end where it is odd.
  case same
}

extension Tensor {
  /// What a fault shows of a tensor, such as `[8, 1, 28, 28] float32`.
  package var signature: String { "\(shape.brackets) \(dtype.name)" }

  /// Convolution over the last dimensions, with or without a batch dimension.
  package func convolution(
    _ weight: Tensor, bias: Tensor?, stride: [Int], padding: ConvolutionPadding, dilation: [Int], groups: Int,
    op: StaticString
  ) -> Tensor {
    inOp(op, on: [shape, weight.shape] + (bias.map { [$0.shape] } ?? [])) {
      lowered.convolved(weight.lowered, bias?.lowered, stride, padding, dilation, groups, op)
    }
  }

  private func convolved(
    _ weight: Tensor, _ bias: Tensor?, _ stride: [Int], _ padding: ConvolutionPadding, _ dilation: [Int],
    _ groups: Int, _ op: StaticString
  ) -> Tensor {
    let count = stride.count
    let got = "; got input \(signature), weight \(weight.signature)"
    func refuse(_ rule: String) -> Never { fault(OpError(op, rule + got)) }
    guard weight.ndim == count + 2 else {
      refuse("weight wants \(count + 2) dimensions, [out, in / groups, \(count) sizes], it has \(weight.ndim)")
    }
    guard ndim == count + 2 || ndim == count + 1 else {
      refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch, it has \(ndim)")
    }
    guard dtype != .bool, dtype == weight.dtype, bias == nil || bias!.dtype == dtype else {
      refuse("input and weights want one dtype of numbers; convert one with to(_:)")
    }
    guard device == weight.device else {
      refuse("input is on \(device), weight on \(weight.device); move one with to(_:)")
    }
    guard dilation.count == count, (stride + dilation).allSatisfy(\.isWindowSize), groups.isWindowSize else {
      refuse("stride, dilation and groups want positive numbers below 2^31; got \(stride), \(dilation) and \(groups)")
    }
    let channels = shape[ndim - count - 1]
    guard weight.shape[1] * groups == channels else {
      let grouped = groups == 1 ? "" : " (\(weight.shape[1]) in each of \(groups) groups)"
      refuse("weight wants \(weight.shape[1] * groups) input channels\(grouped), input has \(channels)")
    }
    guard weight.shape[0] % groups == 0 else {
      refuse("\(weight.shape[0]) output channels do not divide into \(groups) groups")
    }
    if let bias, bias.shape != [weight.shape[0]] {
      refuse("bias wants the shape [\(weight.shape[0])], it has \(bias.shape.brackets)")
    }
    let reach = (0..<count).map { dilation[$0] * (weight.shape[$0 + 2] - 1) }
    let before: [Int], after: [Int]
    switch padding {
    case .zeros(let sizes):
      guard sizes.count == count, sizes.allSatisfy(\.isWindowPadding) else {
        refuse("padding wants \(count) numbers of at least 0 and below 2^31, got \(sizes)")
      }
      before = sizes
      after = sizes
    case .same:
      guard stride.allSatisfy({ $0 == 1 }) else { refuse("padding .same wants a stride of 1, got \(stride)") }
      before = reach.map { $0 / 2 }
      after = reach.map { $0 - $0 / 2 }
    }
    for i in 0..<count where shape[ndim - count + i] + before[i] + after[i] <= reach[i] {
      let size = shape[ndim - count + i] + before[i] + after[i]
      refuse("the kernel spans \(reach[i] + 1) at spatial dim \(i), the padded input has \(size)")
    }
    var spec = ConvolutionSpec(stride: stride, padding: before, paddingEnd: after, dilation: dilation, groups: groups)
    spec.isInference = !isGradEnabled()
    let batch = ndim == count + 2 ? self : unsqueeze(0)
    let out = Convolution(spec: spec).apply([batch, weight] + (bias.map { [$0] } ?? []))[0]
    return ndim == count + 2 ? out : out.squeeze(0)
  }
}
