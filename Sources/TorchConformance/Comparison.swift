import Torch

/// What a case found wrong.
struct Mismatch: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// How far a result may lie from what is wanted.
struct Tolerance {
  let relative: Double, absolute: Double

  init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  init(_ json: JSON?) throws(CaseError) {
    guard let numbers = try json?.numbers(), numbers.count == 2 else { throw CaseError("a tolerance is missing") }
    relative = numbers[0]
    absolute = numbers[1]
  }

  /// The tolerance for tensors of a dtype.
  ///
  /// The files look the base tolerance up by the dtype of a case's inputs, which is zero for whole numbers, also where
  /// the outputs are floating point. PyTorch itself does not keep that: its own answers for `atan2`, `softmax` and
  /// `cov` of whole numbers change in the last place with the instruction set. There the default of `assert_close` for
  /// the output's dtype holds. The report tells the cases that need it apart.
  func fitting(_ dtype: DType) -> Tolerance {
    guard relative == 0, absolute == 0 else { return self }
    switch dtype {
    case .float16: return Tolerance(relative: 1e-3, absolute: 1e-5)
    case .bfloat16: return Tolerance(relative: 1.6e-2, absolute: 1e-5)
    case .float32: return Tolerance(relative: 1.3e-6, absolute: 1e-5)
    case .float64: return Tolerance(relative: 1e-7, absolute: 1e-7)
    default: return self
    }
  }

  /// How the report names cases that hold by ``fitting(_:)`` alone.
  static let fittedFlag = "output_tolerance"
  /// Whether the case at work needed ``fitting(_:)``; a worker has one thread.
  nonisolated(unsafe) static var wasFitted = false

  func accepts(_ got: [Double], _ want: [Double]) -> Bool { zip(got, want).allSatisfy { accepts($0, $1) } }

  func accepts(_ got: Double, _ want: Double) -> Bool {
    if got == want || got.isNaN && want.isNaN { return true }
    return got.isFinite && want.isFinite && abs(got - want) <= absolute + relative * abs(want)
  }
}

/// One output of a call: a tensor, or a plain value.
enum Output {
  case tensor(Tensor)
  case value(Value)
}

/// Compares what came out with what is wanted, after shape and dtype.
struct Comparison {
  let tolerance: Tolerance
  /// Only shape and dtype count.
  var isMeta = false
  /// Outputs that are positions, and the tensor they point into.
  var positions: Set<Int> = []

  func check(_ what: String, _ got: [Output], _ want: [Value], positionsInto input: Tensor? = nil) throws(Mismatch) {
    guard got.count == want.count else { throw Mismatch("\(what): \(got.count) results for \(want.count)") }
    for index in got.indices {
      let name = got.count == 1 ? what : "\(what) \(index)"
      // Positions of equal values may differ, where the values agree; those are outputs of their own.
      let isTied = positions.contains(index) && tiesAllowed(got[index], want[index], input, got, want)
      try check(name, got[index], want[index], shapeOnly: isTied)
    }
  }

  func check(_ what: String, _ got: Output, _ want: Value, shapeOnly: Bool = false) throws(Mismatch) {
    switch (got, want) {
    case (.tensor(let got), .tensor(let want)): try check(what, got, want, shapeOnly: shapeOnly)
    case (.value(let got), let want): try check(what, got, want)
    case (.tensor(let got), let want):
      throw Mismatch("\(what): a tensor \(got.shape.brackets) for \(want.description)")
    }
  }

  func check(_ what: String, _ got: Tensor, _ want: Tensor, shapeOnly: Bool = false) throws(Mismatch) {
    guard got.shape == want.shape, got.dtype == want.dtype else {
      throw Mismatch(
        "\(what): \(got.shape.brackets) \(got.dtype.name), wanted \(want.shape.brackets) \(want.dtype.name)")
    }
    if isMeta || shapeOnly { return }
    if want.dtype.isFloatingPoint {
      let tolerance = tolerance.fitting(want.dtype)
      let a: [Double] = got.array(), b: [Double] = want.array()
      if tolerance.absolute != self.tolerance.absolute && !self.tolerance.accepts(a, b) { Tolerance.wasFitted = true }
      for i in a.indices where !tolerance.accepts(a[i], b[i]) {
        let wrong = a.indices.count { !tolerance.accepts(a[$0], b[$0]) }
        throw Mismatch("\(what): \(wrong) of \(a.count) differ, element \(i) is \(a[i]), wanted \(b[i])")
      }
    } else {
      let a: [Int64] = got.array(), b: [Int64] = want.array()
      for i in a.indices where a[i] != b[i] {
        let wrong = a.indices.count { a[$0] != b[$0] }
        throw Mismatch("\(what): \(wrong) of \(a.count) differ, element \(i) is \(a[i]), wanted \(b[i])")
      }
    }
  }

  private func check(_ what: String, _ got: Value, _ want: Value) throws(Mismatch) {
    let agree =
      switch (got, want) {
      case (.bool(let a), .bool(let b)): a == b
      case (.int(let a), .int(let b)): a == b
      case (.float(let a), .float(let b)): tolerance.accepts(a, b)
      case (.none, .none): true
      default: false
      }
    guard agree else { throw Mismatch("\(what): \(got.description), wanted \(want.description)") }
  }

  /// Whether positions that differ point at equal values: the input is the same along every row that differs.
  private func tiesAllowed(
    _ got: Output, _ want: Value, _ input: Tensor?, _ allGot: [Output], _ allWant: [Value]
  ) -> Bool {
    guard case .tensor(let a) = got, case .tensor(let b) = want, a.shape == b.shape, a.dtype == b.dtype, let input
    else { return false }
    return PositionTies(input).agree(a, b)
  }
}

/// Decides whether two tensors of positions name equal values of an input.
///
/// The dimension that was searched is not told. It is tried: the input's values at both positions must agree along some
/// one dimension, or in the flat input, for every element.
struct PositionTies {
  private let values: [Double]
  private let sizes: [Int]

  init(_ input: Tensor) {
    values = input.array()
    sizes = Array(input.shape)
  }

  func agree(_ a: Tensor, _ b: Tensor) -> Bool {
    let x: [Int] = a.array(), y: [Int] = b.array()
    if x == y { return true }
    guard x.allSatisfy({ $0 >= 0 }) else { return false }
    if flat(x, y) || plane(x, y, Array(a.shape)) { return true }
    return sizes.indices.contains { along($0, x, y, Array(a.shape)) }
  }

  private func same(_ i: Int, _ j: Int) -> Bool {
    guard values.indices.contains(i), values.indices.contains(j) else { return false }
    return values[i] == values[j] || values[i].isNaN && values[j].isNaN
  }

  /// Positions in the flat input.
  private func flat(_ x: [Int], _ y: [Int]) -> Bool { x.count == 1 && zip(x, y).allSatisfy { same($0, $1) } }

  /// Positions in the plane behind the leading dimensions, as pooling gives them.
  private func plane(_ x: [Int], _ y: [Int], _ shape: [Int]) -> Bool {
    guard shape.count == sizes.count else { return false }
    for lead in 1..<max(sizes.count, 1) where shape.prefix(lead).elementsEqual(sizes.prefix(lead)) {
      let inner = shape.dropFirst(lead).reduce(1, *), size = sizes.dropFirst(lead).reduce(1, *)
      let agree = x.indices.allSatisfy {
        x[$0] < size && y[$0] < size && same($0 / inner * size + x[$0], $0 / inner * size + y[$0])
      }
      if agree { return true }
    }
    return false
  }

  /// Positions along one dimension.
  private func along(_ dim: Int, _ x: [Int], _ y: [Int], _ shape: [Int]) -> Bool {
    var kept = shape
    if shape.count == sizes.count - 1 { kept.insert(1, at: dim) }
    guard kept.count == sizes.count, sizes.indices.allSatisfy({ $0 == dim || kept[$0] == sizes[$0] }) else {
      return false
    }
    let inner = sizes.dropFirst(dim + 1).reduce(1, *)
    return x.indices.allSatisfy { element in
      guard x[element] < sizes[dim], y[element] < sizes[dim] else { return false }
      let outer = element / (inner * kept[dim]), rest = element % inner
      let start = outer * sizes[dim] * inner + rest
      return same(start + x[element] * inner, start + y[element] * inner)
    }
  }
}
