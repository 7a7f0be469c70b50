/// Layers one after another, as `torch.nn.Sequential`.
///
/// ```swift
/// Sequential(Linear(784, 128), ReLU(), Linear(128, 10))
/// Sequential {
///   Conv2d(1, 8, kernelSize: 3)
///   if deep { Conv2d(8, 8, kernelSize: 3) }
///   for _ in 0..<3 { ReLU() }
/// }
/// Sequential(named: ["hidden": Linear(784, 128), "out": Linear(128, 10)])
/// ```
open class Sequential: Module, Layer {
  private struct Entry {
    var name: String
    var layer: any Layer
  }

  private var entries: [Entry]

  /// The layers in order, keyed by position.
  public init(_ layers: [any Layer]) {
    entries = layers.enumerated().map { Entry(name: String($0), layer: $1) }
  }

  /// The layers in order, keyed by position.
  public convenience init(_ layers: any Layer...) { self.init(layers) }

  /// The layers that the block lists, keyed by position.
  public convenience init(@LayerBuilder _ layers: () -> [any Layer]) { self.init(layers()) }

  /// The layers in order, keyed by name.
  /// - Precondition: the names differ and contain no dot.
  public init(named layers: KeyValuePairs<String, any Layer>) {
    entries = layers.map { Entry(name: $0, layer: $1) }
    super.init()
    checkNames(entries.map(\.name), of: self)
  }

  /// The same layers, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: Sequential, _ copy: ModuleCopier) {
    entries = other.entries.map { Entry(name: $0.name, layer: copy($0.layer)) }
  }

  open override func copied(_ copy: ModuleCopier) -> Module { Sequential(copying: self, copy) }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + entries.map { NamedMember($0.name, .module($0.layer)) }
  }

  open func forward(_ x: Tensor) -> Tensor { LayerChain.run(layers, x) }

  /// How many layers there are.
  public var count: Int { entries.count }

  /// The layers in order.
  public var layers: [any Layer] { entries.map(\.layer) }

  /// The layer at a position; negative ones count from the end. A layer that is assigned keeps the key.
  public subscript(index: Int) -> any Layer {
    get { entries[checkedIndex(index, count, of: self)].layer }
    set {
      requireThawed("subscript")
      entries[checkedIndex(index, count, of: self)].layer = newValue
    }
  }

  /// The layer of a name; nil where there is none. Assigning to a new name appends, assigning nil removes.
  public subscript(name: String) -> (any Layer)? {
    get { entries.first { $0.name == name }?.layer }
    set {
      requireThawed("subscript")
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let layer?): entries[index].layer = layer
      case (let index?, nil): entries.remove(at: index)
      case (nil, let layer?):
        checkNames([name], of: self)
        entries.append(Entry(name: name, layer: layer))
      case (nil, nil): break
      }
    }
  }

  /// The same layers of a range of positions, in a sequence of their own; they keep their keys. What the range has past
  /// the end is left out.
  public subscript(range: Range<Int>) -> Sequential {
    let part = Sequential()
    part.entries = Array(entries[range.clamped(to: 0..<count)])
    return part
  }

  /// Adds a layer at the end, keyed by its position, as `torch.nn.Sequential.append`.
  @discardableResult
  public func append(_ layer: any Layer) -> Self {
    requireThawed("append")
    entries.append(Entry(name: String(count), layer: layer))
    return self
  }
}

/// Lists layers in a block: plain ones, `if`, `if`-`else`, `switch` and `for`.
@resultBuilder
public enum LayerBuilder {
  public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
  public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildLimitedAvailability(_ part: [any Layer]) -> [any Layer] { part }
}

/// A position from the start, from one that may count from the end.
func checkedIndex(_ index: Int, _ count: Int, of module: Module) -> Int {
  let wrapped = index < 0 ? index + count : index
  guard wrapped >= 0, wrapped < count else {
    fault(module.typeName, "position \(index) is out of range for \(count) modules")
  }
  return wrapped
}

func checkNames(_ names: [String], of module: Module) {
  var seen: Set<String> = []
  for name in names {
    if name.isEmpty || name.contains(".") {
      fault(module.typeName, "a module's name is not empty and has no dot; got \"\(name)\"")
    }
    if !seen.insert(name).inserted { fault(module.typeName, "the name \(name) appears twice") }
  }
}
