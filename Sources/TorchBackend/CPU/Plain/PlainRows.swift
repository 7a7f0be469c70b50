// The plain kernels over rows, right for every dtype and stride: each a visitor that runs with the element's Swift type.
// Strides are in bytes.

struct PlainUnary: ElementVisitor {
  let kernel: UnaryKernel
  let a: Double, b: Double
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      out.setElement(i &* so, T.Math.unary(kernel, x.element(i &* sx, type), a: a, b: b), type)
    }
  }
}

struct PlainTest: ElementVisitor {
  let kernel: TestKernel
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      out.storeBytes(of: T.Math.test(kernel, x.element(i &* sx, type)), toByteOffset: i &* so, as: Bool.self)
    }
  }
}

struct PlainBinary: ElementVisitor {
  let kernel: BinaryKernel
  let alpha: Double
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int
  let x: UnsafeMutableRawPointer, sx: Int, y: UnsafeMutableRawPointer, sy: Int

  func visit<T: Element>(_ type: T.Type) {
    if kernel == .nextafter {
      for i in 0..<n {
        let next = T.next(
          after: x.load(fromByteOffset: i &* sx, as: T.self), toward: y.load(fromByteOffset: i &* sy, as: T.self))
        out.storeBytes(of: next, toByteOffset: i &* so, as: T.self)
      }
      return
    }
    for i in 0..<n {
      let value = T.Math.binary(kernel, x.element(i &* sx, type), y.element(i &* sy, type), alpha: alpha)
      out.setElement(i &* so, value, type)
    }
  }
}

struct PlainCompare: ElementVisitor {
  let kernel: CompareKernel
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int
  let x: UnsafeMutableRawPointer, sx: Int, y: UnsafeMutableRawPointer, sy: Int

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      let value = T.Math.compare(kernel, x.element(i &* sx, type), y.element(i &* sy, type))
      out.storeBytes(of: value, toByteOffset: i &* so, as: Bool.self)
    }
  }
}

struct PlainSelect: ElementVisitor {
  let n: Int
  let p: RowLoop.Pointers, s: RowLoop.Strides

  func visit<T: Element>(_ type: T.Type) {
    for i in 0..<n {
      let chosen = p[1].load(fromByteOffset: i &* s[1], as: Bool.self) ? p[2] + i &* s[2] : p[3] + i &* s[3]
      p[0].storeBytes(of: chosen.load(as: T.self), toByteOffset: i &* s[0], as: T.self)
    }
  }
}

struct PlainFill: ElementVisitor {
  let value: Scalar
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int

  func visit<T: Element>(_ type: T.Type) {
    let element = T(scalar: value)
    for i in 0..<n { out.storeBytes(of: element, toByteOffset: i &* so, as: T.self) }
  }
}

struct PlainCast: ElementVisitor {
  let to: DType
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int

  func visit<From: Element>(_ type: From.Type) {
    to.visit(Target<From>(row: self))
  }

  struct Target<From: Element>: ElementVisitor {
    let row: PlainCast

    func visit<To: Element>(_ type: To.Type) {
      for i in 0..<row.n {
        let value = row.x.element(i &* row.sx, From.self)
        let result: To
        if To.self == Bool.self {
          result = To(math: value.isTrue ? .one : .zero)
        } else if To.Math.self == Int64.self {
          result = To(math: To.Math(value.int64))
        } else {
          result = To(math: To.Math(value.double))
        }
        row.out.storeBytes(of: result, toByteOffset: i &* row.so, as: To.self)
      }
    }
  }
}

struct PlainReduce: ElementVisitor {
  let kernel: ReduceKernel
  let rows: Int, columns: Int
  let out: UnsafeMutableRawPointer, so: Int
  let x: UnsafeMutableRawPointer, rowStride: Int, columnStride: Int
  /// Joins with what `out` holds.
  let accumulates: Bool

  func visit<T: Element>(_ type: T.Type) {
    for row in 0..<rows {
      let base = x + row &* rowStride
      var result = accumulates ? out.element(row &* so, type) : kernel.identity(T.Math.self)
      for column in 0..<columns { result = kernel.join(result, base.element(column &* columnStride, type)) }
      out.setElement(row &* so, result, type)
    }
  }
}

extension ReduceKernel {
  /// What a reduction over nothing starts from.
  func identity<M: MathValue>(_ type: M.Type) -> M {
    switch self {
    case .sum, .any: .zero
    case .prod, .all: .one
    case .max: .lowest
    case .min: .highest
    }
  }

  @inline(__always)
  func join<M: MathValue>(_ x: M, _ y: M) -> M {
    switch self {
    case .sum: M.plus(x, y)
    case .prod: M.times(x, y)
    case .max: M.larger(x, y)
    case .min: M.smaller(x, y)
    case .any: x.isTrue || y.isTrue ? .one : .zero
    case .all: x.isTrue && y.isTrue ? .one : .zero
    }
  }
}

/// The first position of the extreme of each row; NaN counts as the extreme.
struct PlainArgReduce: ElementVisitor {
  let kernel: ReduceKernel
  let rows: Int, columns: Int
  let out: UnsafeMutableRawPointer, so: Int
  let x: UnsafeMutableRawPointer, rowStride: Int, columnStride: Int

  func visit<T: Element>(_ type: T.Type) {
    for row in 0..<rows {
      let base = x + row &* rowStride
      var best = base.element(0, type), position = 0
      for column in 1..<Swift.max(columns, 1) {
        let value = base.element(column &* columnStride, type)
        if best.isNotANumber { break }
        if value.isNotANumber || (kernel == .max ? value > best : value < best) { (best, position) = (value, column) }
      }
      out.storeBytes(of: Int64(position), toByteOffset: row &* so, as: Int64.self)
    }
  }
}

/// Running results along a row, with positions for max and min.
struct PlainScan: ElementVisitor {
  let kernel: ScanKernel
  let n: Int
  let out: UnsafeMutableRawPointer, so: Int, x: UnsafeMutableRawPointer, sx: Int
  let indices: UnsafeMutableRawPointer?, si: Int

  func visit<T: Element>(_ type: T.Type) {
    guard n > 0 else { return }
    var value = x.element(0, type), position = 0
    // A sum starts from 0, which takes the sign from -0.
    if kernel == .sum { value = T.Math.plus(T(scalar: .int(0)).math, value) }
    for i in 0..<n {
      if i > 0 {
        let next = x.element(i &* sx, type)
        switch kernel {
        case .sum: value = T.Math.plus(value, next)
        case .prod: value = T.Math.times(value, next)
        case .logaddexp: value = T.Math.binary(.logaddexp, value, next, alpha: 1)
        case .max: if !(value.isNotANumber) && (next.isNotANumber || next >= value) { (value, position) = (next, i) }
        case .min: if !(value.isNotANumber) && (next.isNotANumber || next <= value) { (value, position) = (next, i) }
        }
        // NaN after NaN: PyTorch moves on to the newest.
        if indices != nil && value.isNotANumber && next.isNotANumber { position = i }
      }
      out.setElement(i &* so, value, type)
      indices?.storeBytes(of: Int64(position), toByteOffset: i &* si, as: Int64.self)
    }
  }
}

/// Sorts a row stably; NaN counts as the largest.
struct PlainSort: ElementVisitor {
  let n: Int
  let descending: Bool
  let values: UnsafeMutableRawPointer, sv: Int
  let indices: UnsafeMutableRawPointer, si: Int
  let x: UnsafeMutableRawPointer, sx: Int

  func visit<T: Element>(_ type: T.Type) {
    var row = (0..<n).map { (key: x.element($0 &* sx, type), position: $0) }
    func before(_ p: T.Math, _ q: T.Math) -> Bool {
      if q.isNotANumber { return !p.isNotANumber }
      return p < q
    }
    row.sort { p, q in
      if descending ? before(q.key, p.key) : before(p.key, q.key) { return true }
      if descending ? before(p.key, q.key) : before(q.key, p.key) { return false }
      return p.position < q.position
    }
    for (i, entry) in row.enumerated() {
      values.setElement(i &* sv, entry.key, type)
      indices.storeBytes(of: Int64(entry.position), toByteOffset: i &* si, as: Int64.self)
    }
  }
}

extension Element {
  /// The element nearest to a plain number.
  @inline(__always)
  package init(scalar: Scalar) {
    if Math.self == Int64.self {
      self.init(math: Math(Self.self == Bool.self ? (scalar.bool ? 1 : 0) : scalar.int64))
    } else {
      self.init(math: Math(scalar.double))
    }
  }
}
