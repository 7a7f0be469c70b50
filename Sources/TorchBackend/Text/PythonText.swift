#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// Numbers and shapes spelled as Python spells them, for texts that must equal PyTorch's.

/// The number as Python's `repr`: the shortest digits that read back the same, `0.1`, `10.0`, `1e-05`, `1e+16`,
/// `inf`, `nan`.
package func pythonRepr(_ x: Double) -> String {
  if let special = specialText(x) { return special }
  if x == 0 { return x.sign == .minus ? "-0.0" : "0.0" }
  // Swift finds the same shortest digits but changes to exponents elsewhere: take its digits, lay them out anew.
  var digits: [UInt8] = []
  var exponent = 0  // of the digit before the point in scientific notation
  var seenPoint = false
  let text = Array(x.magnitude.description.utf8)
  scan: for (i, byte) in text.enumerated() {
    switch byte {
    case UInt8(ascii: "."): seenPoint = true
    case UInt8(ascii: "e"):
      exponent += Int(String(decoding: text[(i + 1)...], as: UTF8.self))!
      break scan
    default:
      if !seenPoint { exponent += 1 }
      digits.append(byte)
    }
  }
  exponent -= 1
  let leadingZeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
  digits.removeFirst(leadingZeros)
  exponent -= leadingZeros
  while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }

  func spelled(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
  func zeros(_ count: Int) -> String { String(repeating: "0", count: max(count, 0)) }
  let sign = x < 0 ? "-" : ""
  if exponent < -4 || exponent >= 16 {
    let fraction = digits.count > 1 ? "." + spelled(digits.dropFirst()) : ""
    let magnitude = String(abs(exponent))
    return sign + spelled(digits.prefix(1)) + fraction + (exponent < 0 ? "e-" : "e+") + zeros(2 - magnitude.count)
      + magnitude
  }
  if exponent < 0 { return sign + "0." + zeros(-exponent - 1) + spelled(digits) }
  let whole = exponent + 1
  if digits.count <= whole { return sign + spelled(digits) + zeros(whole - digits.count) + ".0" }
  return sign + spelled(digits.prefix(whole)) + "." + spelled(digits.dropFirst(whole))
}

/// The sizes as Python prints a tuple: `()`, `(2,)`, `(2, 3)`.
package func pythonTuple(_ sizes: [Int]) -> String {
  sizes.count == 1 ? "(\(sizes[0]),)" : "(" + sizes.map(String.init).joined(separator: ", ") + ")"
}

/// The sizes as PyTorch prints a shape: `torch.Size([2, 3])`.
package func pythonShape(_ sizes: [Int]) -> String {
  "torch.Size([" + sizes.map(String.init).joined(separator: ", ") + "])"
}

/// The number as Python's `f"{x:.4f}"`.
package func pythonFixed(_ x: Double, precision: Int) -> String {
  specialText(x) ?? printed("%.*f", precision, x)
}

/// The number as Python's `f"{x:.4e}"`.
package func pythonScientific(_ x: Double, precision: Int) -> String {
  specialText(x) ?? printed("%.*e", precision, x)
}

/// Python's words for what is not a finite number; a nan has no sign.
private func specialText(_ x: Double) -> String? {
  if x.isNaN { return "nan" }
  if x.isInfinite { return x < 0 ? "-inf" : "inf" }
  return nil
}

private func printed(_ format: String, _ precision: Int, _ x: Double) -> String {
  // The largest double has 309 digits before the point.
  let capacity = 320 + max(precision, 0)
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
    let count = withVaList([CInt(precision), x]) { vsnprintf(buffer.baseAddress!, capacity, format, $0) }
    return buffer.prefix(Int(count)).withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
  }
}
