// What the types of Swift and of this library are in a file.

extension SavedValue {
  /// A value of a type that is known while the program runs only.
  init(any value: Any) {
    if let value = value as? any Savable { self = value.savedValue } else { self.init(.unknown("\(type(of: value))")) }
  }
}

extension Bool: Savable {
  public var savedValue: SavedValue { SavedValue(.bool(self)) }
}

extension String: Savable {
  public var savedValue: SavedValue { SavedValue(.string(self)) }
}

extension Substring: Savable {
  public var savedValue: SavedValue { SavedValue(.string(String(self))) }
}

extension Double: Savable {
  public var savedValue: SavedValue { SavedValue(.double(self)) }
}

extension Float: Savable {
  /// The same number: Python's floats have 64 bits.
  public var savedValue: SavedValue { SavedValue(.double(Double(self))) }
}

extension FixedWidthInteger where Self: Savable {
  /// An `int`, whatever its size.
  public var savedValue: SavedValue {
    if let value = Int(exactly: self) { return SavedValue(.int(value)) }
    var bytes = (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
    if !Self.isSigned { bytes.append(0) }
    return SavedValue(.bigInt(bytes))
  }
}

extension Int: Savable {}
extension Int8: Savable {}
extension Int16: Savable {}
extension Int32: Savable {}
extension Int64: Savable {}
extension UInt: Savable {}
extension UInt8: Savable {}
extension UInt16: Savable {}
extension UInt32: Savable {}
extension UInt64: Savable {}

extension Optional: Savable where Wrapped: Savable {
  /// The value, or `None`.
  public var savedValue: SavedValue { self?.savedValue ?? .none }
}

extension Array: Savable {
  /// A `list`; of bytes (`UInt8`), Python's `bytes`.
  ///
  /// An element whose type is not ``Savable`` is an error when it is saved.
  public var savedValue: SavedValue {
    if let bytes = self as? [UInt8], Element.self == UInt8.self { return SavedValue(.bytes(bytes)) }
    return SavedValue(.list(map { SavedValue(any: $0) }))
  }
}

extension Set: Savable {
  /// A `set`, its elements sorted, so that equal sets give equal files.
  public var savedValue: SavedValue { SavedValue(.set(sorted(by: isBefore).map { SavedValue(any: $0) })) }
}

extension Dictionary: Savable {
  /// A `dict` with sorted keys, so that equal dictionaries give equal files; a literal given to ``save(_:_:)-(SavedValue,_)``
  /// keeps its order.
  ///
  /// A key or value whose type is not ``Savable`` is an error when it is saved.
  public var savedValue: SavedValue {
    let pairs = sorted { isBefore($0.key, $1.key) }
    return SavedValue(.dictionary(.init(pairs: pairs.map { (SavedValue(any: $0.key), SavedValue(any: $0.value)) })))
  }
}

/// Numbers by size, all else by its text.
private func isBefore(_ a: some Hashable, _ b: some Hashable) -> Bool {
  if let a = a as? any BinaryInteger, let b = b as? any BinaryInteger { return Int(clamping: a) < Int(clamping: b) }
  return "\(a)" < "\(b)"
}

extension Tensor: Savable {
  /// A tensor with its strides. Its whole memory is written, once for all tensors that share it, as in torch: a small
  /// part of a large tensor takes the large one's room; save a `clone()` of it instead.
  public var savedValue: SavedValue { SavedValue(.tensor(self)) }
}

extension Shape: Savable {
  /// A `torch.Size`.
  public var savedValue: SavedValue { SavedValue(.size(Array(self))) }
}

extension Device: Savable {
  /// A `torch.device`.
  public var savedValue: SavedValue { SavedValue(.device(description)) }
}

extension DType: Savable {
  /// A `torch.dtype`.
  public var savedValue: SavedValue { SavedValue(.dtype(name)) }
}

extension StateDict: Savable {
  /// An OrderedDict of tensors, with the versions of the modules as PyTorch's `_metadata`.
  public var savedValue: SavedValue {
    var dictionary = SavedValue.Dictionary(
      kind: .orderedDict, pairs: map { ($0.key.savedValue, $0.value.savedValue) })
    if !moduleVersions.isEmpty {
      let pairs = moduleVersions.map { path, version in
        (path.savedValue, SavedValue(.dictionary(.init(pairs: [("version".savedValue, version.savedValue)]))))
      }
      dictionary.attributes = [("_metadata", SavedValue(.dictionary(.init(kind: .orderedDict, pairs: pairs))))]
    }
    return SavedValue(.dictionary(dictionary))
  }
}

extension Checkpoint: Savable {
  /// What was read, as it was read: its kinds, its order, its attributes and what it shares.
  public var savedValue: SavedValue { SavedValue(.checkpoint(self)) }
}
