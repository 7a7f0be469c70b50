// Factories.

extension Tensor {
  private static func make(_ shape: Shape, _ dtype: DType, _ device: Device, _ requiresGrad: Bool, op: String) -> Tensor
  {
    guard !shape.contains(where: { $0 < 0 }) else { fault(op, "sizes cannot be negative; got \(shape.brackets)") }
    guard shape.count <= Shape.maximumCount else {
      fault(op, "\(shape.count) dimensions are too many; the limit is \(Shape.maximumCount)")
    }
    guard shape.checkedElementCount(itemSize: dtype.itemSize) != nil else {
      fault(op, "\(shape.brackets) has more elements than any memory holds")
    }
    let result = Tensor(shape: shape, dtype: dtype, device: device)
    if requiresGrad { result.requiresGrad = true }
    return result
  }

  /// Undefined content, as `torch.empty`.
  public static func empty(
    _ sizes: some Collection<Int>, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor { make(Shape(sizes), dtype, device, requiresGrad, op: "empty") }
  public static func empty(_ sizes: Int..., dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false)
    -> Tensor
  {
    empty(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Every element the same number, as `torch.full`; the dtype follows the number.
  public static func full(
    _ sizes: some Collection<Int>, _ value: some TensorScalar, dtype: DType? = nil, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    let result = make(Shape(sizes), dtype ?? value.scalar.dtype, device, false, op: "full")
    value.scalar.checkFits(result.dtype, op: "full", strictly: result.numel() > 1)
    result.backend.fill(result.strided, with: value.scalar)
    if requiresGrad { result.requiresGrad = true }
    return result
  }

  /// Every element 0, as `torch.zeros`.
  public static func zeros(
    _ sizes: some Collection<Int>, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor { inOp("zeros") { full(sizes, 0, dtype: dtype, device: device, requiresGrad: requiresGrad) } }
  public static func zeros(_ sizes: Int..., dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false)
    -> Tensor
  {
    zeros(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Every element 1, as `torch.ones`.
  public static func ones(
    _ sizes: some Collection<Int>, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor { inOp("ones") { full(sizes, 1, dtype: dtype, device: device, requiresGrad: requiresGrad) } }
  public static func ones(_ sizes: Int..., dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false)
    -> Tensor
  {
    ones(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Undefined content in the shape, dtype, order and device of another tensor, as `torch.empty_like`.
  public static func empty(like other: Tensor, dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false)
    -> Tensor
  {
    let result = Tensor(
      Backends.opened(device ?? other.device).allocate(other.strided.layout.ofCopy, dtype: dtype ?? other.dtype))
    if requiresGrad { result.requiresGrad = true }
    return result
  }

  /// As ``full(_:_:dtype:device:requiresGrad:)``, in the shape, dtype and order of another tensor.
  public static func full(
    like other: Tensor, _ value: some TensorScalar, dtype: DType? = nil, device: Device? = nil,
    requiresGrad: Bool = false
  ) -> Tensor {
    let result = empty(like: other, dtype: dtype, device: device)
    value.scalar.checkFits(result.dtype, op: "full_like", strictly: result.numel() > 1)
    result.backend.fill(result.strided, with: value.scalar)
    if requiresGrad { result.requiresGrad = true }
    return result
  }
  /// As ``zeros(_:dtype:device:requiresGrad:)-(Int...,_,_,_)``, in the shape, dtype and order of another tensor.
  public static func zeros(like other: Tensor, dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false)
    -> Tensor
  {
    full(like: other, 0, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// As ``ones(_:dtype:device:requiresGrad:)-(Int...,_,_,_)``, in the shape, dtype and order of another tensor.
  public static func ones(like other: Tensor, dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false)
    -> Tensor
  {
    full(like: other, 1, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// Ones on the diagonal, else zeros, as `torch.eye`.
  public static func eye(
    _ n: Int, _ m: Int? = nil, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    let result = inOp("eye") { zeros([n, m ?? n], dtype: dtype, device: device) }
    noGrad { result.diagonal().fill_(1) }
    if requiresGrad { result.requiresGrad = true }
    return result
  }

  /// Numbers from `start` up to and not including `end`, as `torch.arange`; int64 where all are whole numbers.
  /// - Precondition: `step` is not 0 and leads from `start` to `end`.
  public static func arange<S: TensorScalar>(
    _ start: S, _ end: S, _ step: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    let (a, b, s) = (start.scalar, end.scalar, step.scalar)
    guard a.double.isFinite, b.double.isFinite, s.double != 0, (b.double - a.double) / s.double >= 0 else {
      fault("arange", "step \(step) does not lead from \(start) to \(end)")
    }
    // Not the number of elements that no memory holds, but what can be counted with.
    guard (b.double - a.double) / s.double < 0x1p62 else {
      fault("arange", "the range from \(start) to \(end) by \(step) has more numbers than can be counted")
    }
    let dtype = dtype ?? a.dtype
    if case .double = a {
      // Into whole numbers PyTorch counts with whole numbers: start and step lose their fractions first.
      let count = Int(((b.double - a.double) / s.double).rounded(.up))
      if dtype.isFloatingPoint {
        return sequence(count, dtype, device, requiresGrad) { .double(a.double + Double($0) * s.double) }
      }
      return sequence(count, dtype, device, requiresGrad) { .int(a.int64 + Int64($0) * s.int64) }
    }
    let (span, overflow) = b.int64.subtractingReportingOverflow(a.int64)
    if overflow { fault("arange", "the range from \(start) to \(end) is wider than int64") }
    let count = Int(span / s.int64) + (span % s.int64 == 0 ? 0 : 1)
    return sequence(count, dtype, device, requiresGrad) { .int(a.int64 + Int64($0) * s.int64) }
  }
  public static func arange<S: TensorScalar>(
    _ start: S, _ end: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    arange(start, end, S(scalar: .int(1)), dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  public static func arange<S: TensorScalar>(
    _ end: S, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    arange(S(scalar: .int(0)), end, S(scalar: .int(1)), dtype: dtype, device: device, requiresGrad: requiresGrad)
  }

  /// `steps` numbers evenly from `start` to `end`, both included, as `torch.linspace`.
  /// - Precondition: `steps` is not negative.
  public static func linspace(
    _ start: some TensorScalar, _ end: some TensorScalar, _ steps: Int, dtype: DType = .float32, device: Device = .cpu,
    requiresGrad: Bool = false
  ) -> Tensor {
    sequence(
      steps, dtype, device, requiresGrad, evenly(from: start.scalar, to: end.scalar, steps, dtype, op: "linspace"))
  }

  /// `steps` powers of `base` whose exponents go evenly from `start` to `end`, both included, as `torch.logspace`.
  /// - Precondition: `steps` is not negative; not bool.
  public static func logspace(
    _ start: some TensorScalar, _ end: some TensorScalar, _ steps: Int, base: Double = 10, dtype: DType = .float32,
    device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor {
    inOp("logspace") {
      if dtype == .bool { fault("logspace", "makes numbers, not bool") }
      // The bounds of half types are rounded first.
      func bound(_ x: Scalar) -> Scalar {
        dtype.isHalf ? (full([], x.double, dtype: dtype).item() as Double).scalar : x
      }
      let exponent = evenly(
        from: bound(start.scalar), to: bound(end.scalar), steps, dtype, op: "logspace", inSteps: true)
      // A single number keeps the fraction of its exponent.
      let exponents = sequence(steps, .float64, device, false) {
        steps == 1 ? .double(start.scalar.double) : exponent($0)
      }
      let result = BinaryOp.pow(exponents, .double(base), numberFirst: true).to(dtype)
      if requiresGrad { result.requiresGrad = true }
      return result
    }
  }

  /// The numbers of ``linspace(_:_:_:dtype:device:requiresGrad:)`` by their places.
  private static func evenly(
    from start: Scalar, to end: Scalar, _ steps: Int, _ dtype: DType, op: StaticString, inSteps: Bool = false
  ) -> (
    Int
  ) ->
    Scalar
  {
    guard steps >= 0 else { fault(OpError(op, "steps cannot be negative, got \(steps)")) }
    for bound in [start, end] { bound.checkFits(dtype, op: op) }
    // Whole numbers lose the fractions of their bounds first.
    let isWhole = !dtype.isFloatingPoint
    func bound(_ x: Scalar) -> Double {
      if !isWhole { return x.double }
      return dtype == .uint8 ? Double(UInt8(truncatingIfNeeded: x.int64)) : Double(x.int64)
    }
    let a = bound(start), b = bound(end)
    if steps == 1 { return { _ in .double(a) } }
    if dtype == .float32 {
      // PyTorch walks from both ends towards the middle, in the result's own precision.
      let x = Float(a), y = Float(b), step = steps > 1 ? (y - x) / Float(steps - 1) : 0
      return {
        .double(Double($0 < steps / 2 ? x + step * Float($0) : y - step * Float(steps - 1 - $0)))
      }
    }
    let step = steps > 1 ? (b - a) / Double(steps - 1) : 0
    // An exponent is rounded in two steps, so that PyTorch's zeros are zeros.
    if inSteps {
      return { .double($0 < steps / 2 ? a + step * Double($0) : b - step * Double(steps - 1 - $0)) }
    }
    // Rounded once per element, so that a whole number is not reached by accident.
    return {
      .double($0 < steps / 2 ? a.addingProduct(step, Double($0)) : b.addingProduct(-step, Double(steps - 1 - $0)))
    }
  }

  private static func sequence(
    _ count: Int, _ dtype: DType, _ device: Device, _ requiresGrad: Bool, _ value: (Int) -> Scalar
  ) -> Tensor {
    let result = Tensor(shape: [count], dtype: dtype)
    withoutActuallyEscaping(value) {
      dtype.visit(FillSequence(count: count, target: result.strided.pointer, value: $0))
    }
    let placed = device == .cpu ? result : result.to(device)
    if requiresGrad { placed.requiresGrad = true }
    return placed
  }
}

private struct FillSequence: ElementVisitor {
  let count: Int
  let target: UnsafeMutableRawPointer
  let value: (Int) -> Scalar

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<count {
      target.storeBytes(of: T(scalar: value(i)), toByteOffset: i * MemoryLayout<T>.stride, as: T.self)
    }
  }
}

extension Tensor {
  /// Undefined content with this tensor's dtype and device, as `torch.Tensor.new_empty`.
  public func newEmpty(_ sizes: [Int], dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false) -> Tensor
  {
    .empty(sizes, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }
  /// As ``newEmpty(_:dtype:device:requiresGrad:)-([Int],_,_,_)``.
  public func newEmpty(_ sizes: Int..., dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false)
    -> Tensor
  {
    newEmpty(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// Zeros with this tensor's dtype and device, as `torch.Tensor.new_zeros`.
  public func newZeros(_ sizes: [Int], dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false) -> Tensor
  {
    newFull(sizes, 0, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// As ``newZeros(_:dtype:device:requiresGrad:)-([Int],_,_,_)``.
  public func newZeros(_ sizes: Int..., dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false)
    -> Tensor
  {
    newZeros(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// Ones with this tensor's dtype and device, as `torch.Tensor.new_ones`.
  public func newOnes(_ sizes: [Int], dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false) -> Tensor
  {
    newFull(sizes, 1, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// As ``newOnes(_:dtype:device:requiresGrad:)-([Int],_,_,_)``.
  public func newOnes(_ sizes: Int..., dtype: DType? = nil, device: Device? = nil, requiresGrad: Bool = false) -> Tensor
  {
    newOnes(sizes, dtype: dtype, device: device, requiresGrad: requiresGrad)
  }
  /// A number everywhere with this tensor's dtype and device, as `torch.Tensor.new_full`.
  public func newFull(
    _ sizes: [Int], _ fillValue: some TensorScalar, dtype: DType? = nil, device: Device? = nil,
    requiresGrad: Bool = false
  ) -> Tensor {
    .full(
      sizes, fillValue, dtype: dtype ?? self.dtype, device: device ?? self.device, requiresGrad: requiresGrad)
  }

  /// A 0-dim tensor, as `torch.scalar_tensor`.
  public static func scalarTensor(
    _ s: some TensorScalar, dtype: DType = .float32, device: Device = .cpu, requiresGrad: Bool = false
  ) -> Tensor { full([], s, dtype: dtype, device: device, requiresGrad: requiresGrad) }
}
