/// Reads the format that torch wrote before 1.6: five pickles in a row (a magic number, the protocol's version, facts about
/// the machine, the value, the keys of its storages), then each storage as a count of elements and their bytes.
///
/// Numbers lie little-endian whatever the machine was: torch swaps them where it writes, and does not look at the
/// machine's facts where it reads.
struct LegacyCheckpoint {
  /// The number 0x1950a86a20f9469cfc6c.
  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
  private static let version = 1001

  let source: RandomAccessBytes
  /// Where the second pickle begins.
  private let start: Int
  private var places: [String: Range<Int>] = [:]

  /// Nil where the bytes begin in another way.
  init?(_ source: RandomAccessBytes) {
    guard let (graph, end) = try? PickleReader.read(source, at: 0, anyClass: false, limits: Self.smallLimits),
      case .bigInt(Self.magic) = graph.nodes[graph.root]
    else { return nil }
    (self.source, start) = (source, end)
  }

  /// Limits of the pickles that hold next to nothing.
  private static var smallLimits: PickleLimits { PickleLimits(bytes: 1 << 20) }

  /// Everything that the file holds.
  func read(weightsOnly: Bool) throws(FormatError) -> CheckpointContent {
    var file = self
    let (version, versionEnd) = try PickleReader.read(source, at: start, anyClass: false, limits: Self.smallLimits)
    guard case .int(let number) = version.nodes[version.root] else {
      throw FormatError(.damagedPickle, "has \(version.nodes[version.root].kindName) for its protocol's version")
    }
    guard number == Self.version else {
      throw FormatError(.unsupported, "has protocol version \(number); \(Self.version) is read here")
    }
    // What the machine was like changes nothing.
    let (_, factsEnd) = try PickleReader.read(source, at: versionEnd, anyClass: false, limits: Self.smallLimits)
    let (graph, graphEnd) = try PickleReader.read(source, at: factsEnd, anyClass: !weightsOnly)
    let (keys, keysEnd) = try PickleReader.read(source, at: graphEnd, anyClass: false)
    try file.findStorages(graph, keys, from: keysEnd)
    return try TensorBuilder.build(graph, over: file)
  }

  /// Finds where each storage lies, by the list of keys.
  private mutating func findStorages(_ graph: PickleGraph, _ keys: PickleGraph, from start: Int) throws(FormatError) {
    var known: [String: PickleValue.StorageReference] = [:]
    for case .storage(let storage) in graph.nodes where known[storage.key] == nil { known[storage.key] = storage }
    guard case .list(let items) = keys.nodes[keys.root] else {
      throw FormatError(.damagedPickle, "has \(keys.nodes[keys.root].kindName) for the keys of its storages")
    }
    var position = start
    for item in items {
      guard case .string(let key) = keys.nodes[item], let storage = known[key] else {
        throw FormatError(.badTensor, "lists a storage that its pickle does not name: \(keys.nodes[item].label)")
      }
      let label = JSON.quoted(key)
      guard places[key] == nil else { throw FormatError(.badTensor, "lists storage \(label) twice") }
      guard let count = try source.bytes(8, at: position).u64(0), count == storage.count else {
        throw FormatError(.badTensor, "has storage \(label) of another length than the \(storage.count) of its pickle")
      }
      position += 8
      let (size, overflow) = count.multipliedReportingOverflow(by: storage.itemSize)
      guard !overflow, size <= source.count - position else {
        throw FormatError(
          .damagedArchive,
          "is cut off: storage \(label) of \(count) elements, \(source.count - position) bytes are left")
      }
      places[key] = position..<position + size
      position += size
    }
    // torch goes on without; the values would be whatever the memory held before.
    for key in known.keys where places[key] == nil {
      throw FormatError(.badTensor, "lacks the storage \(JSON.quoted(key)) that its pickle names")
    }
  }
}

extension LegacyCheckpoint: StorageSource {
  var isBigEndian: Bool { false }

  func size(of storage: PickleValue.StorageReference) throws(FormatError) -> Int? { places[storage.key]?.count }

  func read(
    _ wanted: [(storage: PickleValue.StorageReference, bytes: UnsafeMutableRawBufferPointer)]
  ) throws(FormatError) {
    try source.readAll(wanted.map { ByteRequest(offset: places[$0.storage.key]!.lowerBound, buffer: $0.bytes) })
  }
}

extension PickleValue.StorageReference {
  /// Bytes of one element, of any dtype that torch has storages for.
  var itemSize: Int {
    switch dtype {
    case nil, "bool", "uint8", "int8", "qint8", "quint8", "quint4x2", "quint2x4": 1
    case "int16", "float16", "bfloat16": 2
    case "int64", "float64", "complex64": 8
    case "complex128": 16
    default: 4
    }
  }
}

extension PickleValue {
  /// A text as it is, anything else by its kind.
  fileprivate var label: String { if case .string(let text) = self { JSON.quoted(text) } else { kindName } }
}
