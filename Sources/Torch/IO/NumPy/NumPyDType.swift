/// An element type of NumPy, as its files and pickles spell it: `<f4`, `|b1`, `>i2`.
struct NumPyDType: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case bool, int, uint, float, complex, bytes, text, object
    /// Dates, records and whatever else NumPy has.
    case other
  }

  var kind: Kind
  /// Bytes of one element.
  var size: Int
  var isBigEndian: Bool
  /// The text it was read from.
  let spelling: String

  /// Reads a spelling with or without a sign for the byte order; nil for what no dtype is spelled like.
  init?(_ spelling: String) {
    self.spelling = spelling
    var rest = spelling.utf8[...]
    isBigEndian = rest.first == UInt8(ascii: ">") || rest.first == UInt8(ascii: "!")
    if let first = rest.first, "<>|=!".utf8.contains(first) { rest.removeFirst() }
    guard let letter = rest.popFirst() else { return nil }
    let digits = rest.prefix { 0x30...0x39 ~= $0 }
    // Dates go on with a unit.
    let isDate = letter == UInt8(ascii: "M") || letter == UInt8(ascii: "m")
    guard digits.count == rest.count || isDate, digits.count <= 9 else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    size = number
    switch (letter, number) {
    case (UInt8(ascii: "b"), 1), (UInt8(ascii: "?"), 0): (kind, size) = (.bool, 1)
    case (UInt8(ascii: "i"), 1), (UInt8(ascii: "i"), 2), (UInt8(ascii: "i"), 4), (UInt8(ascii: "i"), 8): kind = .int
    case (UInt8(ascii: "u"), 1), (UInt8(ascii: "u"), 2), (UInt8(ascii: "u"), 4), (UInt8(ascii: "u"), 8): kind = .uint
    case (UInt8(ascii: "f"), 2), (UInt8(ascii: "f"), 4), (UInt8(ascii: "f"), 8), (UInt8(ascii: "f"), 12),
      (UInt8(ascii: "f"), 16):
      kind = .float
    case (UInt8(ascii: "c"), 8), (UInt8(ascii: "c"), 16), (UInt8(ascii: "c"), 24), (UInt8(ascii: "c"), 32):
      kind = .complex
    case (UInt8(ascii: "S"), _), (UInt8(ascii: "a"), _): kind = .bytes
    case (UInt8(ascii: "U"), _): (kind, size) = (.text, number * 4)
    case (UInt8(ascii: "O"), _): kind = .object
    case (UInt8(ascii: "M"), _), (UInt8(ascii: "m"), _), (UInt8(ascii: "V"), _), (UInt8(ascii: "T"), _): kind = .other
    default: return nil
    }
  }

  /// The dtype of tensors with the same values; nil where there is none here.
  var dtype: DType? {
    switch (kind, size) {
    case (.bool, 1): .bool
    case (.uint, 1): .uint8
    case (.int, 1): .int8
    case (.int, 2): .int16
    case (.int, 4): .int32
    case (.int, 8): .int64
    case (.float, 2): .float16
    case (.float, 4): .float32
    case (.float, 8): .float64
    default: nil
    }
  }

  /// NumPy's name, such as `uint16`.
  var name: String {
    switch kind {
    case .bool: "bool"
    case .int: "int\(size * 8)"
    case .uint: "uint\(size * 8)"
    case .float: "float\(size * 8)"
    case .complex: "complex\(size * 8)"
    case .object: "object"
    case .bytes, .text, .other: spelling
    }
  }

  /// Why there can be no tensor of this type, and what to do about it in NumPy.
  var whyNoTensor: String {
    let remedy: String
    switch (kind, size) {
    case (.uint, 2): remedy = "; x.astype('int32') in NumPy keeps its values"
    case (.uint, 4): remedy = "; x.astype('int64') in NumPy keeps its values"
    case (.uint, 8): remedy = "; x.astype('int64') in NumPy keeps those below 2**63"
    case (.float, _): remedy = "; x.astype('float64') in NumPy rounds it"
    case (.complex, _): remedy = "; save x.real and x.imag instead"
    case (.object, _): return "holds Python objects (dtype object), which are not read from files of arrays"
    default: remedy = ""
    }
    return "has dtype \(name), which tensors here cannot have\(remedy)"
  }
}

extension NumPyDType {
  /// The spelling that NumPy writes for a dtype, on a little-endian machine; nil for bfloat16, which it lacks.
  static func spelling(of dtype: DType) -> String? {
    switch dtype {
    case .bool: "|b1"
    case .uint8: "|u1"
    case .int8: "|i1"
    case .int16: "<i2"
    case .int32: "<i4"
    case .int64: "<i8"
    case .float16: "<f2"
    case .float32: "<f4"
    case .float64: "<f8"
    case .bfloat16: nil
    }
  }
}
