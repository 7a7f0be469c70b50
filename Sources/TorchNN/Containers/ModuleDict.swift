/// Modules by name, in the order of insertion, as `torch.nn.ModuleDict`.
open class ModuleDict<Element>: Module {
  private struct Entry {
    var name: String
    var element: Element
  }

  private var entries: [Entry]

  /// - Precondition: the names differ and contain no dot.
  public init(_ elements: KeyValuePairs<String, Element> = [:]) where Element: Module {
    entries = elements.map { Entry(name: $0, element: $1) }
    super.init()
    checkNames(keys, of: self)
  }

  /// - Precondition: the names differ and contain no dot.
  public init(_ elements: KeyValuePairs<String, Element> = [:]) where Element == any Layer {
    entries = elements.map { Entry(name: $0, element: $1) }
    super.init()
    checkNames(keys, of: self)
  }

  /// The same modules, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: ModuleDict, _ copy: ModuleCopier) {
    entries = other.entries.map { Entry(name: $0.name, element: copy($0.element as! Module) as! Element) }
  }

  open override func copied(_ copy: ModuleCopier) -> Module { ModuleDict(copying: self, copy) }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + entries.map { NamedMember($0.name, .module($0.element as! Module)) }
  }

  /// How many modules there are.
  public var count: Int { entries.count }
  /// The names, in order.
  public var keys: [String] { entries.map(\.name) }
  /// The modules, in order.
  public var values: [Element] { entries.map(\.element) }

  /// The module of a name; nil where there is none. Assigning to a new name appends, assigning nil removes.
  public subscript(name: String) -> Element? {
    get { entries.first { $0.name == name }?.element }
    set {
      requireThawed("subscript")
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let element?): entries[index].element = element
      case (let index?, nil): entries.remove(at: index)
      case (nil, let element?):
        checkNames([name], of: self)
        entries.append(Entry(name: name, element: element))
      case (nil, nil): break
      }
    }
  }
}
