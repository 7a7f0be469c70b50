import CTorchConv
import CTorchDNN

// Convolutions: oneDNN for float32 and bfloat16, where no other way is quicker; plain loops for the other types.

extension CPUBackend {
  package func convolution(_ spec: ConvolutionSpec, _ x: Strided, weight: Strided, bias: Strided?, into out: Strided) {
    let bias = bias.map(contiguous)
    if out.count == 0 || convolution(spec, x, weight: weight, ConvolutionEnding(shift: bias), into: out) { return }
    let (source, sourceLayout) = imageOrder(x), kernel = contiguous(weight)
    if takes(x.dtype), x.count > 0, let target = imageOrderIfDense(out) {
      var desc = descriptor(spec, input: x.shape, weight: weight.shape, output: out.shape, dtype: x.dtype)
      desc.src_layout = sourceLayout
      desc.dst_layout = target
      if cd_conv_forward(&desc, source.pointer, kernel.pointer, bias?.pointer, out.pointer) == CD_OK { return }
    }
    if x.dtype.isHalf {
      // Half types add up in float32.
      let wide = allocate(out.layout.likeDense, dtype: .float32)
      convolution(
        spec, cast(x, to: .float32), weight: cast(kernel, to: .float32), bias: bias.map { cast($0, to: .float32) },
        into: wide)
      return copy(wide, into: out)
    }
    let loop = ConvolutionLoop(spec, input: x, weight: kernel, output: out)
    if let bias {
      let shape = Shape((0..<out.layout.rank).map { $0 == 1 ? out.shape[1] : 1 })
      copy(bias.with(Layout(contiguous: shape)).broadcast(to: out.shape), into: out)
    } else {
      fill(out, with: .int(0))
    }
    x.dtype.visit(PlainConvolution(loop: loop, purpose: .forward))
  }

  /// Computes a convolution and what becomes of its results where a way that does both at once is the quickest, and says
  /// whether it did.
  package func convolution(
    _ spec: ConvolutionSpec, _ x: Strided, weight: Strided, _ ending: ConvolutionEnding, into out: Strided
  ) -> Bool {
    guard x.dtype == .float32, imageOrderIfDense(out) != nil else { return false }
    let (source, _) = imageOrder(x)
    let unit = matrixUnitConvolution(
      spec.isInference ? CU_INFERENCE : CU_FORWARD, spec, input: source, weight: weight, output: out)
    if convolutionByTiles(spec, source, weight: weight, ending, besideUnit: unit != nil, into: out) { return true }
    guard let unit else { return false }
    return convolution(onUnit: unit, spec, source, weight: weight, ending, into: out)
  }

  package func convolutionInputGradient(
    _ spec: ConvolutionSpec, _ gradient: Strided, weight: Strided, into out: Strided
  ) {
    if out.count == 0 || inputGradientByTiles(spec, gradient, weight: weight, into: out) { return }
    if prefersColumns(spec, gradient, weight: weight, into: out) {
      return convolutionInputGradientByColumns(spec, contiguous(gradient), weight: contiguous(weight), into: out)
    }
    let (source, sourceLayout) = imageOrder(gradient), kernel = contiguous(weight)
    if imageOrderIfDense(out) != nil,
      var desc = matrixUnitConvolution(CU_INPUT_GRADIENT, spec, input: out, weight: kernel, output: source)
    {
      let status = cu_conv_input_gradient(
        &desc, source.of(Float.self), kernel.of(Float.self), out.of(Float.self))
      if status == CU_DONE { return }
    }
    if takes(gradient.dtype), gradient.count > 0, let target = imageOrderIfDense(out) {
      var desc = descriptor(spec, input: out.shape, weight: weight.shape, output: gradient.shape, dtype: gradient.dtype)
      desc.src_layout = target
      desc.dst_layout = sourceLayout
      if cd_conv_backward_data(&desc, source.pointer, kernel.pointer, out.pointer) == CD_OK { return }
    }
    if out.dtype.isHalf {
      let wide = allocate(out.layout.likeDense, dtype: .float32)
      convolutionInputGradient(
        spec, cast(gradient, to: .float32), weight: cast(kernel, to: .float32), into: wide)
      return copy(wide, into: out)
    }
    fill(out, with: .int(0))
    let loop = ConvolutionLoop(spec, input: out, weight: kernel, output: gradient)
    gradient.dtype.visit(PlainConvolution(loop: loop, purpose: .inputGradient))
  }

  package func convolutionWeightGradient(
    _ spec: ConvolutionSpec, _ x: Strided, _ gradient: Strided, into weight: Strided, bias: Strided?
  ) {
    if weight.count == 0 || weightGradientByTiles(spec, x, gradient, into: weight, bias: bias) { return }
    let (source, sourceLayout) = imageOrder(x), (slope, slopeLayout) = imageOrder(gradient)
    if var desc = matrixUnitConvolution(CU_WEIGHT_GRADIENT, spec, input: source, weight: weight, output: slope) {
      let status = cu_conv_weight_gradient(
        &desc, source.of(Float.self), slope.of(Float.self), weight.of(Float.self))
      if status == CU_DONE {
        if let bias { sumChannels(slope, into: bias) }
        return
      }
    }
    if takes(x.dtype), x.count > 0, gradient.count > 0, weight.isContiguous {
      var desc = descriptor(spec, input: x.shape, weight: weight.shape, output: gradient.shape, dtype: x.dtype)
      desc.src_layout = sourceLayout
      desc.dst_layout = slopeLayout
      let status = cd_conv_backward_weights(&desc, source.pointer, slope.pointer, weight.pointer, bias?.pointer)
      if status == CD_OK { return }
    }
    if weight.dtype.isHalf {
      let wide = allocate(weight.layout.likeDense, dtype: .float32)
      let wideBias = bias.map { allocate($0.layout.likeDense, dtype: .float32) }
      convolutionWeightGradient(
        spec, cast(x, to: .float32), cast(gradient, to: .float32), into: wide, bias: wideBias)
      if let bias, let wideBias { copy(wideBias, into: bias) }
      return copy(wide, into: weight)
    }
    fill(weight, with: .int(0))
    let loop = ConvolutionLoop(spec, input: x, weight: weight, output: gradient)
    x.dtype.visit(PlainConvolution(loop: loop, purpose: .weightGradient))
    if let bias { sumChannels(gradient, into: bias) }
  }

  /// The sum of all but the channels.
  private func sumChannels(_ gradient: Strided, into bias: Strided) {
    let shape = Shape((0..<gradient.layout.rank).map { $0 == 1 ? gradient.shape[1] : 1 })
    reduce(.sum, gradient, into: bias.with(Layout(contiguous: shape)))
  }

  private func takes(_ dtype: DType) -> Bool { !plainOnly && (dtype == .float32 || dtype == .bfloat16) }

  /// The tensor itself where it flows row-major or channels-last, else a row-major copy; with oneDNN's word for it.
  func imageOrder(_ x: Strided) -> (Strided, Int32) {
    if let order = imageOrderIfDense(x) { return (x, order) }
    return (contiguous(x), Int32(CD_CONTIGUOUS))
  }

  func imageOrderIfDense(_ x: Strided) -> Int32? {
    if x.isContiguous { return Int32(CD_CONTIGUOUS) }
    return x.layout.isChannelsLast ? Int32(CD_CHANNELS_LAST) : nil
  }

  private func descriptor(
    _ spec: ConvolutionSpec, input: Shape, weight: Shape, output: Shape, dtype: DType
  ) -> cd_conv_desc {
    var desc = cd_conv_desc()
    let rank = input.count - 2
    desc.spatial_rank = Int32(rank)
    desc.type = Int32(dtype.rawValue)
    desc.plan = Int32(CD_PLAN_AUTO)
    desc.batch = Int64(input[0])
    desc.in_channels = Int64(input[1])
    desc.out_channels = Int64(output[1])
    desc.groups = Int64(spec.groups)
    func set(_ target: inout (Int64, Int64, Int64), _ value: (Int) -> Int) {
      withUnsafeMutableBytes(of: &target) { bytes in
        let numbers = bytes.bindMemory(to: Int64.self)
        for i in 0..<rank { numbers[i] = Int64(value(i)) }
      }
    }
    set(&desc.input) { input[$0 + 2] }
    set(&desc.kernel) { weight[$0 + 2] }
    set(&desc.output) { output[$0 + 2] }
    set(&desc.stride) { spec.stride[$0] }
    set(&desc.dilation) { spec.dilation[$0] }
    set(&desc.padding_left) { spec.padding[$0] }
    set(&desc.padding_right) { spec.paddingEnd[$0] }
    return desc
  }
}

/// The sizes and strides of a convolution, all brought to three spatial dimensions.
private struct ConvolutionLoop {
  let input: Strided, weight: Strided, output: Strided
  let groups: Int, stride: [Int], padding: [Int], dilation: [Int]
  let inputSizes: [Int], kernelSizes: [Int], outputSizes: [Int]
  let inputStrides: [Int], kernelStrides: [Int], outputStrides: [Int]

  init(_ spec: ConvolutionSpec, input: Strided, weight: Strided, output: Strided) {
    self.input = input
    self.weight = weight
    self.output = output
    groups = spec.groups
    stride = spec.stride.asThree(1)
    padding = spec.padding.asThree(0)
    dilation = spec.dilation.asThree(1)
    inputSizes = input.shape.dropFirst(2).asThree(1)
    kernelSizes = weight.shape.dropFirst(2).asThree(1)
    outputSizes = output.shape.dropFirst(2).asThree(1)
    inputStrides = input.layout.strides.dropFirst(2).asThree(0)
    kernelStrides = weight.layout.strides.dropFirst(2).asThree(0)
    outputStrides = output.layout.strides.dropFirst(2).asThree(0)
  }

  /// Visits every product of the convolution by the element positions of its three parts.
  func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let outPerGroup = weight.shape[0] / groups, inPerGroup = weight.shape[1]
    for n in 0..<output.shape[0] {
      for o in 0..<output.shape[1] {
        let firstChannel = o / outPerGroup * inPerGroup
        for c in 0..<inPerGroup {
          let inBase = n * input.layout.strides[0] + (firstChannel + c) * input.layout.strides[1]
          let weightBase = o * weight.layout.strides[0] + c * weight.layout.strides[1]
          let outBase = n * output.layout.strides[0] + o * output.layout.strides[1]
          forEachPlace { body(inBase + $0, weightBase + $1, outBase + $2) }
        }
      }
    }
  }

  private func forEachPlace(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    for z in 0..<outputSizes[0] {
      for y in 0..<outputSizes[1] {
        for x in 0..<outputSizes[2] {
          let out = z * outputStrides[0] + y * outputStrides[1] + x * outputStrides[2]
          for kz in 0..<kernelSizes[0] {
            let iz = z * stride[0] - padding[0] + kz * dilation[0]
            if iz < 0 || iz >= inputSizes[0] { continue }
            for ky in 0..<kernelSizes[1] {
              let iy = y * stride[1] - padding[1] + ky * dilation[1]
              if iy < 0 || iy >= inputSizes[1] { continue }
              for kx in 0..<kernelSizes[2] {
                let ix = x * stride[2] - padding[2] + kx * dilation[2]
                if ix < 0 || ix >= inputSizes[2] { continue }
                body(
                  iz * inputStrides[0] + iy * inputStrides[1] + ix * inputStrides[2],
                  kz * kernelStrides[0] + ky * kernelStrides[1] + kx * kernelStrides[2], out)
              }
            }
          }
        }
      }
    }
  }
}

/// A convolution or one of its gradients, one product at a time, added to what is there.
private struct PlainConvolution: ElementVisitor {
  enum Purpose { case forward, inputGradient, weightGradient }

  let loop: ConvolutionLoop
  let purpose: Purpose

  func visit<T: Element>(_ type: T.Type) {
    let size = MemoryLayout<T>.stride
    let pi = loop.input.pointer, pw = loop.weight.pointer, po = loop.output.pointer
    loop.forEachProduct { i, w, o in
      switch purpose {
      case .forward:
        let term = T.Math.times(pi.element(i * size, type), pw.element(w * size, type))
        po.setElement(o * size, T.Math.plus(po.element(o * size, type), term), type)
      case .inputGradient:
        let term = T.Math.times(po.element(o * size, type), pw.element(w * size, type))
        pi.setElement(i * size, T.Math.plus(pi.element(i * size, type), term), type)
      case .weightGradient:
        let term = T.Math.times(po.element(o * size, type), pi.element(i * size, type))
        pw.setElement(w * size, T.Math.plus(pw.element(w * size, type), term), type)
      }
    }
  }
}
