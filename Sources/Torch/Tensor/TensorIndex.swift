/// Anything that may stand between the brackets of a tensor.
public protocol TensorIndexable: Sendable {
  var tensorIndex: TensorIndex { get }
}

/// One entry of an index expression, as the things that may stand in Python's brackets.
public enum TensorIndex: TensorIndexable {
  /// One position; the dimension disappears.
  case int(Int)
  /// Python's `start:end:step`.
  case slice(Int?, Int?, Int)
  /// All dimensions that no other entry names.
  case ellipsisEntry
  /// A new dimension of size one.
  case newAxisEntry
  /// Positions, or a mask.
  case tensor(Tensor)
  /// A new dimension of size one or zero.
  case bool(Bool)

  public var tensorIndex: TensorIndex { self }
}

extension TensorIndexable where Self == TensorIndex {
  /// The whole dimension, Python's `:`.
  public static var all: TensorIndex { .slice(nil, nil, 1) }
  /// Python's `...`; at most one.
  public static var ellipsis: TensorIndex { .ellipsisEntry }
  /// Python's `None`.
  public static var newAxis: TensorIndex { .newAxisEntry }
  /// Python's `start:end:step`; negative bounds count from the end. `.slice(step: 2)` is Python's `::2`.
  public static func slice(_ start: Int? = nil, _ end: Int? = nil, step: Int = 1) -> TensorIndex {
    .slice(start, end, step)
  }
}

extension Int: TensorIndexable {
  public var tensorIndex: TensorIndex { .int(self) }
}
extension Bool: TensorIndexable {
  public var tensorIndex: TensorIndex { .bool(self) }
}
extension Range: TensorIndexable where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(lowerBound, upperBound, 1) }
}
extension ClosedRange: TensorIndexable where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(lowerBound, upperBound == -1 ? nil : upperBound + 1, 1) }
}
extension PartialRangeFrom: TensorIndexable where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(lowerBound, nil, 1) }
}
extension PartialRangeUpTo: TensorIndexable where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(nil, upperBound, 1) }
}
extension PartialRangeThrough: TensorIndexable where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(nil, upperBound == -1 ? nil : upperBound + 1, 1) }
}
extension Tensor: TensorIndexable {
  public var tensorIndex: TensorIndex { .tensor(self) }
}
extension Array: TensorIndexable where Element: TensorData {
  public var tensorIndex: TensorIndex {
    // An empty list names no positions.
    .tensor(isEmpty ? Tensor(self, dtype: .int64) : Tensor(self))
  }
}
