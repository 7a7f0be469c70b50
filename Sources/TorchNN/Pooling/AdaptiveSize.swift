/// How large the result of an adaptive pool is to be: one number for all dimensions, or one for each, nil to keep that size.
///
/// `F.adaptiveAvgPool2d(x, outputSize: 1)`, `F.adaptiveAvgPool2d(x, outputSize: [7, nil])`.
public struct AdaptiveSize: Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  let sizes: [Int?]
  private let isNumber: Bool

  /// One number for all dimensions.
  public init(_ size: Int) {
    sizes = [size]
    isNumber = true
  }
  /// One for each, nil to keep that size.
  public init(_ sizes: [Int?]) {
    self.sizes = sizes
    isNumber = false
  }
  public init(integerLiteral value: Int) { self.init(value) }
  public init(arrayLiteral elements: Int?...) { self.init(elements) }

  /// As torch prints it: `2` or `(2, None)`.
  var sizeText: String {
    let texts = sizes.map { $0.map(String.init) ?? "None" }
    return isNumber ? texts[0] : "(\(texts.joined(separator: ", "))\(texts.count == 1 ? "," : ""))"
  }

  /// A size for each of the last dimensions of a shape.
  func resolved(_ last: [Int], op: StaticString) -> [Int] {
    guard sizes.count == 1 || sizes.count == last.count else {
      fault("\(op)", "outputSize wants one number or \(last.count), got \(sizes.map { $0.map(String.init) ?? "nil" })")
    }
    return last.indices.map { i in
      let size = (sizes.count == 1 ? sizes[0] : sizes[i]) ?? last[i]
      guard size.isWindowPadding else { fault("\(op)", "outputSize wants numbers from 0 to 2^31 - 1, got \(size)") }
      return size
    }
  }
}
