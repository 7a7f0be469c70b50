/// Where the memory of a checkpoint's tensors lies.
protocol StorageSource {
  /// Whether numbers stand with their highest byte first.
  var isBigEndian: Bool { get }
  /// The file.
  var source: RandomAccessBytes { get }

  /// How many bytes a storage has; nil where it is missing.
  func size(of storage: PickleValue.StorageReference) throws(FormatError) -> Int?

  /// Fills a buffer of that size for each of some storages.
  func read(
    _ wanted: [(storage: PickleValue.StorageReference, bytes: UnsafeMutableRawBufferPointer)]
  ) throws(FormatError)
}

/// Makes the tensors that a pickle describes over memory that lies beside it: each storage is read once, each tensor is
/// known to lie within its own.
struct TensorBuilder<Source: StorageSource> {
  private struct Loaded {
    var storage: Storage
    var dtype: String?
    /// Whether its bytes are known to be 0 and 1.
    var isTruth: Bool
  }

  private let graph: PickleGraph
  private let source: Source
  private var loaded: [String: Loaded] = [:]
  private var views: [String: (of: String, range: Range<Int>, storage: Storage)] = [:]
  private var tensors: [Int: Tensor] = [:]
  private var budget: Int

  static func build(_ graph: PickleGraph, over source: Source) throws(FormatError) -> CheckpointContent {
    var builder = TensorBuilder(graph, source)
    try builder.run()
    return CheckpointContent(graph: graph, tensors: builder.tensors)
  }

  private init(_ graph: PickleGraph, _ source: Source) {
    (self.graph, self.source) = (graph, source)
    budget = CheckpointFile.unpackedLimit(source.source)
  }

  private mutating func run() throws(FormatError) {
    try loadStorages()
    for (node, value) in graph.nodes.enumerated() {
      switch value {
      case .tensor(let reference):
        guard let dtype = DType(exactName: reference.dtype), case .storage(let place) = graph.nodes[reference.storage]
        else { continue }
        tensors[node] = try tensor(reference, dtype, place)
      case .numpy(.array(let array, let bytes)):
        // Others are refused where they are asked for.
        guard array.dtype.dtype != nil else { continue }
        try spend(bytes.count, "an array of NumPy")
        tensors[node] = try array.tensor { (buffer) throws(FormatError) in buffer.copyBytes(from: bytes) }
      default: continue
      }
    }
    for (node, value) in graph.nodes.enumerated() {
      if case .parameter(let data, let requiresGrad) = value, let tensor = tensors[data] {
        tensors[node] = try parameter(tensor, requiresGrad)
      }
    }
  }

  private mutating func spend(_ count: Int, _ what: @autoclosure () -> String) throws(FormatError) {
    guard count <= budget else {
      throw FormatError(.limit, "unpacks to far more than its \(source.source.count) bytes, at \(what())")
    }
    budget -= count
  }

  // MARK: Storages

  private mutating func storage(
    _ place: PickleValue.StorageReference, for dtype: DType
  ) throws(FormatError) -> Storage {
    let label = JSON.quoted(place.key)
    var known = loaded[place.key]!
    // Bytes are swapped, and truth values made 0 or 1, once for all views.
    guard known.dtype == place.dtype || known.storage.byteCount == 0 else {
      throw FormatError(.badTensor, "has storage \(label) under two dtypes")
    }
    if dtype == .bool, !known.isTruth {
      UnsafeMutableRawBufferPointer(start: known.storage.base, count: known.storage.byteCount)
        .makeNative(.bool, swapped: false)
      known.isTruth = true
      loaded[place.key] = known
    }
    let itemSize = place.dtype.map { DType(exactName: $0)?.itemSize ?? 1 } ?? 1
    let count = known.storage.byteCount / itemSize
    guard place.count == count, count * itemSize == known.storage.byteCount else {
      throw FormatError(.badTensor, "has storage \(label) of \(count) elements, the pickle says \(place.count)")
    }
    guard let view = place.view else { return known.storage }
    let range = view.offset * itemSize..<(view.offset + view.count) * itemSize
    if let other = views[view.key] {
      guard other.of == place.key, other.range == range else {
        throw FormatError(.badTensor, "has two parts of storages under the key \(JSON.quoted(view.key))")
      }
      return other.storage
    }
    let root = known.storage
    let part = Storage(
      base: root.base + range.lowerBound, byteCount: range.count, device: .cpu,
      release: .owner { withExtendedLifetime(root) {} })
    views[view.key] = (place.key, range, part)
    return part
  }

  /// Reads the storages of all tensors that there can be, in one go.
  private mutating func loadStorages() throws(FormatError) {
    var wanted: [(storage: PickleValue.StorageReference, bytes: UnsafeMutableRawBufferPointer)] = []
    for case .tensor(let reference) in graph.nodes {
      guard DType(exactName: reference.dtype) != nil, case .storage(let place) = graph.nodes[reference.storage],
        loaded[place.key] == nil
      else { continue }
      guard let size = try source.size(of: place) else {
        throw FormatError(.badTensor, "lacks the storage \(JSON.quoted(place.key)) that its pickle names")
      }
      try spend(size, "storage \(JSON.quoted(place.key))")
      let storage = Storage.cpu(byteCount: size)
      loaded[place.key] = Loaded(storage: storage, dtype: place.dtype, isTruth: place.dtype == DType.bool.name)
      wanted.append((place, UnsafeMutableRawBufferPointer(start: storage.base, count: size)))
    }
    try source.read(wanted)
    for (place, bytes) in wanted {
      if let dtype = place.dtype.flatMap({ DType(exactName: $0) }) {
        bytes.makeNative(dtype, swapped: source.isBigEndian)
      }
    }
  }

  // MARK: Tensors

  /// A view that is known to lie within its storage.
  private mutating func tensor(
    _ reference: PickleValue.TensorReference, _ dtype: DType, _ place: PickleValue.StorageReference
  ) throws(FormatError) -> Tensor {
    let storage = try storage(place, for: dtype)
    let elements = storage.byteCount / dtype.itemSize
    let shape = reference.shape, strides = reference.strides
    func bad(_ reason: String) -> FormatError {
      FormatError(
        .badTensor,
        "has a tensor of sizes \(shape.prefix(64)), strides \(strides.prefix(64)) and offset \(reference.offset) "
          + "in storage \(JSON.quoted(place.key)) of \(elements) elements: \(reason)")
    }
    guard shape.count == strides.count else { throw bad("sizes and strides differ in number") }
    guard shape.count <= Shape.maximumCount else { throw bad("\(Shape.maximumCount) dimensions are the most") }
    // No place of a tensor lies behind this, so that sums of strides cannot overflow anywhere.
    let far = 1 << 48
    guard shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }), 0...far ~= reference.offset else {
      throw bad("one of these is negative or absurd")
    }
    guard let count = Shape(shape).checkedElementCount(itemSize: dtype.itemSize) else {
      throw bad("no memory holds so many elements")
    }
    if count > 0 {
      var last = reference.offset
      for (size, stride) in zip(shape, strides) {
        let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
        guard !overflow, step <= far else { throw bad("it passes the storage's end") }
        last += step
      }
      guard last < elements else { throw bad("it passes the storage's end") }
    }
    // Where no second element is, a stride is never used.
    let layout = Layout(shape: Shape(shape), strides: Shape(strides.map { min($0, far) }), offset: reference.offset)
    return try parameter(Tensor(Strided(storage: storage, layout: layout, dtype: dtype)), reference.requiresGrad)
  }

  /// A tensor of its own over the same memory.
  private func parameter(_ data: Tensor, _ requiresGrad: Bool) throws(FormatError) -> Tensor {
    guard !requiresGrad || data.dtype.isFloatingPoint else {
      throw FormatError(.badTensor, "has a tensor of \(data.dtype.name) that requires gradients, which it cannot")
    }
    let tensor = Tensor(data.strided)
    // What is made in inference mode never records.
    if requiresGrad, !tensor.flags.contains(.inference) { tensor.requiresGrad = true }
    return tensor
  }
}

extension DType {
  /// The dtype of torch's full name alone.
  init?(exactName name: String) {
    guard let dtype = DType.allCases.first(where: { $0.name == name }) else { return nil }
    self = dtype
  }
}
