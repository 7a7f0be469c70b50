/// Writes a pickle of protocol 2, as torch.save does, opcode by opcode.
///
/// Texts and globals that were written once are recalled from then on; what else is shared, the caller remembers.
struct PickleWriter {
  private(set) var bytes: [UInt8] = [0x80, 2]
  private var memoCount = 0
  // Texts are compared as bytes: Swift holds different spellings of one letter for equal.
  private var texts: [[UInt8]: Int] = [:]
  private var globals: [String: Int] = [:]

  mutating func op(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  private mutating func little(_ value: Int, _ size: Int) {
    for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  /// Remembers the value on top; gives the number by which it is recalled.
  mutating func remember() -> Int {
    defer { memoCount += 1 }
    if memoCount < 256 {
      op(.binPut)
      little(memoCount, 1)
    } else {
      op(.longBinPut)
      little(memoCount, 4)
    }
    return memoCount
  }

  mutating func recall(_ number: Int) {
    if number < 256 {
      op(.binGet)
      little(number, 1)
    } else {
      op(.longBinGet)
      little(number, 4)
    }
  }

  mutating func bool(_ value: Bool) { op(value ? .newTrue : .newFalse) }

  mutating func int(_ value: Int) {
    switch value {
    case 0..<0x100:
      op(.binInt1)
      little(value, 1)
    case 0..<0x10000:
      op(.binInt2)
      little(value, 2)
    case Int(Int32.min)...Int(Int32.max):
      op(.binInt)
      little(value, 4)
    default: bigInt((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }
  }

  /// An int of any size: two's complement, lowest byte first.
  mutating func bigInt(_ digits: [UInt8]) {
    var digits = digits
    // Bytes that only repeat the sign say nothing.
    while digits.count > 1, let last = digits.last, last == (digits[digits.count - 2] >= 0x80 ? 0xff : 0) {
      digits.removeLast()
    }
    if digits.count < 256 {
      op(.long1)
      little(digits.count, 1)
    } else {
      op(.long4)
      little(digits.count, 4)
    }
    bytes += digits
  }

  mutating func double(_ value: Double) {
    op(.binFloat)
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(shift)))
    }
  }

  /// A text; gives the number by which it is recalled.
  @discardableResult
  mutating func string(_ text: String) -> Int {
    let content = Array(text.utf8)
    if let known = texts[content] {
      recall(known)
      return known
    }
    op(.binUnicode)
    little(content.count, 4)
    bytes += content
    let number = remember()
    texts[content] = number
    return number
  }

  /// A class or function.
  mutating func global(_ module: String, _ name: String) {
    // Protocol 2 has Python 2's names of modules.
    let module = ["builtins": "__builtin__", "copyreg": "copy_reg"][module] ?? module
    let path = "\(module)\n\(name)\n"
    if let known = globals[path] { return recall(known) }
    op(.global)
    bytes += path.utf8
    globals[path] = remember()
  }

  /// Bytes, which this protocol has as a text in Latin-1 only.
  mutating func bytes(_ content: [UInt8]) {
    global("_codecs", "encode")
    var text = String.UnicodeScalarView()
    for byte in content { text.append(Unicode.Scalar(byte)) }
    let latin = Array(String(text).utf8)
    op(.binUnicode)
    little(latin.count, 4)
    bytes += latin
    string("latin1")
    op(.tuple2)
    op(.reduce)
  }

  mutating func tuple(of sizes: some Collection<Int>) {
    if sizes.isEmpty { return op(.emptyTuple) }
    if sizes.count > 3 { op(.mark) }
    for size in sizes { int(size) }
    closeTuple(sizes.count)
  }

  /// Makes a tuple of the values on top; those of more than three lie above a mark.
  mutating func closeTuple(_ count: Int) {
    switch count {
    case 0: op(.emptyTuple)
    case 1: op(.tuple1)
    case 2: op(.tuple2)
    case 3: op(.tuple3)
    default: op(.tuple)
    }
  }
}
