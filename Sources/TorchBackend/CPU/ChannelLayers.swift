import CTorchChannels

// Convolutional layers in a row, computed channels last with no result in between that anybody sees.

/// Weights and bias of a convolution as the kernels read them, with the norm that follows it worked in.
package final class PackedConvolution: Sendable {
  fileprivate let weight: Storage, bias: Storage

  /// - Parameters:
  ///   - weight: `[outputs, inputs, height, width]`; of a depthwise convolution `[channels, 1, height, width]`.
  ///   - readsPlanes: whether the input lies row-major.
  package init(_ weight: Strided, bias: Strided?, norm: EvaluationNorm?, isDepthwise: Bool, readsPlanes: Bool) {
    let shape = weight.shape, outputs = shape[0], places = shape[2] * shape[3]
    let factors = norm?.factors(after: bias, channels: outputs)
    let shift = factors?.shift ?? EvaluationNorm.numbers(bias, or: 0, count: outputs)
    let padded = cl_padded(outputs), source = CPUBackend.shared.contiguous(weight)
    let count = isDepthwise ? padded * places : cl_packed_size(outputs, shape[1] * places)
    self.weight = .cpu(byteCount: count * 4)
    self.bias = .cpu(byteCount: padded * 4)
    let target = self.bias.base.assumingMemoryBound(to: Float.self)
    for i in 0..<padded { target[i] = i < outputs ? Float(shift[i]) : 0 }
    let packed = self.weight.base.assumingMemoryBound(to: Float.self), plain = source.of(Float.self)
    func pack(_ factors: UnsafePointer<Double>?) {
      if isDepthwise {
        cl_pack_depthwise(packed, plain, factors, outputs, places)
      } else {
        cl_pack(packed, plain, factors, outputs, shape[1], [shape[2], shape[3]], readsPlanes ? 1 : 0)
      }
    }
    if let factors { factors.scale.withUnsafeBufferPointer { pack($0.baseAddress) } } else { pack(nil) }
  }
}

/// One layer of a chain; values are numbered, 0 is what the chain is given, i + 1 the result of layer i.
package struct ChannelLayer {
  package enum Kind { case convolution, depthwise, maxPool }
  package enum Activation: Int32 { case plain, relu, relu6, hardswish }

  package var kind: Kind
  package var input: Int
  package var outputs: Int
  package var kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]
  package var activation = Activation.plain
  /// The number of what is added before the activation.
  package var plus: Int?
  /// Of a convolution.
  package var weights: PackedConvolution?

  package init(
    _ kind: Kind, input: Int, outputs: Int, kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]
  ) {
    (self.kind, self.input, self.outputs) = (kind, input, outputs)
    (self.kernel, self.stride, self.padding, self.dilation) = (kernel, stride, padding, dilation)
  }

  fileprivate var described: cl_layer {
    var layer = cl_layer()
    layer.kind = Int32(kind == .convolution ? CL_CONVOLUTION : kind == .depthwise ? CL_DEPTHWISE : CL_MAX_POOL)
    layer.activation = activation.rawValue
    layer.input = Int32(input)
    layer.plus = Int32(plus ?? -1)
    layer.outputs = outputs
    layer.kernel = (kernel[0], kernel[1])
    layer.stride = (stride[0], stride[1])
    layer.padding = (padding[0], padding[1])
    layer.dilation = (dilation[0], dilation[1])
    layer.weight = weights.map { UnsafePointer($0.weight.base.assumingMemoryBound(to: Float.self)) }
    layer.bias = weights.map { UnsafePointer($0.bias.base.assumingMemoryBound(to: Float.self)) }
    return layer
  }

  /// The size of the result along a dimension; 0 where no window fits.
  package func outputSize(_ dimension: Int, of size: Int) -> Int {
    var layer = described
    return cl_output(&layer, Int32(dimension), size)
  }
}

extension CPUBackend {
  /// How many layers a chain may have.
  package static let mostChannelLayers = Int(CL_MOST_LAYERS)

  /// Runs layers in a row on float32 images.
  /// - Parameters:
  ///   - x: `[batch, channels, height, width]`, row-major (the first layer is then a convolution that was packed for it) or
  ///     channels last.
  ///   - out: the last layer's result, channels last.
  /// - Returns: whether it was done; nothing was written otherwise.
  package func channelLayers(_ layers: [ChannelLayer], _ x: Strided, into out: Strided) -> Bool {
    let described = layers.map(\.described)
    var input = images(x), output = images(out)
    let status = withExtendedLifetime(layers) { cl_run(described, Int32(described.count), &input, &output) }
    return status == 0
  }

  /// Whether the channels of dense images lie apart. What has a size of 1 may have any stride: the sizes say how it lies.
  package static func readsPlanes(_ x: Strided) -> Bool {
    x.isContiguous && x.shape[1] > 1 && x.shape[2] * x.shape[3] > 1
  }

  private func images(_ x: Strided) -> cl_images {
    let shape = x.shape
    let isLast = !Self.readsPlanes(x), (channels, height, width) = (shape[1], shape[2], shape[3])
    return cl_images(
      data: x.of(Float.self), batch: shape[0], channels: channels, height: height, width: width,
      plane: isLast ? 1 : height * width, pixel: isLast ? channels : 1, row: isLast ? channels * width : width,
      image: channels * height * width)
  }
}
