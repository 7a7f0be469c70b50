// The maximum of each window over 1 to 3 spatial dimensions.

struct MaxPool: Op {
  /// Who wants the places of the maxima.
  enum Places { case nobody, gradient, caller }

  let spec: PoolSpec
  let ceilMode: Bool
  let places: Places
  let format: MemoryFormat
  var name: StaticString {
    switch spec.kernel.count {
    case 1: "max_pool1d_with_indices"
    case 2: "max_pool2d_with_indices"
    default: "max_pool3d_with_indices"
    }
  }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    let x = inputs[0].contiguous(memoryFormat: format)
    let shape = spec.outputShape(x.shape, ceilMode: ceilMode)
    let out = Tensor(shape: shape, dtype: x.dtype, device: x.device, format: format)
    let found = places == .nobody ? nil : Tensor(shape: shape, dtype: .int32, device: x.device, format: format)
    x.backend.maxPool(spec, x.strided, into: out.strided, places: found?.strided)
    if let found { saving.constant(found) }
    return places == .caller ? [out, found!.to(.int64)] : [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let g = gradients[0] else { return [] }
    return [MaxPoolGradient(spec: spec, shape: saved.shape(of: 0), format: format)(g, saved[0])]
  }
}

/// Sends each window's gradient to where its maximum was.
struct MaxPoolGradient: Op {
  /// Nil where the windows are of unequal sizes; `format` is row-major then.
  let spec: PoolSpec?
  let shape: Shape
  let format: MemoryFormat
  var name: StaticString { "max_pool_gradient" }

  func forward(_ inputs: [Tensor], _ saving: inout Saving) -> [Tensor] {
    saving.constant(inputs[1])
    let g = inputs[0].contiguous(memoryFormat: format), places = inputs[1].contiguous(memoryFormat: format)
    let out = Tensor(shape: shape, dtype: g.dtype, device: g.device, format: format)
    g.backend.maxPoolGradient(spec, g.strided, places: places.strided, into: out.strided)
    return [out]
  }

  func backward(_ gradients: [Tensor?], _ saved: Saved) -> [Tensor?] {
    guard let gg = gradients[0] else { return [] }
    let indices = saved[0].to(.int64).flatten(2), flat = gg.flatten(2)
    // A window that met no input has its place outside of the plane, and no gradient.
    let outside = (indices .< 0).logicalOr(indices .>= flat.size(2))
    let taken = flat.gather(dim: 2, index: indices.maskedFill(outside, value: 0))
    return [taken.maskedFill(outside, value: 0).view(saved[0].shape), nil]
  }
}

extension Int {
  /// Whether it may be a kernel's size, a stride or a dilation: positive, and as in PyTorch below 2^31, so that no sum or
  /// product of two overflows.
  package var isWindowSize: Bool { self > 0 && self <= Int(Int32.max) }
  /// Whether it may be the padding of a window.
  package var isWindowPadding: Bool { self == 0 || isWindowSize }
}

extension PoolSpec {
  func outputShape(_ x: Shape, ceilMode: Bool) -> Shape {
    var shape: Shape = [x[0], x[1]]
    for i in kernel.indices { shape.append(windows(of: x[i + 2], i, ceilMode: ceilMode)) }
    return shape
  }

  /// How many windows a spatial dimension of a size has.
  func windows(of size: Int, _ i: Int, ceilMode: Bool) -> Int {
    let room = size + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1
    let count = room < 0 ? 0 : (room + (ceilMode ? stride[i] - 1 : 0)) / stride[i] + 1
    // A last window that would start past the input and its padding is dropped.
    return ceilMode && (count - 1) * stride[i] >= size + padding[i] ? count - 1 : count
  }

  /// A fault where windows like these cannot be laid over a tensor, with or without a batch dimension.
  func check(_ x: Tensor, op: StaticString) {
    let count = kernel.count
    func refuse(_ rule: String) -> Never { fault(OpError(op, "\(rule); got input \(x.signature)")) }
    guard x.ndim == count + 2 || x.ndim == count + 1 else {
      refuse("input wants \(count + 2) dimensions, or \(count + 1) without a batch, it has \(x.ndim)")
    }
    guard x.dtype != .bool else { refuse("input cannot be bool; convert it first") }
    guard x.shape.suffix(count + 1).allSatisfy({ $0 > 0 }) else { refuse("the sizes but the batch want to be above 0") }
    guard (kernel + stride + dilation).allSatisfy(\.isWindowSize) else {
      refuse("kernel, stride and dilation want positive numbers below 2^31")
    }
    for i in 0..<count {
      guard padding[i].isWindowPadding, padding[i] * 2 <= kernel[i] else {
        refuse("padding is at most half of the kernel, \(kernel[i] / 2) here; it is \(padding[i])")
      }
      let span = dilation[i] * (kernel[i] - 1) + 1, size = x.shape[x.ndim - count + i] + 2 * padding[i]
      guard size >= span else { refuse("the window spans \(span) at spatial dim \(i), the padded input has \(size)") }
    }
  }
}

extension Tensor {
  /// The maximum of each window over the last dimensions.
  package func maxPool(_ spec: PoolSpec, ceilMode: Bool, op: StaticString) -> Tensor {
    maxPool(spec, ceilMode, requiresGrad && isGradEnabled() ? .gradient : .nobody, op)[0]
  }

  /// The maximum of each window over the last dimensions, and where in its plane it was.
  package func maxPoolWithIndices(_ spec: PoolSpec, ceilMode: Bool, op: StaticString) -> (
    values: Tensor, indices: Tensor
  ) {
    let found = maxPool(spec, ceilMode, .caller, op)
    return (found[0], found[1])
  }

  private func maxPool(_ spec: PoolSpec, _ ceilMode: Bool, _ places: MaxPool.Places, _ op: StaticString) -> [Tensor] {
    inOp(op) {
      spec.check(self, op: op)
      guard places == .nobody || shape.suffix(spec.kernel.count).reduce(1, *) <= Int32.max else {
        fault(OpError(op, "the places of maxima are counted up to 2^31 - 1 in a plane; got input \(signature)"))
      }
      let batched = ndim == spec.kernel.count + 2, x = batched ? self : unsqueeze(0)
      let pool = MaxPool(spec: spec, ceilMode: ceilMode, places: places, format: x.suggestedFormat)
      let found = pool.apply([x])
      return batched ? found : found.map { $0.squeeze(0) }
    }
  }
}
