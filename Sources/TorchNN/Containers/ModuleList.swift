/// Modules in a list, as `torch.nn.ModuleList`.
///
/// The elements may be of one type, `ModuleList([Block(), Block()])`, of `any Layer`, or of `Module`.
open class ModuleList<Element>: Module {
  private struct Entry { var element: Element }
  private var entries: [Entry]

  public init(_ elements: [Element] = []) where Element: Module { entries = elements.map(Entry.init) }
  public init(_ elements: [Element] = []) where Element == any Layer { entries = elements.map(Entry.init) }

  /// The same modules, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: ModuleList, _ copy: ModuleCopier) {
    entries = other.entries.map { Entry(element: copy($0.element as! Module) as! Element) }
  }

  open override func copied(_ copy: ModuleCopier) -> Module { ModuleList(copying: self, copy) }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + entries.enumerated().map { NamedMember(String($0), .module($1.element as! Module)) }
  }

  /// Adds a module at the end, as `torch.nn.ModuleList.append`.
  @discardableResult
  public func append(_ element: Element) -> Self {
    requireThawed("append")
    entries.append(Entry(element: element))
    return self
  }

  /// Adds modules at the end, as `torch.nn.ModuleList.extend`.
  @discardableResult
  public func extend(_ elements: some Sequence<Element>) -> Self {
    requireThawed("extend")
    entries += elements.map(Entry.init)
    return self
  }

  /// Puts a module before the one at a position, as `torch.nn.ModuleList.insert`.
  ///
  /// A negative position counts from the end, and one past either end is that end, as Python's `list.insert` has it.
  public func insert(_ index: Int, _ element: Element) {
    requireThawed("insert")
    let position = Swift.min(Swift.max(index < 0 ? index + count : index, 0), count)
    entries.insert(Entry(element: element), at: position)
  }

  /// Successive children that print alike share a line.
  open override var description: String {
    var groups: [(first: Int, last: Int, text: String)] = []
    for (index, entry) in entries.enumerated() {
      let text = (entry.element as! Module).description
      if groups.last?.text == text {
        groups[groups.count - 1].last = index
      } else {
        groups.append((index, index, text))
      }
    }
    return tree(
      childLines: groups.map {
        $0.first == $0.last
          ? "(\($0.first)): \($0.text)" : "(\($0.first)-\($0.last)): \($0.last - $0.first + 1) x \($0.text)"
      })
  }
}

extension ModuleList: Sequence {
  /// How many modules there are.
  public var count: Int { entries.count }

  /// The module at a position; negative ones count from the end.
  public subscript(index: Int) -> Element {
    get { entries[checkedIndex(index, count, of: self)].element }
    set {
      requireThawed("subscript")
      entries[checkedIndex(index, count, of: self)].element = newValue
    }
  }

  public func makeIterator() -> AnyIterator<Element> {
    var position = entries.makeIterator()
    return AnyIterator { position.next()?.element }
  }
}
