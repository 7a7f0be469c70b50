/// Reads torch's zip format: a pickle, and the memory of its tensors in entries of their own.
struct CheckpointFile {
  /// The oldest and newest versions that PyTorch itself reads.
  static let versions = 1...10
  /// Tensors may not take more than this many times the file, beyond an allowance: only packed entries can.
  static let growthLimit = 16, allowance = 256 << 20

  let archive: ZipArchive
  /// The name that all entries begin with, slash included.
  let folder: String
  private var isBigEndian = false

  init(_ source: RandomAccessBytes) throws(FormatError) {
    let start = try source.bytes(min(source.count, 4), at: 0).bytes
    guard start.starts(with: [0x50, 0x4b]) else {
      // The legacy format starts with its magic number as a pickle.
      if start.starts(with: [0x80, 0x02, 0x8a]) {
        throw FormatError(
          .unsupported, "is in the format of torch before 1.6, which is not read yet; save it again with a newer torch")
      }
      throw FormatError(.unsupported, "is no file of torch.save: it does not start as a zip file")
    }
    archive = try ZipArchive(source)
    guard let pickle = archive.entries.first(where: { Self.isPickle($0.name) }) else {
      throw FormatError(.unsupported, "is no file of torch.save: it has no data.pkl in a folder of its own")
    }
    folder = String(pickle.name.dropLast("data.pkl".count))
    guard archive[folder + "constants.pkl"] == nil else {
      throw FormatError(.unsupported, "is a TorchScript archive, which is not read here")
    }
    var version = try text("version")
    if version == nil { version = try text(".data/version") }
    guard let version else {
      throw FormatError(.damagedArchive, "lacks its version entry")
    }
    guard let number = Int(version), Self.versions.contains(number) else {
      throw FormatError(.unsupported, "has format version \(JSON.quoted(version)); \(Self.versions) are read here")
    }
    switch try text("byteorder") {
    case nil, "little": break
    case "big": isBigEndian = true
    case let order?:
      throw FormatError(.damagedArchive, "has a byte order that is neither big nor little: \(JSON.quoted(order))")
    }
  }

  private static func isPickle(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[1] == "data.pkl"
  }

  /// The content of a small entry, without white space around it; nil where there is none.
  private func text(_ name: String) throws(FormatError) -> String? {
    guard let entry = archive[folder + name] else { return nil }
    let bytes = try archive.bytes(of: entry, limit: 256)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.damagedArchive, "has an entry \(JSON.quoted(name)) that is no text")
    }
    return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }

  /// Everything that the file holds.
  func read(weightsOnly: Bool) throws(FormatError) -> CheckpointContent {
    let limits = PickleLimits()
    let pickle = try archive.bytes(of: archive[folder + "data.pkl"]!, limit: limits.bytes)
    let graph = try PickleReader.read(pickle, anyClass: !weightsOnly, limits: limits)
    var storages: [String: Storage] = [:]
    var dtypes: [String: String] = [:]
    var tensors: [Int: Tensor] = [:]
    var budget = Self.allowance + Self.growthLimit * archive.source.count
    for (node, value) in graph.nodes.enumerated() {
      if case .parameter(let data, let requiresGrad) = value, let tensor = tensors[data] {
        tensors[node] = try parameter(tensor, requiresGrad)
        continue
      }
      guard case .tensor(let reference) = value, let dtype = DType(exactName: reference.dtype),
        case .storage(let place) = graph.nodes[reference.storage]
      else { continue }
      let storage: Storage
      if let known = storages[place.key] {
        storage = known
        // Bytes are swapped, and truth values made 0 or 1, once for all views.
        guard dtypes[place.key] == place.dtype else {
          throw FormatError(.badTensor, "has storage \(JSON.quoted(place.key)) under two dtypes")
        }
      } else {
        storage = try load(place, &budget)
        storages[place.key] = storage
        dtypes[place.key] = place.dtype
      }
      let elements = storage.byteCount / dtype.itemSize
      let count = place.dtype == nil ? storage.byteCount : elements
      guard place.count == count else {
        throw FormatError(
          .badTensor, "has storage \(JSON.quoted(place.key)) of \(count) elements, the pickle says \(place.count)")
      }
      tensors[node] = try tensor(reference, dtype, storage, elements, key: place.key)
    }
    return CheckpointContent(graph: graph, tensors: tensors)
  }

  private func load(_ place: PickleValue.StorageReference, _ budget: inout Int) throws(FormatError) -> Storage {
    let name = folder + "data/" + place.key
    guard let entry = archive[name] else {
      throw FormatError(.badTensor, "lacks the storage \(JSON.quoted(place.key)) that its pickle names")
    }
    guard entry.size <= budget else {
      throw FormatError(.limit, "unpacks to far more than its \(archive.source.count) bytes, at \(JSON.quoted(name))")
    }
    budget -= entry.size
    let storage = Storage.cpu(byteCount: entry.size)
    let bytes = UnsafeMutableRawBufferPointer(start: storage.base, count: entry.size)
    try archive.read([(entry, bytes)])
    guard let dtype = place.dtype.flatMap({ DType(exactName: $0) }) else { return storage }
    if isBigEndian, dtype.itemSize > 1 { Self.swap(bytes, size: dtype.itemSize) }
    // A truth value is 0 or 1 to every kernel.
    if dtype == .bool { for i in bytes.indices where bytes[i] > 1 { bytes[i] = 1 } }
    return storage
  }

  private static func swap(_ bytes: UnsafeMutableRawBufferPointer, size: Int) {
    for start in stride(from: 0, through: bytes.count - size, by: size) {
      for i in 0..<size / 2 { bytes.swapAt(start + i, start + size - 1 - i) }
    }
  }

  /// A view that is known to lie within its storage.
  private func tensor(
    _ reference: PickleValue.TensorReference, _ dtype: DType, _ storage: Storage, _ elements: Int, key: String
  ) throws(FormatError) -> Tensor {
    let shape = reference.shape, strides = reference.strides
    func bad(_ reason: String) -> FormatError {
      FormatError(
        .badTensor,
        "has a tensor of sizes \(shape.prefix(64)), strides \(strides.prefix(64)) and offset \(reference.offset) "
          + "in storage \(JSON.quoted(key)) of \(elements) elements: \(reason)")
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
