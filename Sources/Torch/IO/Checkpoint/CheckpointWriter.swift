/// Makes the pickle of a value, collects the memory of its tensors, and writes both as torch's archive.
struct CheckpointWriter {
  /// One step on the way to a value, for errors.
  enum Step {
    case key(String)
    case index(Int)
  }

  /// A node of a file that was read.
  struct NodeKey: Hashable {
    var content: ObjectIdentifier
    var node: Int
  }

  /// How deep values may lie in one another: as deep as they are read.
  static let depthLimit = PickleLimits().depth

  var pickle = PickleWriter()
  private var storages: [(storage: Storage, count: Int, dtype: DType)] = []
  private var storageNumbers: [ObjectIdentifier: Int] = [:]
  // Tensors are kept, so that an address is not used again for another.
  private var tensors: [ObjectIdentifier: (tensor: Tensor, memo: Int)] = [:]
  /// What was written of checkpoints, by the number under which the pickle remembers it.
  var nodes: [NodeKey: Int] = [:]
  private var place: [Step] = []

  init(_ value: SavedValue) throws(CheckpointError) {
    try write(value)
    pickle.op(.stop)
  }

  /// An error that names the place of the value at hand.
  func refuse(_ reason: String, _ kind: CheckpointError.Kind = .unsupported) -> CheckpointError {
    let steps = place.map { step in
      switch step {
      case .key(let key): "[\(key)]"
      case .index(let index): "[\(index)]"
      }
    }
    return CheckpointError(kind, "checkpoint" + steps.joined(), reason)
  }

  /// Writes a part, whose place is one step further.
  mutating func at(
    _ step: Step, _ body: (inout CheckpointWriter) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard place.count < Self.depthLimit else { throw refuse("lies more than \(Self.depthLimit) deep", .limit) }
    place.append(step)
    try body(&self)
    place.removeLast()
  }

  mutating func write(_ value: SavedValue) throws(CheckpointError) {
    switch value.node {
    case .none: pickle.op(.none)
    case .bool(let value): pickle.bool(value)
    case .int(let value): pickle.int(value)
    case .bigInt(let digits): pickle.bigInt(digits)
    case .double(let value): pickle.double(value)
    case .complex(let real, let imaginary): complex(real, imaginary)
    case .string(let text): pickle.string(text)
    case .bytes(let bytes): pickle.bytes(bytes)
    case .list(let elements):
      pickle.op(.emptyList)
      try append(elements) { (writer, element) throws(CheckpointError) in try writer.write(element) }
    case .tuple(let elements):
      if elements.count > 3 { pickle.op(.mark) }
      for (index, element) in elements.enumerated() {
        try at(.index(index)) { (writer) throws(CheckpointError) in try writer.write(element) }
      }
      pickle.closeTuple(elements.count)
    case .set(let elements):
      pickle.global("builtins", "set")
      pickle.op(.emptyList)
      try append(elements) { (writer, element) throws(CheckpointError) in
        try writer.checkKey(element)
        try writer.write(element)
      }
      pickle.op(.tuple1)
      pickle.op(.reduce)
    case .dictionary(let dictionary): try write(dictionary)
    case .size(let sizes): size(sizes)
    case .device(let text): device(text)
    case .dtype(let name): pickle.global("torch", name)
    case .tensor(let tensor): try write(tensor)
    case .parameter(let tensor):
      try parameter(requiresGrad: tensor.requiresGrad) { (writer) throws(CheckpointError) in
        try writer.write(tensor.detach())
      }
    case .checkpoint(let checkpoint): try write(checkpoint.node, of: checkpoint.content)
    case .unknown(let type): throw refuse("is a \(type), which is not Savable")
    }
  }

  private mutating func write(_ dictionary: SavedValue.Dictionary) throws(CheckpointError) {
    var known: Set<[UInt8]> = []
    for case (let key, _) in dictionary.pairs {
      try checkKey(key)
      if case .string(let text) = key.node, !known.insert(Array(text.utf8)).inserted {
        throw refuse("has the key \(JSON.quoted(text)) twice")
      }
    }
    func entries(_ writer: inout CheckpointWriter) throws(CheckpointError) {
      try writer.set(dictionary.pairs, name: Self.keyText) { (writer, pair) throws(CheckpointError) in
        try writer.write(pair.key)
        try writer.write(pair.value)
      }
    }
    switch dictionary.kind {
    case .dict:
      pickle.op(.emptyDict)
      try entries(&self)
    case .counter:
      pickle.global("collections", "Counter")
      pickle.op(.emptyDict)
      try entries(&self)
      pickle.op(.tuple1)
      pickle.op(.reduce)
    case .orderedDict:
      emptyOrderedDict()
      try entries(&self)
    }
    guard !dictionary.attributes.isEmpty else { return }
    pickle.op(.emptyDict)
    try set(dictionary.attributes, name: { JSON.quoted($0.name) }) { (writer, attribute) throws(CheckpointError) in
      writer.pickle.string(attribute.name)
      try writer.write(attribute.value)
    }
    pickle.op(.build)
  }

  private static func keyText(_ pair: (key: SavedValue, value: SavedValue)) -> String {
    switch pair.key.node {
    case .string(let text): JSON.quoted(text)
    case .int(let number): "\(number)"
    default: "?"
    }
  }

  /// Refuses what Python cannot hash.
  private func checkKey(_ key: SavedValue) throws(CheckpointError) {
    switch key.node {
    case .list, .set, .dictionary:
      throw refuse("has a list, set or dictionary as a key or in a set, which Python cannot")
    case .tuple(let elements): for element in elements { try checkKey(element) }
    default: break
    }
  }

  // MARK: Containers

  /// How many elements lie on the stack at once, as in Python.
  private static let batch = 1000

  /// Appends elements to the list on top.
  mutating func append<Element>(
    _ elements: [Element], _ body: (inout CheckpointWriter, Element) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try batches(elements.count, one: .append, many: .appends) { (writer, index) throws(CheckpointError) in
      try writer.at(.index(index)) { (writer) throws(CheckpointError) in try body(&writer, elements[index]) }
    }
  }

  /// Sets keys of the dictionary on top; `body` writes a key and its value.
  mutating func set<Pair>(
    _ pairs: [Pair], name: (Pair) -> String, _ body: (inout CheckpointWriter, Pair) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try batches(pairs.count, one: .setItem, many: .setItems) { (writer, index) throws(CheckpointError) in
      try writer.at(.key(name(pairs[index]))) { (writer) throws(CheckpointError) in try body(&writer, pairs[index]) }
    }
  }

  private mutating func batches(
    _ count: Int, one: PickleOpcode, many: PickleOpcode,
    _ body: (inout CheckpointWriter, Int) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    for start in stride(from: 0, to: count, by: Self.batch) {
      let end = min(start + Self.batch, count)
      if end - start > 1 { pickle.op(.mark) }
      for index in start..<end { try body(&self, index) }
      pickle.op(end - start > 1 ? many : one)
    }
  }

  mutating func emptyOrderedDict() {
    pickle.global("collections", "OrderedDict")
    pickle.op(.emptyTuple)
    pickle.op(.reduce)
  }

  // MARK: Small values

  mutating func complex(_ real: Double, _ imaginary: Double) {
    pickle.global("builtins", "complex")
    pickle.double(real)
    pickle.double(imaginary)
    pickle.op(.tuple2)
    pickle.op(.reduce)
  }

  mutating func size(_ sizes: [Int]) {
    pickle.global("torch", "Size")
    pickle.tuple(of: sizes)
    pickle.op(.tuple1)
    pickle.op(.reduce)
  }

  mutating func device(_ text: String) {
    pickle.global("torch", "device")
    let parts = text.split(separator: ":", maxSplits: 1)
    pickle.string(parts.first.map(String.init) ?? text)
    if parts.count == 2, let index = Int(parts[1]) {
      pickle.int(index)
      pickle.op(.tuple2)
    } else {
      pickle.op(.tuple1)
    }
    pickle.op(.reduce)
  }

  // MARK: Tensors

  /// Writes a tensor, or recalls it where it was written before.
  /// - Parameter attributes: writes what the tensor has beside its elements.
  mutating func write(
    _ tensor: Tensor, attributes: ((inout CheckpointWriter) throws(CheckpointError) -> Void)? = nil
  ) throws(CheckpointError) {
    if let known = tensors[ObjectIdentifier(tensor)] { return pickle.recall(known.memo) }
    // torch has no strides below 0.
    let strided =
      tensor.strided.layout.strides.allSatisfy { $0 >= 0 }
      ? tensor.strided : noGrad { tensor.detach().contiguous().strided }
    if attributes != nil {
      // The function that makes it, its class, the function's arguments, the attributes.
      pickle.global("torch._tensor", "_rebuild_from_type_v2")
      pickle.op(.mark)
    }
    pickle.global("torch._utils", "_rebuild_tensor_v2")
    if attributes != nil { pickle.global("torch", "Tensor") }
    pickle.op(.mark)
    try write(strided.storage, strided.dtype)
    pickle.int(strided.layout.offset)
    pickle.tuple(of: Array(strided.layout.shape))
    pickle.tuple(of: Array(strided.layout.strides))
    pickle.bool(tensor.requiresGrad)
    emptyOrderedDict()
    pickle.op(.tuple)
    if let attributes {
      try attributes(&self)
      pickle.op(.tuple)
    }
    pickle.op(.reduce)
    tensors[ObjectIdentifier(tensor)] = (tensor, pickle.remember())
  }

  mutating func parameter(
    requiresGrad: Bool, state: ((inout CheckpointWriter) throws(CheckpointError) -> Void)? = nil,
    _ data: (inout CheckpointWriter) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    pickle.global("torch._utils", state == nil ? "_rebuild_parameter" : "_rebuild_parameter_with_state")
    pickle.op(.mark)
    try data(&self)
    pickle.bool(requiresGrad)
    emptyOrderedDict()
    try state?(&self)
    pickle.op(.tuple)
    pickle.op(.reduce)
  }

  /// Names a storage, which is written beside the pickle.
  private mutating func write(_ storage: Storage, _ dtype: DType) throws(CheckpointError) {
    let count = storage.byteCount / dtype.itemSize
    let number = storageNumbers[ObjectIdentifier(storage)] ?? storages.count
    if number == storages.count {
      storageNumbers[ObjectIdentifier(storage)] = number
      storages.append((storage, count, dtype))
    }
    // As torch: where there are no bytes, there is nothing to tell apart.
    guard storages[number].dtype == dtype || storage.byteCount == 0 else {
      throw refuse(
        "is a view as \(dtype.name) of memory that is saved as \(storages[number].dtype.name); save a clone() of it")
    }
    pickle.op(.mark)
    pickle.string("storage")
    pickle.global("torch", dtype.storageName)
    pickle.string("\(number)")
    pickle.string(storage.device.description)
    pickle.int(count)
    pickle.op(.tuple)
    pickle.op(.binPersID)
  }

  // MARK: The archive

  /// The name of the folder inside the archive: the file's own, without its ending.
  static func folder(for path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let stem = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let isPlain = stem.utf8.allSatisfy { 0x20 < $0 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
    return stem.isEmpty || stem == "." || stem == ".." || !isPlain ? "archive" : stem
  }

  /// Writes the entries that torch writes, in its order.
  func writeArchive(to sink: any ByteSink, folder: String) throws {
    var zip = ZipWriter(to: sink, describesBehind: true)
    var names: [String] = []
    func add(_ name: String, _ text: String) throws {
      names.append(name)
      try zip.add("\(folder)/\(name)", Array(text.utf8))
    }
    try zip.add("\(folder)/data.pkl", pickle.bytes)
    try add(".format_version", "1")
    try add(".storage_alignment", "64")
    try add("byteorder", "little")
    for (number, (storage, count, dtype)) in storages.enumerated() {
      names.append("data/\(number)")
      try Self.withBytes(of: storage, count, dtype) { try zip.add("\(folder)/data/\(number)", [$0]) }
    }
    try add("version", "3\n")
    // As in torch, equal names and content give equal numbers: one of the names, one of the content.
    let hash = names.joined(separator: "\n").utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    try add(".data/serialization_id", Self.digits(hash) + Self.digits(UInt64(zip.checksum)))
    try zip.finish()
  }

  private static func digits(_ number: UInt64) -> String {
    let text = "\(number)"
    return String(repeating: "0", count: 20 - text.count) + text
  }

  /// The memory of a storage; of one on another device, a copy.
  private static func withBytes(
    of storage: Storage, _ count: Int, _ dtype: DType, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var here = storage
    if !storage.isOnCPU {
      let all = Strided(storage: storage, layout: Layout(contiguous: Shape([count])), dtype: dtype)
      here = noGrad { Tensor(all).to(.cpu).strided.storage }
    }
    try withExtendedLifetime(here) {
      try body(UnsafeRawBufferPointer(start: here.base, count: count * dtype.itemSize))
    }
  }
}

extension DType {
  /// The name of torch's typed storage.
  fileprivate var storageName: String {
    switch self {
    case .float64: "DoubleStorage"
    case .float32: "FloatStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    }
  }
}
