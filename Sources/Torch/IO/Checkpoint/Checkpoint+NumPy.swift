// Numbers of NumPy: they answer as Python's own.

/// The value of a NumPy scalar.
enum NumPyScalar {
  case bool(Bool)
  case int(Int)
  /// A whole number past the range of Int.
  case uint(UInt)
  case double(Double)
  case complex(Double, Double)
  case string(String)
  case bytes([UInt8])

  /// Reads a scalar; nil for numbers that Double cannot hold and for damaged texts.
  init?(_ dtype: NumPyDType, _ raw: [UInt8]) {
    guard raw.count == dtype.size else { return nil }
    let bytes = dtype.isBigEndian ? raw : raw.reversed()
    // Bytes from the highest to the lowest.
    func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    func real(_ bytes: some Collection<UInt8>) -> Double {
      bytes.count == 4
        ? Double(Float(bitPattern: UInt32(number(bytes)))) : Double(bitPattern: number(bytes))
    }
    switch (dtype.kind, dtype.size) {
    case (.bool, _): self = .bool(raw[0] != 0)
    case (.int, let size):
      let shift = 64 - 8 * size
      self = .int((Int(truncatingIfNeeded: number(bytes)) << shift) >> shift)
    case (.uint, _): self = Int(exactly: number(bytes)).map { .int($0) } ?? .uint(UInt(number(bytes)))
    case (.float, 2): self = .double(halfValue(UInt16(number(bytes))))
    case (.float, 4), (.float, 8): self = .double(real(bytes))
    case (.complex, 8), (.complex, 16):
      // The real part stands first, each part in the dtype's own order.
      let half = raw.count / 2
      let parts = [raw[..<half], raw[half...]].map { dtype.isBigEndian ? Array($0) : $0.reversed() }
      self = .complex(real(parts[0]), real(parts[1]))
    case (.bytes, _): self = .bytes(Array(raw[..<(raw.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0)]))
    case (.text, _):
      var text = String.UnicodeScalarView()
      for start in stride(from: 0, to: raw.count, by: 4) {
        let letter = raw[start..<start + 4]
        guard let scalar = UnicodeScalar(UInt32(number(dtype.isBigEndian ? Array(letter) : letter.reversed()))) else {
          return nil
        }
        text.append(scalar)
      }
      while text.last == "\0" { text.removeLast() }
      self = .string(String(text))
    default: return nil
    }
  }

  var kind: Checkpoint.Kind {
    switch self {
    case .bool: .bool
    case .int, .uint: .int
    case .double: .double
    case .complex: .complex
    case .string: .string
    case .bytes: .bytes
    }
  }

  var text: String {
    switch self {
    case .bool(let value): value ? "True" : "False"
    case .int(let value): String(value)
    case .uint(let value): String(value)
    case .double(let value): String(value)
    case .complex(let real, let imaginary): "\(real)+\(imaginary)j"
    case .string(let value): JSON.quoted(value)
    case .bytes(let value): "\(value.count) bytes"
    }
  }
}

/// The value of a float16.
private func halfValue(_ bits: UInt16) -> Double {
  let sign: Double = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 31), fraction = Double(bits & 1023)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  // What a NaN carries stays with it.
  case 31: return Double(bitPattern: UInt64(bits >> 15) << 63 | 0x7ff << 52 | UInt64(bits & 1023) << 42)
  default: return sign * Double(sign: .plus, exponent: exponent - 25, significand: 1024 + fraction)
  }
}

extension Checkpoint {
  /// The value of a NumPy scalar; nil for all else.
  var numpyScalar: NumPyScalar? { content.numpyScalar(node) }
}

extension CheckpointContent {
  func numpyScalar(_ node: Int) -> NumPyScalar? {
    guard case .numpy(.scalar(let dtype, let bytes)) = graph.nodes[node],
      case .numpy(.dtype(let type)) = graph.nodes[dtype]
    else { return nil }
    return NumPyScalar(type, bytes)
  }

  func numpyText(_ node: Int) -> String {
    guard case .numpy(.scalar(let dtype, _)) = graph.nodes[node], case .numpy(.dtype(let type)) = graph.nodes[dtype]
    else { return graph.nodes[node].kindName }
    return "numpy.\(type.name) \(numpyScalar(node)?.text ?? "")"
  }
}
