/// Parameters in a list, as `torch.nn.ParameterList`.
///
/// What is put in asks for gradients from then on, as a ``Parameter`` does.
open class ParameterList: Module {
  private var entries: [Parameter<Tensor>]

  public init(_ values: [Tensor] = []) { entries = values.map { Parameter(wrappedValue: $0) } }

  /// The same parameters, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: ParameterList, _ copy: ModuleCopier) {
    entries = other.entries.map { Parameter(wrappedValue: copy($0.wrappedValue)) }
  }

  open override func copied(_ copy: ModuleCopier) -> Module { ParameterList(copying: self, copy) }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + entries.enumerated().map { NamedMember(String($0), .parameter($1.wrappedValue)) }
  }

  /// Adds a parameter at the end, as `torch.nn.ParameterList.append`.
  @discardableResult
  public func append(_ value: Tensor) -> Self {
    requireThawed("append")
    entries.append(Parameter(wrappedValue: value))
    return self
  }

  /// Adds parameters at the end, as `torch.nn.ParameterList.extend`.
  @discardableResult
  public func extend(_ values: some Sequence<Tensor>) -> Self {
    requireThawed("extend")
    entries += values.map { Parameter(wrappedValue: $0) }
    return self
  }

  open override var extraRepr: String {
    entries.enumerated().map { "  (\($0)): \(shown($1.wrappedValue, $1.wrappedValue.dtype.description))" }
      .joined(separator: "\n")
  }
}

extension ParameterList: Sequence {
  /// How many parameters there are.
  public var count: Int { entries.count }

  /// The parameter at a position; negative ones count from the end.
  public subscript(index: Int) -> Tensor {
    get { entries[checkedIndex(index, count, of: self)].wrappedValue }
    set {
      requireThawed("subscript")
      entries[checkedIndex(index, count, of: self)].wrappedValue = newValue
    }
  }

  public func makeIterator() -> AnyIterator<Tensor> {
    var position = entries.makeIterator()
    return AnyIterator { position.next()?.wrappedValue }
  }
}

/// Parameters by name, in the order of insertion, as `torch.nn.ParameterDict`.
///
/// What is put in asks for gradients from then on, as a ``Parameter`` does.
open class ParameterDict: Module {
  private var entries: [(name: String, parameter: Parameter<Tensor>)]

  /// - Precondition: the names differ and contain no dot.
  public init(_ values: KeyValuePairs<String, Tensor> = [:]) {
    entries = values.map { ($0, Parameter(wrappedValue: $1)) }
    super.init()
    checkNames(keys, of: self)
  }

  /// The same parameters, copied; for subclasses that override ``copied(_:)``.
  public init(copying other: ParameterDict, _ copy: ModuleCopier) {
    entries = other.entries.map { ($0.name, Parameter(wrappedValue: copy($0.parameter.wrappedValue))) }
  }

  open override func copied(_ copy: ModuleCopier) -> Module { ParameterDict(copying: self, copy) }

  open override func namedMembers() -> [NamedMember] {
    super.namedMembers() + entries.map { NamedMember($0.name, .parameter($0.parameter.wrappedValue)) }
  }

  /// How many parameters there are.
  public var count: Int { entries.count }
  /// The names, in order.
  public var keys: [String] { entries.map(\.name) }
  /// The parameters, in order.
  public var values: [Tensor] { entries.map(\.parameter.wrappedValue) }

  /// The parameter of a name; nil where there is none. Assigning to a new name appends, assigning nil removes.
  public subscript(name: String) -> Tensor? {
    get { entries.first { $0.name == name }?.parameter.wrappedValue }
    set {
      requireThawed("subscript")
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].parameter.wrappedValue = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?):
        checkNames([name], of: self)
        entries.append((name, Parameter(wrappedValue: value)))
      case (nil, nil): break
      }
    }
  }

  open override var extraRepr: String {
    entries.map { name, parameter in
      let value = parameter.wrappedValue
      return "  (\(name)): \(shown(value, value.dtype.tensorTypeName))"
    }.joined(separator: "\n")
  }
}

/// A parameter in a container, as torch shows it.
private func shown(_ value: Tensor, _ type: String) -> String {
  let sizes = value.shape.map(String.init).joined(separator: "x")
  return "Parameter containing: [\(type) of size \(sizes)]"
}

extension DType {
  /// The name of torch's older types of tensors, which a ``ParameterDict`` shows.
  fileprivate var tensorTypeName: String {
    let word =
      switch self {
      case .float64: "Double"
      case .float32: "Float"
      case .float16: "Half"
      case .bfloat16: "BFloat16"
      case .int64: "Long"
      case .int32: "Int"
      case .int16: "Short"
      case .int8: "Char"
      case .uint8: "Byte"
      case .bool: "Bool"
      }
    return "torch.\(word)Tensor"
  }
}
