// What a module holds: found by reflection each time, never cached.

/// A parameter, buffer or child of a module, under its key.
public struct NamedMember {
  public enum Value {
    case parameter(Tensor)
    case buffer(Tensor, persistent: Bool)
    case module(Module)
  }

  public var name: String
  public var value: Value

  public init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

/// A property wrapper that a module reflects.
protocol ReflectedMember: AnyObject {
  var key: String? { get }
  /// Nil where the property holds nothing.
  var memberValue: NamedMember.Value? { get }
}

/// A collection that may turn out to hold modules.
private protocol ReflectedCollection {
  /// The modules, or nil where the elements are something else.
  var reflectedModules: [Module]? { get }
  var isDictionaryOfModules: Bool { get }
  /// Whether it holds collections of modules, which have no keys of their own.
  var isNested: Bool { get }
}

extension Array: ReflectedCollection {
  fileprivate var reflectedModules: [Module]? {
    guard Element.self is Module.Type || first is Module else { return nil }
    return compactMap { $0 as? Module }
  }
  fileprivate var isDictionaryOfModules: Bool { false }
  fileprivate var isNested: Bool {
    guard let first = first as? any ReflectedCollection else { return false }
    return first.isNested || first.isDictionaryOfModules
      || contains { !(($0 as? any ReflectedCollection)?.reflectedModules ?? []).isEmpty }
  }
}

extension Dictionary: ReflectedCollection {
  fileprivate var reflectedModules: [Module]? { nil }
  fileprivate var isDictionaryOfModules: Bool { Value.self is Module.Type || first?.value is Module }
  fileprivate var isNested: Bool { false }
}

/// The key of a property, by the rule of the house.
///
/// An underscore goes before a capital that follows a lowercase letter or digit, and all becomes lowercase: a run of
/// capitals is one word, underscores stay. A leading capital means that the name is the key.
package func stateKey(_ label: String) -> String {
  guard let first = label.first, !first.isUppercase else { return label }
  var key = ""
  var previous: Character = "_"
  for character in label {
    if character.isUppercase, previous.isLowercase || previous.isNumber { key.append("_") }
    key += character.lowercased()
    previous = character
  }
  return key
}

extension Module {
  func reflectedMembers() -> [NamedMember] {
    var mirrors: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: self)
    while let mirror = next, mirror.subjectType != Module.self {
      mirrors.append(mirror)
      next = mirror.superclassMirror
    }
    let keys = type(of: self).keys
    var members: [NamedMember] = []
    for mirror in mirrors.reversed() {
      for (label, value) in mirror.children {
        guard let label else { continue }
        if let module = value as? Module {
          members.append(NamedMember(Self.key(of: label, keys), .module(module)))
        } else if let member = value as? any ReflectedMember {
          guard let content = member.memberValue else { continue }
          members.append(NamedMember(member.key ?? Self.key(of: String(label.dropFirst()), keys), content))
        } else if let collection = value as? any ReflectedCollection {
          if collection.isDictionaryOfModules {
            fault(
              typeName,
              "property \(label) is a dictionary of modules, which has no order; use a ModuleDict instead")
          }
          if collection.isNested {
            fault(
              typeName,
              "property \(label) holds collections of modules, which have no keys; use a ModuleList of "
                + "ModuleList instead")
          }
          guard let modules = collection.reflectedModules else { continue }
          members.append(NamedMember(Self.key(of: label, keys), .module(ModuleList(modules))))
        }
      }
    }
    return members
  }

  private static func key(of label: String, _ keys: [String: String]) -> String {
    let lazyPrefix = "$__lazy_storage_$_"
    let name = label.hasPrefix(lazyPrefix) ? String(label.dropFirst(lazyPrefix.count)) : label
    return keys[name] ?? stateKey(name)
  }

  /// The modules directly below this one with their keys, each once, as `torch.nn.Module.named_children`.
  public func namedChildren() -> [(name: String, module: Module)] {
    var seen: Set<ObjectIdentifier> = []
    return namedMembers().compactMap {
      guard case .module(let module) = $0.value, seen.insert(ObjectIdentifier(module)).inserted else { return nil }
      return ($0.name, module)
    }
  }

  /// The modules directly below this one, each once, as `torch.nn.Module.children`.
  public func children() -> [Module] { namedChildren().map(\.module) }

  /// This module and all below it with their paths, each once, parents first, as `torch.nn.Module.named_modules`.
  ///
  /// The path of the module itself is empty.
  public func namedModules() -> [(name: String, module: Module)] {
    var seen: Set<ObjectIdentifier> = []
    var found: [(name: String, module: Module)] = []
    func visit(_ module: Module, _ path: String) {
      guard seen.insert(ObjectIdentifier(module)).inserted else { return }
      found.append((path, module))
      for (name, child) in module.namedChildren() { visit(child, path.isEmpty ? name : "\(path).\(name)") }
    }
    visit(self, "")
    return found
  }

  /// This module and all below it, each once, as `torch.nn.Module.modules`.
  public func modules() -> [Module] { namedModules().map(\.module) }

  /// The module at a path such as `features.3`, as `torch.nn.Module.get_submodule`; nil where there is none.
  public func submodule(_ path: String) -> Module? {
    path.split(separator: ".").reduce(self as Module?) { module, name in
      module?.namedChildren().first { $0.name == name }?.module
    }
  }

  /// The parameters with their paths, each once, as `torch.nn.Module.named_parameters`.
  public func namedParameters() -> [(name: String, parameter: Tensor)] {
    namedTensors {
      if case .parameter(let tensor) = $0 { tensor } else { nil }
    }.map { ($0.name, $0.tensor) }
  }

  /// The parameters, each once, as `torch.nn.Module.parameters`.
  public func parameters() -> [Tensor] { namedParameters().map(\.parameter) }

  /// The buffers with their paths, each once, as `torch.nn.Module.named_buffers`.
  public func namedBuffers() -> [(name: String, buffer: Tensor)] {
    namedTensors {
      if case .buffer(let tensor, _) = $0 { tensor } else { nil }
    }.map { ($0.name, $0.tensor) }
  }

  /// The buffers, each once, as `torch.nn.Module.buffers`.
  public func buffers() -> [Tensor] { namedBuffers().map(\.buffer) }

  private func namedTensors(_ pick: (NamedMember.Value) -> Tensor?) -> [(name: String, tensor: Tensor)] {
    var seen: Set<ObjectIdentifier> = []
    var found: [(name: String, tensor: Tensor)] = []
    for (path, module) in namedModules() {
      for member in module.namedMembers() {
        guard let tensor = pick(member.value), seen.insert(ObjectIdentifier(tensor)).inserted else { continue }
        found.append((path.isEmpty ? member.name : "\(path).\(member.name)", tensor))
      }
    }
    return found
  }
}
