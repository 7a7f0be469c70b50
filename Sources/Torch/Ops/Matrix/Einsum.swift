// Sums of products by Einstein's notation.

/// What the letters of an equation say about the dimensions of operands and result.
private struct Equation {
  /// A letter, or one of the dimensions that an ellipsis stands for, counted from the last.
  enum Label: Hashable {
    case letter(Character)
    case ellipsis(Int)
  }

  var operands: [[Label]] = []
  var output: [Label] = []

  init(_ text: String, _ tensors: [Tensor]) {
    let sides = text.split(separator: "->", omittingEmptySubsequences: false)
    guard sides.count <= 2 else { fault("einsum", "the equation has more than one arrow; got \"\(text)\"") }
    let left = sides[0]
    let terms = left.split(separator: ",", omittingEmptySubsequences: false)
    let got = "; got \"\(text)\" and \(tensors.map(\.signature).joined(separator: ", "))"
    guard terms.count == tensors.count else {
      fault("einsum", "the equation names \(terms.count) operands, \(tensors.count) are given" + got)
    }
    var wide = 0
    for (term, tensor) in zip(terms, tensors) {
      let rank = tensor.ndim - Self.letters(term, text).count { $0 != nil }
      guard rank == 0 || (rank > 0 && Self.letters(term, text).contains(nil)) else {
        fault("einsum", "\"\(term)\" does not name the \(tensor.ndim) dimensions of its operand" + got)
      }
      operands.append(Self.labels(term, text, ellipsis: rank))
      wide = Swift.max(wide, rank)
    }
    let all = operands.joined()
    if sides.count == 2 {
      output = Self.labels(sides[1], text, ellipsis: wide)
      for label in Set(output) {
        guard output.count(where: { $0 == label }) == 1 else {
          fault("einsum", "the result names a dimension twice" + got)
        }
        guard all.contains(label) else { fault("einsum", "the result names a dimension that no operand has" + got) }
      }
    } else {
      // Those that appear once, in alphabetic order, behind the ellipsis.
      let letters = Dictionary(grouping: all) { $0 }.filter { $0.value.count == 1 }.keys
      let single = letters.compactMap { if case .letter(let letter) = $0 { letter } else { nil } }
      output = (0..<wide).reversed().map { .ellipsis($0) } + single.sorted().map { .letter($0) }
    }
  }

  /// Letters, and nil for an ellipsis.
  private static func letters(_ term: Substring, _ text: String) -> [Character?] {
    var result: [Character?] = [], rest = term
    while let first = rest.first {
      if rest.hasPrefix("...") {
        guard !result.contains(nil) else { fault("einsum", "\"\(term)\" has more than one ellipsis; got \"\(text)\"") }
        result.append(nil)
        rest = rest.dropFirst(3)
        continue
      }
      rest = rest.dropFirst()
      if first == " " { continue }
      guard first.isASCII, first.isLetter else {
        fault("einsum", "takes letters, commas, an ellipsis and an arrow, not \"\(first)\"; got \"\(text)\"")
      }
      result.append(first)
    }
    return result
  }

  private static func labels(_ term: Substring, _ text: String, ellipsis count: Int) -> [Label] {
    letters(term, text).flatMap { letter -> [Label] in
      letter.map { [.letter($0)] } ?? (0..<count).reversed().map { .ellipsis($0) }
    }
  }
}

/// A tensor whose dimensions have names.
private struct Named {
  var tensor: Tensor
  var labels: [Equation.Label]

  /// Dimensions with the same name become their diagonal.
  mutating func mergeRepeated() {
    var i = 0
    while i < labels.count {
      guard let j = labels[(i + 1)...].firstIndex(of: labels[i]) else {
        i += 1
        continue
      }
      guard tensor.shape[i] == tensor.shape[j] else {
        fault("einsum", "a dimension named twice has sizes \(tensor.shape[i]) and \(tensor.shape[j])")
      }
      let label = labels[i]
      tensor = tensor.diagonal(offset: 0, dim1: i, dim2: j)
      labels.remove(at: j)
      labels.remove(at: i)
      labels.append(label)
    }
  }

  /// Adds up the dimensions that nobody asks for any more.
  mutating func sumAllBut(_ wanted: Set<Equation.Label>) {
    let dims = labels.indices.filter { !wanted.contains(labels[$0]) }
    if dims.isEmpty { return }
    tensor = tensor.sum(dim: Array(dims), dtype: tensor.dtype)
    labels = labels.filter { wanted.contains($0) }
  }

  /// Takes a dimension of size 1 away where the other operand has a longer one by that name.
  mutating func squeeze(for other: Named) {
    for i in labels.indices.reversed() where tensor.shape[i] == 1 {
      guard let j = other.labels.firstIndex(of: labels[i]), other.tensor.shape[j] != 1 else { continue }
      tensor = tensor.squeeze(i)
      labels.remove(at: i)
    }
  }

  func arranged(_ order: [Equation.Label]) -> Tensor { tensor.permute(order.map { labels.firstIndex(of: $0)! }) }

  func sizes(_ wanted: [Equation.Label]) -> [Int] { wanted.map { tensor.shape[labels.firstIndex(of: $0)!] } }

  /// The product of two, added up over what neither the result nor later operands name.
  static func product(_ a: Named, _ b: Named, keeping wanted: Set<Equation.Label>) -> Named {
    var x = a, y = b
    x.squeeze(for: b)
    y.squeeze(for: a)
    x.sumAllBut(wanted.union(y.labels))
    y.sumAllBut(wanted.union(x.labels))
    let shared = x.labels.filter { y.labels.contains($0) }
    for label in shared where x.sizes([label]) != y.sizes([label]) {
      fault("einsum", "a dimension has sizes \(x.sizes([label])[0]) and \(y.sizes([label])[0]) in two operands")
    }
    let batch = shared.filter { wanted.contains($0) }, inner = shared.filter { !wanted.contains($0) }
    let rows = x.labels.filter { !shared.contains($0) }, columns = y.labels.filter { !shared.contains($0) }
    func count(_ sizes: [Int]) -> Int { sizes.reduce(1, *) }
    let (b, m) = (count(x.sizes(batch)), count(x.sizes(rows)))
    let (k, n) = (count(x.sizes(inner)), count(y.sizes(columns)))
    let left = x.arranged(batch + rows + inner).reshape(b, m, k)
    let right = y.arranged(batch + inner + columns).reshape(b, k, n)
    let result = inner.isEmpty ? left * right : left.bmm(right)
    return Named(
      tensor: result.reshape(x.sizes(batch) + x.sizes(rows) + y.sizes(columns)), labels: batch + rows + columns)
  }
}

extension Tensor {
  /// Sums of products by Einstein's notation, as `torch.einsum`.
  ///
  /// Operands are multiplied from left to right.
  /// - Parameter equation: letters for the dimensions of each operand, then those of the result: `"bij,bjk->bik"`. Without an
  ///   arrow the result has the letters that appear once, in alphabetic order; `...` stands for dimensions that broadcast.
  /// - Precondition: each operand's dimensions are named, and one name has one size (or 1); the dtypes are one.
  public static func einsum(_ equation: String, _ operands: [Tensor]) -> Tensor {
    inOp("einsum") {
      guard let first = operands.first else { fault("einsum", "wants at least one operand") }
      if isAutocastEnabled(first.device.kind), operands.contains(where: { $0.dtype != first.dtype }) {
        return einsum(equation, operands.map(\.lowered))
      }
      for operand in operands where operand.dtype != first.dtype {
        fault(
          "einsum", "operands have different dtypes, \(first.dtype.name) and \(operand.dtype.name); convert with to(_:)"
        )
      }
      let names = Equation(equation, operands)
      var parts = zip(operands, names.operands).map { Named(tensor: $0, labels: $1) }
      for i in parts.indices { parts[i].mergeRepeated() }
      var result = parts[0]
      for i in 1..<Swift.max(parts.count, 1) {
        let later = Set(parts[(i + 1)...].flatMap(\.labels)).union(names.output)
        result = .product(result, parts[i], keeping: later)
      }
      result.sumAllBut(Set(names.output))
      // What only operands of size 1 had is gone, and comes back as 1.
      for label in names.output where !result.labels.contains(label) {
        result.tensor = result.tensor.unsqueeze(-1)
        result.labels.append(label)
      }
      return result.arranged(names.output)
    }
  }
  /// As ``einsum(_:_:)-(String,[Tensor])``.
  public static func einsum(_ equation: String, _ operands: Tensor...) -> Tensor { einsum(equation, operands) }

  /// Products over the last dimension of both, as `torch.inner`.
  /// - Shape: `[..., k]` and `[..., k]` give the dimensions of the first, then those of the second, without k; a 0-dim
  ///   operand multiplies all.
  /// - Precondition: the last sizes agree, and the dtypes.
  public func inner(_ other: Tensor) -> Tensor {
    inOp("inner") {
      if ndim == 0 || other.ndim == 0 { return self * other }
      guard size(-1) == other.size(-1) else {
        fault(
          "inner", "the last sizes differ, \(size(-1)) and \(other.size(-1)); got \(signature) and \(other.signature)")
      }
      let k = size(-1)
      let x = reshape(numel() / Swift.max(k, 1), k), y = other.reshape(other.numel() / Swift.max(k, 1), k)
      let sizes = Array(shape.dropLast()) + Array(other.shape.dropLast())
      if k == 0 { return Tensor.zeros(sizes, dtype: dtype, device: device) }
      return x.mm(y.t()).reshape(sizes)
    }
  }
}
