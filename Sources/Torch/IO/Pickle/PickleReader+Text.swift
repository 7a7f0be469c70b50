// The opcodes of protocol 0, whose values are lines of text.

extension PickleReader {
  private static let numberLimit = 4300, textLimit = 64 << 20

  /// A line of ASCII.
  private mutating func word() throws(FormatError) -> String {
    let slice = try line(limit: PickleReader.numberLimit)
    guard slice.allSatisfy({ 0x20..<0x7f ~= $0 }) else { throw error("a number is no ASCII") }
    return String(decoding: slice, as: UTF8.self)
  }

  mutating func decimalIndex() throws(FormatError) -> Int {
    let word = try word()
    guard let index = Int(word), index >= 0 else { throw error("has \(JSON.quoted(word)) for a number of a value") }
    return index
  }

  /// INT: also the truth values of protocols 0 and 1.
  mutating func pushDecimalInt() throws(FormatError) {
    let word = try word()
    switch word {
    case "00": try pushFrequent(.bool(false), mark: -4)
    case "01": try pushFrequent(.bool(true), mark: -3)
    default: try push(decimal(word))
    }
  }

  /// LONG: the letter L may end it.
  mutating func pushDecimalLong() throws(FormatError) {
    let word = try word()
    try push(decimal(word.hasSuffix("L") ? String(word.dropLast()) : word))
  }

  mutating func pushDecimalFloat() throws(FormatError) {
    let word = try word()
    // Swift would read hexadecimal digits too.
    guard !word.contains(where: { $0 == "x" || $0 == "X" || $0 == "p" || $0 == "(" }), let value = Double(word) else {
      throw error("has \(JSON.quoted(word)) for a float")
    }
    try push(.double(value))
  }

  /// A whole number in decimal digits, of any size.
  private func decimal(_ word: String) throws(FormatError) -> PickleValue {
    if let value = Int(word) { return .int(value) }
    let digits = word.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard !digits.isEmpty, word.utf8.count - digits.count <= 1, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else {
      throw error("has \(JSON.quoted(word)) for an int")
    }
    var magnitude: [UInt8] = [0]
    for digit in digits {
      var carry = Int(digit - 0x30)
      for i in magnitude.indices {
        carry += Int(magnitude[i]) * 10
        magnitude[i] = UInt8(carry & 0xff)
        carry >>= 8
      }
      if carry > 0 { magnitude.append(UInt8(carry)) }
    }
    // A byte for the sign, then the two's complement.
    magnitude.append(0)
    guard word.hasPrefix("-") else { return long(magnitude[...]) }
    var carry = 1
    for i in magnitude.indices {
      carry += Int(~magnitude[i])
      magnitude[i] = UInt8(carry & 0xff)
      carry >>= 8
    }
    return long(magnitude[...])
  }

  /// STRING: a str of Python 2 in quotes, with escapes.
  mutating func pushQuotedString() throws(FormatError) {
    let line = try line(limit: PickleReader.textLimit)
    guard line.count >= 2, let quote = line.first, quote == line.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw error("a str has no quotes") }
    try pushPython2String(try unescaped(line.dropFirst().dropLast()))
  }

  private func unescaped(_ line: ArraySlice<UInt8>) throws(FormatError) -> [UInt8] {
    var result: [UInt8] = []
    var rest = line
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        result.append(byte)
        continue
      }
      guard let letter = rest.popFirst() else { throw error("a str ends within an escape") }
      switch letter {
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(letter)
      case UInt8(ascii: "a"): result.append(7)
      case UInt8(ascii: "b"): result.append(8)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "v"): result.append(11)
      case UInt8(ascii: "f"): result.append(12)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "x"):
        result.append(UInt8(try hexadecimal(rest.prefix(2), 2)))
        rest = rest.dropFirst(2)
      case 0x30...0x37:
        var value = Int(letter - 0x30)
        for _ in 0..<2 {
          guard let next = rest.first, 0x30...0x37 ~= next else { break }
          value = value << 3 | Int(next - 0x30)
          rest.removeFirst()
        }
        result.append(UInt8(value & 0xff))
      default: result += [byte, letter]
      }
    }
    return result
  }

  private func hexadecimal(_ digits: ArraySlice<UInt8>, _ count: Int) throws(FormatError) -> UInt32 {
    var value: UInt32 = 0
    for digit in digits {
      guard let part = Character(UnicodeScalar(digit)).hexDigitValue else { break }
      value = value << 4 | UInt32(part)
    }
    guard digits.count == count, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
      throw error("an escape has not \(count) hexadecimal digits")
    }
    return value
  }

  /// UNICODE: Latin-1, with other letters as \uXXXX and \UXXXXXXXX.
  mutating func pushEscapedUnicode() throws(FormatError) {
    var result = String.UnicodeScalarView()
    var rest = try line(limit: PickleReader.textLimit)
    while let byte = rest.popFirst() {
      let isEscape = byte == UInt8(ascii: "\\")
      guard isEscape, let letter = rest.popFirst() else {
        result.append(UnicodeScalar(byte))
        continue
      }
      let count = letter == UInt8(ascii: "u") ? 4 : letter == UInt8(ascii: "U") ? 8 : 0
      guard count > 0 else {
        result.append(UnicodeScalar(byte))
        result.append(UnicodeScalar(letter))
        continue
      }
      guard let scalar = UnicodeScalar(try hexadecimal(rest.prefix(count), count)) else {
        throw error("a text has an escape that is no letter of Unicode")
      }
      rest = rest.dropFirst(count)
      result.append(scalar)
    }
    try push(.string(String(result)))
  }
}
