/// The head of an npy file: which array follows, and where.
struct NumPyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest text of a header, as NumPy's own `max_header_size`.
  static let limit = 10_000

  var array: NumPyArray
  /// Where the elements begin.
  var start: Int

  /// Reads versions 1 to 3 of the format, and checks that the elements are there.
  init(_ source: RandomAccessBytes) throws(FormatError) {
    guard source.count > 0 else { throw FormatError(.unsupported, "is empty: nothing was written or downloaded") }
    let head = try source.bytes(min(12, source.count), at: 0)
    guard head.bytes.starts(with: Self.magic) else {
      if head.bytes.starts(with: Array("PK".utf8)) {
        throw FormatError(.unsupported, "is a zip file, not one array: NumPy.load(archive:) reads archives (npz)")
      }
      throw FormatError(.unsupported, "is no array of NumPy: it does not begin with its magic letters")
    }
    guard head.count == 12 else { throw Self.damaged("is cut off within its head") }
    guard 1...3 ~= head.bytes[6], head.bytes[7] == 0 else {
      throw FormatError(
        .unsupported, "has format version \(head.bytes[6]).\(head.bytes[7]); 1.0, 2.0 and 3.0 are read here")
    }
    let begin = head.bytes[6] == 1 ? 10 : 12
    let length = head.bytes[6] == 1 ? head.u16(8) : head.u32(8)
    guard length <= Self.limit else {
      throw FormatError(.limit, "has a header of \(length) bytes; the limit is \(Self.limit), as in NumPy")
    }
    guard length <= source.count - begin else {
      throw Self.damaged("is cut off: its header has \(length) bytes, \(source.count - begin) are left")
    }
    var parser = NumPyLiteral(try source.bytes(length, at: begin).bytes)
    array = try parser.header()
    start = begin + length
    let count = try array.byteCount()
    guard count <= source.count - start || array.dtype.kind == .object else {
      throw Self.damaged(
        "is cut off: sizes \(array.shape) of \(array.dtype.name) take \(count) bytes, \(source.count - start) are left")
    }
  }

  static func damaged(_ reason: String) -> FormatError { FormatError(.damagedArray, reason) }

  /// The head of a file in version 1, to the byte as NumPy writes it.
  static func bytes(_ descriptor: String, _ shape: [Int], isFortran: Bool) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(descriptor)', 'fortran_order': \(isFortran ? "True" : "False"), 'shape': (\(sizes)), }"
    // Room for the index that runs slowest to grow to 21 digits.
    if let slowest = isFortran ? shape.last : shape.first {
      text += String(repeating: " ", count: 21 - String(slowest).utf8.count)
    }
    // With ten bytes before it and a line feed behind, it ends at a multiple of 64.
    text += String(repeating: " ", count: 64 - (11 + text.utf8.count) % 64) + "\n"
    let count = UInt16(text.utf8.count)
    return magic + [1, 0, UInt8(count & 0xff), UInt8(count >> 8)] + Array(text.utf8)
  }
}

/// Reads the literal of a Python dictionary that a header is, and no other Python.
private struct NumPyLiteral {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func header() throws(FormatError) -> NumPyArray {
    var descriptor: String?
    var isFortran: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where descriptor == nil:
        if peek() == UInt8(ascii: "[") || peek() == UInt8(ascii: "(") {
          throw FormatError(.unsupported, "is an array of records, which tensors cannot be; save its fields one by one")
        }
        descriptor = try string()
      case "fortran_order" where isFortran == nil: isFortran = try bool()
      case "shape" where shape == nil: shape = try tuple()
      default: throw error("names \(JSON.quoted(key)), which is unknown or stands twice")
      }
      guard accept(",") else {
        try expect("}")
        break
      }
    }
    guard peek() == nil else { throw error("goes on after its end") }
    guard let descriptor, let isFortran, let shape else { throw error("lacks descr, fortran_order or shape") }
    guard let dtype = NumPyDType(descriptor) else { throw error("has the unknown dtype \(JSON.quoted(descriptor))") }
    return NumPyArray(dtype: dtype, shape: shape, isFortran: isFortran)
  }

  private func error(_ reason: String) -> FormatError {
    NumPyHeader.damaged("has a header that \(reason), at byte \(position) of it")
  }

  /// The next byte that is no space; nil at the end.
  private mutating func peek() -> UInt8? {
    while position < bytes.count, " \t\r\n".utf8.contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  private mutating func accept(_ letter: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: letter) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ letter: Unicode.Scalar) throws(FormatError) {
    guard accept(letter) else { throw error("lacks a \"\(letter)\"") }
  }

  private mutating func string() throws(FormatError) -> String {
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("lacks a text in quotes")
    }
    let rest = bytes[(position + 1)...]
    guard let end = rest.firstIndex(of: quote) else { throw error("has a text without an end") }
    let text = bytes[(position + 1)..<end]
    guard text.allSatisfy({ 0x20..<0x7f ~= $0 && $0 != UInt8(ascii: "\\") }) else {
      throw error("has a text that is no plain ASCII")
    }
    position = end + 1
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func word() -> String {
    _ = peek()
    let start = position
    while position < bytes.count, UInt8(ascii: "a")...UInt8(ascii: "z") ~= bytes[position] | 0x20 { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func bool() throws(FormatError) -> Bool {
    switch word() {
    case "True": return true
    case "False": return false
    default: throw error("has neither True nor False for fortran_order")
    }
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    var sizes: [Int] = []
    try expect("(")
    while !accept(")") {
      _ = peek()
      let digits = bytes[position...].prefix { 0x30...0x39 ~= $0 }
      guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
        throw error("has a size that is no number, or one that is too large")
      }
      position += digits.count
      sizes.append(size)
      // Python 2 wrote 3L.
      _ = accept("L")
      if accept(",") { continue }
      // Without a comma, (3) is a number in Python.
      guard sizes.count > 1 else { throw error("has no tuple for its shape") }
      try expect(")")
      break
    }
    return sizes
  }
}
