/// The sizes of a tensor, one per dimension, as `torch.Size`.
///
/// Up to eight dimensions live inline without an allocation; more (64 at most) go to the heap.
public struct Shape: Sendable {
  @usableFromInline package var inline: InlineArray<8, Int>
  @usableFromInline package var heap: [Int]?
  @usableFromInline package var dimensions: Int
  public var count: Int { @inlinable @inline(__always) get { dimensions } }

  /// How many dimensions live without an allocation.
  @usableFromInline package static var inlineCapacity: Int { 8 }

  /// The most dimensions a tensor may have.
  public static var maximumCount: Int { 64 }

  /// The shape of a 0-dim tensor.
  @inlinable @inline(__always)
  public init() {
    inline = InlineArray(repeating: 0)
    heap = nil
    dimensions = 0
  }

  /// `count` times the same size.
  @inlinable public init(repeating value: Int, count: Int) {
    self.init()
    if count > 8 {
      heap = Array(repeating: value, count: count)
    } else {
      for i in 0..<count { inline[i] = value }
    }
    dimensions = count
  }

  /// The sizes of any sequence.
  @inlinable public init(_ sizes: some Collection<Int>) {
    self.init(repeating: 0, count: sizes.count)
    var i = 0
    for size in sizes {
      self[i] = size
      i += 1
    }
  }

  /// The product of the sizes: how many elements a tensor of this shape has.
  @inlinable public var elementCount: Int {
    if heap == nil {
      var product = 1
      for i in 0..<count { product &*= inline[i] }
      return product
    }
    return reduce(1, &*)
  }

  /// The product of the sizes, or nil where it or `itemSize` times it overflows, or a contiguous tensor's strides would.
  package func checkedElementCount(itemSize: Int) -> Int? {
    var product = 1, isEmpty = false
    for i in 0..<count {
      let size = self[i]
      if size == 0 {
        isEmpty = true
        continue
      }
      let (value, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = value
    }
    if product.multipliedReportingOverflow(by: itemSize).overflow { return nil }
    return isEmpty ? 0 : product
  }
}

extension Shape: RandomAccessCollection, MutableCollection {
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { dimensions }

  public subscript(index: Int) -> Int {
    @inlinable @inline(__always) get {
      if heap == nil { return inline[index] }
      return heap![index]
    }
    @inlinable @inline(__always) set {
      if heap == nil { inline[index] = newValue } else { heap![index] = newValue }
    }
  }
}

extension Shape: RangeReplaceableCollection {
  public mutating func replaceSubrange(_ range: Range<Int>, with sizes: some Collection<Int>) {
    var copy = Array(self)
    copy.replaceSubrange(range, with: sizes)
    self = Shape(copy)
  }

  @inlinable public mutating func append(_ size: Int) {
    if count < 8 {
      inline[count] = size
      dimensions += 1
    } else {
      if heap == nil { heap = (0..<8).map { inline[$0] } }
      heap!.append(size)
      dimensions += 1
    }
  }
}

extension Shape: Equatable, Hashable {
  @inlinable
  public static func == (a: Shape, b: Shape) -> Bool {
    if a.count != b.count { return false }
    for i in 0..<a.count where a[i] != b[i] { return false }
    return true
  }

  public static func == (a: Shape, b: [Int]) -> Bool { a.elementsEqual(b) }
  public static func == (a: [Int], b: Shape) -> Bool { a.elementsEqual(b) }
  public static func != (a: Shape, b: [Int]) -> Bool { !a.elementsEqual(b) }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for size in self { hasher.combine(size) }
  }
}

extension Shape: ExpressibleByArrayLiteral {
  public init(arrayLiteral sizes: Int...) { self.init(sizes) }
}

extension Shape: CustomStringConvertible {
  /// As PyTorch prints it: `torch.Size([2, 3])`.
  public var description: String { "torch.Size(\(brackets))" }

  /// The sizes alone, `[2, 3]`, as error messages show them.
  public var brackets: String { "[" + map(String.init).joined(separator: ", ") + "]" }
}
