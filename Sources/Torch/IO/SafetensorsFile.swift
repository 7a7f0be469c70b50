/// An open file whose header is known to be true.
struct SafetensorsFile {
  /// Where a tensor lies and what it is.
  struct Entry {
    var name: String
    var dtype: DType
    var shape: [Int]
    /// Bytes from the end of the header.
    var bytes: Range<Int>
  }

  let path: String
  private let file: FileHandle
  /// The tensors, in the order of the file.
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  /// Where the first tensor starts.
  private let dataStart: Int

  init(_ path: String) throws(SafetensorsError) {
    self.path = path
    let size: Int
    do {
      file = try FileHandle(reading: path)
      size = try file.size()
    } catch {
      throw SafetensorsError(.system, path, "cannot be read: \((error as? SystemError)?.message ?? "\(error)")")
    }
    guard size >= 8 else {
      throw SafetensorsError(.truncated, path, "is no safetensors file: it has \(size) bytes, a header's length 8")
    }
    let file = file
    let length = try Self.read(8, of: file, at: 0, path).withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard length <= UInt64(Safetensors.headerLimit) else {
      throw SafetensorsError(
        .headerTooLarge, path, "asks for a header of \(length) bytes; the limit is \(Safetensors.headerLimit)")
    }
    guard Int(length) <= size - 8 else {
      throw SafetensorsError(.truncated, path, "is cut off: a header of \(length) bytes in a file of \(size)")
    }
    dataStart = 8 + Int(length)
    let header = try Self.read(Int(length), of: file, at: 8, path)
    try parse(header)
    try checkPlaces(available: size - dataStart)
  }

  private static func read(
    _ count: Int, of file: FileHandle, at offset: Int, _ path: String
  ) throws(SafetensorsError) -> [UInt8] {
    do {
      let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        filled = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      }
      if bytes.count == count { return bytes }
    } catch {
      throw SafetensorsError(.system, path, "cannot be read: \((error as? SystemError)?.message ?? "\(error)")")
    }
    throw SafetensorsError(.truncated, path, "became shorter while it was read")
  }

  private mutating func parse(_ header: [UInt8]) throws(SafetensorsError) {
    let path = path
    func bad(_ reason: String) -> SafetensorsError { SafetensorsError(.badHeader, path, reason) }
    let json: JSON
    do {
      json = try JSON(parsing: header)
    } catch {
      throw bad("has a damaged header: \(error)")
    }
    guard header.first == UInt8(ascii: "{"), case .object(let members) = json else {
      throw bad("has a header that is no JSON object")
    }
    for (name, value) in members {
      guard case .object(let fields) = value else { throw bad("has no object for \(JSON.quoted(name))") }
      if name == "__metadata__" {
        for (key, value) in fields {
          guard case .string(let text) = value else { throw bad("has metadata that is no text: \(JSON.quoted(key))") }
          metadata[key] = text
        }
        continue
      }
      entries.append(try entry(JSON.quoted(name), name, fields))
    }
  }

  private func entry(
    _ label: String, _ name: String, _ fields: [(key: String, value: JSON)]
  ) throws(SafetensorsError) -> Entry {
    func bad(_ reason: String, _ kind: SafetensorsError.Kind = .badHeader) -> SafetensorsError {
      SafetensorsError(kind, path, reason)
    }
    func field(_ key: String) -> JSON? { fields.first { $0.key == key }?.value }
    func naturals(_ json: JSON?) -> [Int]? {
      guard case .array(let values) = json else { return nil }
      let numbers = values.compactMap { if case .int(let number) = $0, number >= 0 { number } else { nil } }
      return numbers.count == values.count ? numbers : nil
    }
    guard fields.count == 3, case .string(let dtypeName) = field("dtype"), let shape = naturals(field("shape")),
      let offsets = naturals(field("data_offsets")), offsets.count == 2
    else { throw bad("wants dtype, shape and data_offsets for \(label), and nothing else") }
    guard let dtype = DType.allCases.first(where: { $0.safetensorsName == dtypeName }) else {
      throw bad("has \(label) of dtype \(JSON.quoted(dtypeName)), which is not known here", .badDType)
    }
    guard shape.count <= Shape.maximumCount else { throw bad("has \(label) with \(shape.count) dimensions", .badShape) }
    // Zero sizes count as one, so that strides made from the shape cannot overflow either.
    var bound = dtype.itemSize
    for size in shape {
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else { throw bad("has \(label) of shape \(shape), more than any memory holds", .badShape) }
      bound = product
    }
    let count = shape.contains(0) ? 0 : bound
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == count else {
      throw bad("has \(label) at bytes \(offsets), but \(shape) \(dtype.name) takes \(count) bytes", .badOffsets)
    }
    return Entry(name: name, dtype: dtype, shape: shape, bytes: offsets[0]..<offsets[1])
  }

  /// Tensors must fill the rest of the file, each byte once.
  private mutating func checkPlaces(available: Int) throws(SafetensorsError) {
    entries.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
    var end = 0
    for entry in entries {
      let label = JSON.quoted(entry.name)
      guard entry.bytes.lowerBound == end else {
        let what = entry.bytes.lowerBound < end ? "overlaps the tensor before it" : "leaves a gap before it"
        throw SafetensorsError(.badOffsets, path, "has \(label) at byte \(entry.bytes.lowerBound), which \(what)")
      }
      end = entry.bytes.upperBound
      guard end <= available else {
        throw SafetensorsError(.truncated, path, "is cut off: \(label) ends at byte \(end) of \(available)")
      }
    }
    guard end == available else {
      throw SafetensorsError(.badOffsets, path, "has \(available - end) bytes that belong to no tensor")
    }
  }

  /// Reads one tensor into memory of its own.
  func tensor(_ entry: Entry) throws(SafetensorsError) -> Tensor {
    let tensor = Tensor.empty(entry.shape, dtype: entry.dtype)
    let bytes = UnsafeMutableRawBufferPointer(start: tensor.strided.pointer, count: entry.bytes.count)
    do {
      let count = try file.read(into: bytes, at: dataStart + entry.bytes.lowerBound)
      if count == bytes.count {
        // A truth value is 0 or 1 to every kernel.
        if entry.dtype == .bool { for i in bytes.indices where bytes[i] > 1 { bytes[i] = 1 } }
        return tensor
      }
    } catch {
      throw SafetensorsError(.system, path, "cannot be read: \((error as? SystemError)?.message ?? "\(error)")")
    }
    throw SafetensorsError(.truncated, path, "became shorter while it was read")
  }
}
