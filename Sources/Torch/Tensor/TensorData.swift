/// Swift values a tensor can be made of: numbers, and arrays of them nested to any depth.
public protocol TensorData: Sendable {
  /// The dtype that the numbers get by themselves: Int gives int64, Double and Float float32.
  static var tensorDType: DType { get }
  /// Adds the sizes of this value and what it holds.
  func appendShape(_ shape: inout [Int])
  /// Writes the numbers row-major; a fault where nested arrays differ in size.
  func write(_ shape: ArraySlice<Int>, into target: inout TensorDataWriter)
  /// Writes the values of one array; all numbers of a row at once.
  static func write(_ row: [Self], _ shape: ArraySlice<Int>, into target: inout TensorDataWriter)
}

extension TensorData {
  public static func write(_ row: [Self], _ shape: ArraySlice<Int>, into target: inout TensorDataWriter) {
    for element in row { element.write(shape, into: &target) }
  }
}

/// Collects the numbers of nested arrays.
public struct TensorDataWriter {
  fileprivate let dtype: DType
  fileprivate var next: UnsafeMutableRawPointer

  fileprivate mutating func append(_ value: Scalar) {
    value.checkFits(dtype, op: "tensor")
    dtype.visit(StoreScalar(value: value, target: next))
    next += dtype.itemSize
  }

  /// Copies a row of numbers where they have the dtype in memory, else casts it in one go.
  fileprivate mutating func append<S: TensorScalar>(row: [S]) {
    guard let own = S.memoryType, !row.isEmpty else {
      for element in row { append(element.scalar) }
      return
    }
    if dtype.isInteger && own != dtype { for element in row { element.scalar.checkFits(dtype, op: "tensor") } }
    row.withUnsafeBytes { bytes in
      if own == dtype {
        next.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        return
      }
      let backend = CPUBackend.shared
      let source = backend.allocate(Layout(contiguous: [row.count]), dtype: own)
      source.pointer.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
      let storage = Storage(
        base: next, byteCount: row.count * dtype.itemSize, device: .cpu, release: .owner({}))
      backend.copy(source, into: Strided(storage: storage, layout: source.layout, dtype: dtype))
    }
    next += row.count * dtype.itemSize
  }
}

extension TensorScalar {
  /// The dtype that the type has in memory.
  fileprivate static var memoryType: DType? {
    switch self {
    case is Double.Type: .float64
    case is Float.Type: .float32
    case is Int.Type, is Int64.Type: .int64
    case is Int32.Type: .int32
    case is Int16.Type: .int16
    case is Int8.Type: .int8
    case is UInt8.Type: .uint8
    case is Bool.Type: .bool
    default: nil
    }
  }
}

private struct StoreScalar: ElementVisitor {
  let value: Scalar
  let target: UnsafeMutableRawPointer
  func visit<T: Element>(_ type: T.Type) { target.storeBytes(of: T(scalar: value), as: T.self) }
}

extension TensorData where Self: TensorScalar {
  public func appendShape(_ shape: inout [Int]) {}

  public func write(_ shape: ArraySlice<Int>, into target: inout TensorDataWriter) {
    guard shape.isEmpty else {
      fault("tensor", "nested arrays differ in depth: a number stands where an array is expected")
    }
    target.append(scalar)
  }

  public static func write(_ row: [Self], _ shape: ArraySlice<Int>, into target: inout TensorDataWriter) {
    guard shape.isEmpty else {
      fault("tensor", "nested arrays differ in depth: a number stands where an array is expected")
    }
    target.append(row: row)
  }
}

extension Int: TensorData { public static var tensorDType: DType { .int64 } }
extension Int64: TensorData { public static var tensorDType: DType { .int64 } }
extension Int32: TensorData { public static var tensorDType: DType { .int32 } }
extension Int16: TensorData { public static var tensorDType: DType { .int16 } }
extension Int8: TensorData { public static var tensorDType: DType { .int8 } }
extension UInt8: TensorData { public static var tensorDType: DType { .uint8 } }
extension Float: TensorData { public static var tensorDType: DType { .float32 } }
extension Double: TensorData { public static var tensorDType: DType { .float32 } }
extension Bool: TensorData { public static var tensorDType: DType { .bool } }

extension Array: TensorData where Element: TensorData {
  public static var tensorDType: DType { Element.tensorDType }

  public func appendShape(_ shape: inout [Int]) {
    shape.append(count)
    first?.appendShape(&shape)
  }

  public func write(_ shape: ArraySlice<Int>, into target: inout TensorDataWriter) {
    guard shape.first == count else {
      fault("tensor", "nested arrays differ in size: \(count) elements where the first array has \(shape.first ?? 0)")
    }
    Element.write(self, shape.dropFirst(), into: &target)
  }
}

extension Tensor {
  /// A tensor of a number or of nested arrays of numbers, as `torch.tensor`.
  ///
  /// - Parameters:
  ///   - data: a number, or arrays to any depth, all arrays of one level of one size.
  ///   - dtype: by default int64 for Int, float32 for Double and Float, else the type's own.
  ///   - device: where the elements shall live.
  ///   - requiresGrad: whether gradients are wanted for it.
  public convenience init<D: TensorData>(
    _ data: D, dtype: DType? = nil, device: Device = .cpu, requiresGrad: Bool = false
  ) {
    var shape: [Int] = []
    data.appendShape(&shape)
    // An empty list is float32, whatever it would have held.
    let isEmpty = shape.contains(0)
    let dtype = dtype ?? (isEmpty ? .defaultFloat : D.tensorDType)
    let body = CPUBackend.shared.allocate(Layout(contiguous: Shape(shape)), dtype: dtype)
    var writer = TensorDataWriter(dtype: dtype, next: body.pointer)
    data.write(shape[...], into: &writer)
    self.init(body)
    if device != .cpu { setData_(to(device)) }
    if requiresGrad { self.requiresGrad = true }
  }

  /// A tensor of the numbers of a flat array under a shape, copied in one go.
  /// - Precondition: the array has as many elements as the shape.
  public convenience init<S: TensorScalar & TensorData & BitwiseCopyable>(_ elements: [S], shape: [Int]) {
    guard Shape(shape).elementCount == elements.count else {
      fault("tensor", "shape \(shape) wants \(Shape(shape).elementCount) elements, got \(elements.count)")
    }
    self.init(elements)
    strided.layout = Layout(contiguous: Shape(shape))
  }

  /// A tensor over memory of the caller's, which it does not copy, as `torch.from_numpy`.
  ///
  /// - Parameters:
  ///   - memory: row-major elements of `dtype`, aligned to their size.
  ///   - release: runs when the last tensor over the memory is gone.
  /// - Precondition: `memory` holds as many elements as `shape`.
  public convenience init(
    sharing memory: UnsafeMutableRawBufferPointer, shape: [Int], dtype: DType,
    release: @escaping @Sendable () -> Void = {}
  ) {
    let layout = Layout(contiguous: Shape(shape))
    guard let count = layout.shape.checkedElementCount(itemSize: dtype.itemSize),
      count * dtype.itemSize <= memory.count,
      !shape.contains(where: { $0 < 0 })
    else { fault("from_buffer", "shape \(shape) \(dtype.name) does not fit \(memory.count) bytes") }
    let base = memory.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 64)!
    guard Int(bitPattern: base) % dtype.itemSize == 0 else {
      fault("from_buffer", "the memory is not aligned to \(dtype.itemSize) bytes")
    }
    self.init(
      Strided(
        storage: Storage(base: base, byteCount: memory.count, device: .cpu, release: .owner(release)), layout: layout,
        dtype: dtype))
  }
}

extension Tensor {
  /// A tensor over numbers of the caller's, which it does not copy, as `torch.from_numpy`: what is written to one is seen
  /// in the other. It has the numbers' own type: Double gives float64.
  ///
  /// ```swift
  /// let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: 6)
  /// numbers.initialize(repeating: 1)
  /// let x = Tensor(sharing: numbers, shape: [2, 3]) { $0.deallocate() }
  /// ```
  /// - Parameters:
  ///   - numbers: the elements, row-major.
  ///   - shape: by default one dimension that holds all.
  ///   - release: gets `numbers` back when the last tensor over them is gone.
  /// - Precondition: there are at least as many numbers as `shape` wants.
  public convenience init<S: TensorScalar & TensorData & BitwiseCopyable>(
    sharing numbers: UnsafeMutableBufferPointer<S>, shape: [Int]? = nil,
    release: @escaping @Sendable (UnsafeMutableBufferPointer<S>) -> Void = { _ in }
  ) {
    guard let dtype = S.memoryType else { fault("from_buffer", "tensors have no dtype for \(S.self)") }
    // Given back once, by whoever drops the last tensor; until then only tensors know it.
    nonisolated(unsafe) let kept = numbers
    self.init(sharing: UnsafeMutableRawBufferPointer(numbers), shape: shape ?? [numbers.count], dtype: dtype) {
      release(kept)
    }
  }
}

extension Tensor {
  /// The value of a tensor with one element, as `torch.Tensor.item`, as the type asked for: Double, Float, Int, Bool.
  ///
  /// ```swift
  /// let correct: Int = hits.sum().item()
  /// print(labels[0].item(Int.self))
  /// ```
  /// - Precondition: exactly one element.
  public func item<S: TensorScalar>(_ type: S.Type = S.self) -> S { S(scalar: itemScalar()) }

  /// The value of a tensor with one element as a Double, as `torch.Tensor.item`.
  /// - Precondition: exactly one element.
  public func item() -> Double { itemScalar().double }

  /// The value of a tensor with one element, with its kind.
  public func itemScalar() -> Scalar {
    guard numel() == 1 else { fault("item", "wants exactly one element, got shape \(shape.brackets)") }
    let here = detach().cpu()
    return withExtendedLifetime(here) { dtype.visit(LoadScalar(source: here.strided.pointer)) }
  }

  /// The elements, row-major, converted to a Swift number type.
  public func array<S: TensorScalar>(_ type: S.Type = S.self) -> [S] {
    let x = detach().cpu().strided, backend = CPUBackend.shared
    if let own = S.memoryType {
      let body = backend.contiguous(backend.cast(x, to: own))
      return withExtendedLifetime(body.storage) {
        Array(UnsafeBufferPointer(start: body.pointer.assumingMemoryBound(to: S.self), count: body.count))
      }
    }
    let body = backend.contiguous(x)
    return (0..<body.count).map { S(scalar: dtype.visit(LoadScalar(source: body.pointer + $0 * dtype.itemSize))) }
  }

  /// Calls `body` with the row-major bytes of the tensor, without a copy where it lies row-major on the CPU.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let source = CPUBackend.shared.contiguous(cpu().strided)
    return try withExtendedLifetime(source.storage) {
      try body(UnsafeRawBufferPointer(start: source.pointer, count: source.count * dtype.itemSize))
    }
  }

  /// Calls `body` with the elements for writing; counts as an in-place write.
  /// - Precondition: row-major, on the CPU.
  public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
    guard isContiguous(), device == .cpu else {
      fault("withUnsafeMutableBytes", "wants a row-major CPU tensor; use contiguous() and cpu()")
    }
    checkInPlace("withUnsafeMutableBytes", recorded: isRecording)
    defer { bumpVersion() }
    return try body(UnsafeMutableRawBufferPointer(start: strided.pointer, count: numel() * dtype.itemSize))
  }
}
