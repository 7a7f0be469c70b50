/// What the header of a file says, checked against the file's size.
struct SafetensorsHeader {
  /// Where a tensor lies and what it is.
  struct Entry: Sendable {
    var name: String
    var dtypeName: String
    var dtype: DType?
    var shape: Shape
    /// Bytes from the end of the header.
    var bytes: Range<Int>
  }

  private let path: String
  /// The tensors, in the order of the file.
  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]

  init(_ text: [UInt8], path: String, available: Int) throws(SafetensorsError) {
    self.path = path
    try parse(text)
    try checkPlaces(available: available)
  }

  private mutating func parse(_ text: [UInt8]) throws(SafetensorsError) {
    let path = path
    func bad(_ reason: String) -> SafetensorsError { SafetensorsError(.badHeader, path, reason) }
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw bad("has a damaged header: \(error)")
    }
    guard case .object(let members) = json else { throw bad("has a header that is no JSON object") }
    for (name, value) in members {
      if name == "__metadata__", case .null = value { continue }
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
    guard case .string(let dtypeName) = field("dtype"), let shape = naturals(field("shape")),
      let offsets = naturals(field("data_offsets")), offsets.count == 2
    else { throw bad("wants dtype, shape and data_offsets for \(label)") }
    guard shape.count <= Shape.maximumCount else { throw bad("has \(label) with \(shape.count) dimensions", .badShape) }
    guard offsets[0] <= offsets[1] else { throw bad("has \(label) at bytes \(offsets)", .badOffsets) }
    // Nothing here reads a dtype that even the format does not know; its name is for who asks for the tensor.
    let known = SafetensorsDType(rawValue: dtypeName)
    // Zero sizes count as one, so that strides made from the shape cannot overflow either.
    var bound = known?.bits ?? 1
    for size in shape {
      let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow else { throw bad("has \(label) of shape \(shape), more than any memory holds", .badShape) }
      bound = product
    }
    if known != nil {
      let bits = shape.contains(0) ? 0 : bound
      guard bits % 8 == 0, offsets[1] - offsets[0] == bits / 8 else {
        throw bad("has \(label) at bytes \(offsets), but \(shape) \(dtypeName) takes \(Double(bits) / 8)", .badOffsets)
      }
    }
    return Entry(
      name: name, dtypeName: dtypeName, dtype: known?.dtype, shape: Shape(shape), bytes: offsets[0]..<offsets[1])
  }

  /// Tensors must fill the rest of the file, each byte once.
  private mutating func checkPlaces(available: Int) throws(SafetensorsError) {
    entries.sort {
      if $0.bytes.lowerBound != $1.bytes.lowerBound { return $0.bytes.lowerBound < $1.bytes.lowerBound }
      if $0.bytes.upperBound != $1.bytes.upperBound { return $0.bytes.upperBound < $1.bytes.upperBound }
      return $0.name < $1.name
    }
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
}
