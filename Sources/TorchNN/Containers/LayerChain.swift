// Layers that run as one where nobody can see what lies between them: a convolution in evaluation with the norm and the
// activation that follow it, and rows of such.

/// A module that can say what it computes as a part of a ``LayerChain``.
package protocol ChainLink: Module {
  /// Adds the module's layers.
  /// - Parameter value: what the module would be called with, by its number in the chain.
  /// - Returns: the number of the result; nil where the chain has no such layers. The chain is spoilt then.
  func extend(_ chain: inout LayerChain, from value: Int) -> Int?
}

extension Sequential {
  /// The result of layers one after another, as ``forward(_:)`` of a sequence of them.
  package static func run(_ layers: [any Layer], _ x: Tensor) -> Tensor { LayerChain.run(layers, x) }
}

/// A ``Sequential`` of another class that does not change what one computes.
package protocol PlainSequence: Sequential {}

/// Layers over images, in the order in which they run; see ``ChannelLayer``.
package struct LayerChain {
  /// What a layer is made of; only the chain's newest one still changes.
  private struct Entry {
    var layer: ChannelLayer
    var convolution: Conv2d?
    var norm: BatchNorm2d?
  }

  private var entries: [Entry] = []
  private let input: Tensor

  fileprivate init(_ input: Tensor) { self.input = input }

  fileprivate var newest: Int { entries.count }
  /// One convolution alone is as quick in the layout in which it lies.
  fileprivate var pays: Bool { entries.count > 1 }

  fileprivate func channels(of value: Int) -> Int { value == 0 ? input.shape[1] : entries[value - 1].layer.outputs }

  /// Whether the value is the newest and its layer has nothing at its end yet.
  private func isOpen(_ value: Int) -> Bool {
    value == newest && value > 0 && entries[value - 1].convolution != nil
      && entries[value - 1].layer.activation == .plain
  }

  fileprivate mutating func append(_ layer: ChannelLayer, _ convolution: Conv2d? = nil) -> Int? {
    guard entries.count < CPUBackend.mostChannelLayers, convolution != nil || !entries.isEmpty else { return nil }
    entries.append(Entry(layer: layer, convolution: convolution))
    return newest
  }

  fileprivate mutating func append(norm: BatchNorm2d, to value: Int) -> Int? {
    guard isOpen(value), entries[value - 1].norm == nil, entries[value - 1].layer.plus == nil else { return nil }
    entries[value - 1].norm = norm
    return value
  }

  fileprivate mutating func append(_ activation: ChannelLayer.Activation, to value: Int) -> Int? {
    guard isOpen(value) else { return nil }
    entries[value - 1].layer.activation = activation
    return value
  }

  /// Adds two values, of which `value` is the newest: the end of a residual block.
  package mutating func add(_ other: Int, to value: Int) -> Int? {
    guard isOpen(value), entries[value - 1].layer.plus == nil, other < value, channels(of: other) == channels(of: value)
    else { return nil }
    entries[value - 1].layer.plus = other
    return value
  }

  /// The chain with another module at its end; nil where that cannot be a part of it.
  package mutating func extend(by module: Module, from value: Int) -> Int? {
    guard module.hasNoHooks else { return nil }
    return (module as? any ChainLink)?.extend(&self, from: value)
  }

  /// Layers one after another, whose result is added to what `beside` makes of their input (or to the input) before the activation
  /// that follows: a residual block.
  package mutating func extend(
    from value: Int, by layers: [any Layer], beside: (any Layer)?, _ activation: any Layer
  ) -> Int? {
    var shortcut = value, result = value
    // First, so that the layers' own result is the newest.
    if let beside {
      guard let made = extend(by: beside, from: value) else { return nil }
      shortcut = made
    }
    for layer in layers {
      guard let next = extend(by: layer, from: result) else { return nil }
      result = next
    }
    guard let sum = add(shortcut, to: result) else { return nil }
    return extend(by: activation, from: sum)
  }

  /// What the layers compute; nil where they do not fit together, which running them one by one says in words.
  fileprivate func run() -> Tensor? {
    let isLast = input.suggestedFormat == .channelsLast
    let keepsFormat = isLast || !entries.contains { $0.convolution?.weight.suggestedFormat == .channelsLast }
    // Few channels are read from the planes in which they lie.
    let x =
      isLast || input.shape[1] <= Conv2d.fewChannels
      ? input.contiguous(memoryFormat: input.suggestedFormat)
      : input.contiguous(memoryFormat: .channelsLast)
    let planes = CPUBackend.readsPlanes(x.strided)
    var sizes = [[x.shape[2], x.shape[3]]], layers: [ChannelLayer] = []
    for entry in entries {
      var layer = entry.layer
      let size = (0..<2).map { layer.outputSize($0, of: sizes[layer.input][$0]) }
      guard size.allSatisfy({ $0 > 0 }) else { return nil }
      sizes.append(size)
      if let convolution = entry.convolution {
        layer.weights = convolution.packed(
          with: entry.norm, isDepthwise: layer.kind == .depthwise, readsPlanes: planes && layer.input == 0)
      }
      layers.append(layer)
    }
    let shape: Shape = [x.shape[0], layers[layers.count - 1].outputs] + Shape(sizes[sizes.count - 1])
    let out = Tensor(shape: shape, dtype: .float32, device: .cpu, format: .channelsLast)
    guard CPUBackend.shared.channelLayers(layers, x.strided, into: out.strided) else { return nil }
    return isLast || !keepsFormat ? out : out.contiguous()
  }
}

extension LayerChain {
  /// Whether layers on this input may run as a chain: float32 images of the processor, nothing recorded, nothing cast.
  static func takes(_ x: Tensor) -> Bool {
    !isGradEnabled() && backends.cpu.foldedNorms && x.ndim == 4 && x.dtype == .float32 && x.device == .cpu
      && x.numel() > 0 && !isAutocastEnabled(.cpu)
  }

  /// The result of a chain that `make` describes, from value 0 on; nil where there is no such chain.
  package static func run(_ x: Tensor, _ make: (inout LayerChain) -> Int?) -> Tensor? {
    guard takes(x) else { return nil }
    var chain = LayerChain(x)
    guard let end = make(&chain), end == chain.newest, chain.pays else { return nil }
    return inOp("conv2d") { chain.run() }
  }

  /// The result of layers one after another, as many as can at once.
  static func run(_ layers: [any Layer], _ x: Tensor) -> Tensor {
    var value = x, next = 0
    while next < layers.count {
      let (end, result) = longest(layers[next...], value)
      if let result {
        value = result
        next = end
      } else if let folded = FoldedConvolution(layers[next...]), let result = folded.run(value) {
        value = result
        next += folded.count
      } else if next + 1 < layers.count, let norm = NormThenRelu.joined(layers[next], layers[next + 1]) {
        value = inModule(norm) { norm.normalised(value, relu: true) }
        next += 2
      } else {
        value = layers[next](value)
        next += 1
      }
    }
    return value
  }

  /// How far a chain from the first layer on reaches, and its result.
  private static func longest(_ layers: ArraySlice<any Layer>, _ x: Tensor) -> (end: Int, result: Tensor?) {
    guard layers.first is any ChainLink, takes(x) else { return (layers.startIndex, nil) }
    var chain = LayerChain(x), value = 0, end = layers.startIndex
    for layer in layers {
      var longer = chain
      guard let result = longer.extend(by: layer, from: value) else { break }
      (chain, value) = (longer, result)
      end += 1
    }
    guard value > 0, chain.pays else { return (end, nil) }
    return (end, inOp("conv2d") { chain.run() })
  }
}

extension Module {
  /// Whether no hook sees what the module is given and what it gives.
  var hasNoHooks: Bool { hooks?.isEmpty ?? true }
}

extension Convolution {
  /// The weights as a chain reads them, with the norm worked in; kept until one of the numbers changes.
  fileprivate func packed(with norm: BatchNorm2d?, isDepthwise: Bool, readsPlanes: Bool) -> PackedConvolution {
    let tensors = [bias, norm?.runningMean, norm?.runningVar, norm?.weight, norm?.bias]
    var detail = weight.stride() + [weight.storageOffset(), weight.size(0), isDepthwise ? 1 : 0, readsPlanes ? 1 : 0]
    detail += tensors.flatMap { $0.map { [$0.storageOffset(), $0.stride(0)] } ?? [-1] }
    detail.append(Int(bitPattern: UInt(norm?.eps.bitPattern ?? 0)))
    let key = DerivedKey(.foldedNorm, detail)
    return weight.storage.derived(key, with: tensors.compactMap { $0?.storage }) {
      PackedConvolution(
        weight.strided, bias: bias?.strided,
        norm: norm?.inEvaluation, isDepthwise: isDepthwise, readsPlanes: readsPlanes)
    }
  }

  /// Whether weight and bias are those that the layer was made with, in what a chain computes in.
  var isPlain: Bool {
    func isPlain(_ x: Tensor) -> Bool { x.dtype == .float32 && x.device == .cpu }
    return paddingMode == .zeros && isPlain(weight) && (bias.map { isPlain($0) && $0.shape == [outChannels] } ?? true)
      && weight.shape == Shape([outChannels, inChannels / groups] + kernelSize)
  }
}

extension Conv2d: ChainLink {
  /// So many channels are read from the planes in which they lie.
  fileprivate static let fewChannels = 4

  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    guard type(of: self) == Conv2d.self, isPlain, let sizes = padding.padSizes?.sizes,
      sizes.count == 1 || sizes.count == 2,
      chain.channels(of: value) == inChannels
    else { return nil }
    let isDepthwise = groups > 1 && groups == inChannels && groups == outChannels
    guard groups == 1 || isDepthwise else { return nil }
    // Dense kernels of several pixels are quicker by tiles, or on the matrix unit, each for itself (``FoldedConvolution``).
    guard groups > 1 || kernelSize.allSatisfy({ $0 == 1 }) || inChannels <= Self.fewChannels else { return nil }
    // A depthwise layer reads channels last.
    guard value > 0 || !isDepthwise else { return nil }
    let layer = ChannelLayer(
      isDepthwise ? .depthwise : .convolution, input: value, outputs: outChannels, kernel: kernelSize, stride: stride,
      padding: sizes.count == 1 ? [sizes[0], sizes[0]] : sizes, dilation: dilation)
    return chain.append(layer, self)
  }
}

extension BatchNorm2d: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    guard isFixed, chain.channels(of: value) == numFeatures else { return nil }
    return chain.append(norm: self, to: value)
  }

  /// Whether the norm is a factor and an addend for each channel: of this very class, in evaluation, in float32.
  var isFixed: Bool {
    type(of: self) == BatchNorm2d.self && !training && runningMean != nil && runningVar != nil
      && [runningMean, runningVar, weight, bias].allSatisfy {
        $0.map { $0.dtype == .float32 && $0.device == .cpu && $0.shape == [numFeatures] } ?? true
      }
  }

  /// What a fixed norm computes.
  var inEvaluation: EvaluationNorm {
    EvaluationNorm(
      mean: runningMean!.strided, variance: runningVar!.strided, weight: weight?.strided, bias: bias?.strided, eps: eps)
  }
}

extension ReLU: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    type(of: self) == ReLU.self ? chain.append(.relu, to: value) : nil
  }
}

extension ReLU6: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    type(of: self) == ReLU6.self ? chain.append(.relu6, to: value) : nil
  }
}

extension Hardswish: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    type(of: self) == Hardswish.self ? chain.append(.hardswish, to: value) : nil
  }
}

extension MaxPool2d: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    func two(_ size: any SpatialSize) -> [Int]? {
      let sizes = size.sizes
      return sizes.count == 1 ? [sizes[0], sizes[0]] : sizes.count == 2 ? sizes : nil
    }
    guard type(of: self) == MaxPool2d.self, !ceilMode, value > 0, let kernel = two(kernelSize),
      let stride = two(stride),
      let padding = two(padding), let dilation = two(dilation), (kernel + stride + dilation).allSatisfy({ $0 > 0 }),
      zip(kernel, padding).allSatisfy({ $1 >= 0 && 2 * $1 <= $0 })
    else { return nil }
    return chain.append(
      ChannelLayer(
        .maxPool, input: value, outputs: chain.channels(of: value), kernel: kernel, stride: stride, padding: padding,
        dilation: dilation))
  }
}

extension Sequential: ChainLink {
  package func extend(_ chain: inout LayerChain, from value: Int) -> Int? {
    guard type(of: self) == Sequential.self || self is any PlainSequence else { return nil }
    var value = value
    for layer in layers {
      guard let next = chain.extend(by: layer, from: value) else { return nil }
      value = next
    }
    return value
  }
}
