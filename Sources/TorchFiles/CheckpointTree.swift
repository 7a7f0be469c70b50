import Torch

/// Where a value is: put into words only where they are wanted, for a file can name one long key a million times.
private final class Place {
  let parent: Place?
  let label: String

  init(_ parent: Place?, _ label: String) { (self.parent, self.label) = (parent, label) }

  /// The labels on the way, the whole itself left out.
  var text: String {
    var labels: [String] = []
    var place = self
    while let parent = place.parent {
      labels.append(place.label)
      place = parent
    }
    return labels.reversed().joined(separator: "/")
  }
}

/// Makes the tree of a checkpoint: each value once, however often and in whatever circles the file names it.
struct CheckpointTree {
  /// How many levels are followed; deeper ones would need a stack without end.
  private static let depthLimit = 500

  /// Where containers and tensors were first seen.
  private var seen: [Int: Place] = [:]
  /// The first tensor in each memory.
  private var memory: [String: (place: Place, facts: Checkpoint.TensorFacts)] = [:]
  /// Whole models, and where they are.
  private(set) var models: [(place: String, model: Checkpoint)] = []
  private var depth = 0
  private var moduleDepth = 0
  private var isInOptimizer = false

  mutating func root(_ checkpoint: Checkpoint) throws(CheckpointError) -> FileNode {
    try node("", checkpoint, place: Place(nil, ""))
  }

  private mutating func node(
    _ label: String, _ value: Checkpoint, place: Place, role: TensorLine.Role = .plain
  ) throws(CheckpointError) -> FileNode {
    if let text = Self.scalar(value) { return FileNode(label, .value(kind: value.kind.rawValue, text: text)) }
    if value.kind == .tensor { return tensor(label, value, place: place, role: role) }
    if value.kind == .list || value.kind == .tuple || value.kind == .set, let text = Self.inline(value) {
      return FileNode(label, .value(kind: value.kind.rawValue, text: text))
    }
    let isContainer = [.list, .tuple, .set, .dictionary, .object].contains(value.kind)
    guard isContainer else { return FileNode(label, .value(kind: value.kind.rawValue, text: value.description)) }
    if let first = seen[value.identity] {
      return FileNode(label, .again(place: first.parent == nil ? "the whole" : first.text))
    }
    guard depth < Self.depthLimit else {
      return FileNode(label, .value(kind: value.kind.rawValue, text: "… more than \(Self.depthLimit) levels deep"))
    }
    seen[value.identity] = place
    depth += 1
    defer { depth -= 1 }
    switch value.kind {
    case .dictionary: return try dictionary(label, value, place: place)
    case .object: return try object(label, value, place: place)
    default: return try list(label, value, place: place)
    }
  }

  private mutating func list(
    _ label: String, _ value: Checkpoint, place: Place
  ) throws(CheckpointError) -> FileNode {
    let items = try value.list
    var node = FileNode(label, .group(kind: value.kind.rawValue, title: "\(value.kind.rawValue) of \(items.count)"))
    node.isList = true
    for (index, item) in items.enumerated() {
      node.add(try self.node("\(index)", item, place: Place(place, "\(index)")))
    }
    return node
  }

  private mutating func dictionary(
    _ label: String, _ value: Checkpoint, place: Place
  ) throws(CheckpointError) -> FileNode {
    let items = try value.items
    let name = value.dictionaryName ?? "dict"
    if items.isEmpty { return FileNode(label, .value(kind: "dictionary", text: "empty \(name)")) }
    var node = FileNode(label, .group(kind: "dictionary", title: "\(name) of \(items.count)"))
    // Numbered entries, as an optimizer has for each parameter, are alike.
    node.isList = items.allSatisfy { $0.key.kind == .int }
    // What an optimizer keeps of a parameter is none itself.
    let wasInOptimizer = isInOptimizer
    defer { isInOptimizer = wasInOptimizer }
    if ((try? value.get("param_groups")) ?? nil) != nil { isInOptimizer = true }
    for (key, item) in items {
      let label = (try? key.string).map(Self.clean) ?? Self.scalar(key) ?? Self.inline(key) ?? key.description
      node.add(try self.node(label, item, place: Place(place, label)))
    }
    return node
  }

  private mutating func object(
    _ label: String, _ value: Checkpoint, place: Place
  ) throws(CheckpointError) -> FileNode {
    if let module = ModuleParts(value) {
      if moduleDepth == 0 { models.append((place.text, value)) }
      moduleDepth += 1
      defer { moduleDepth -= 1 }
      var node = FileNode(
        label, .group(kind: "module", title: module.children.isEmpty ? module.line : module.shortName))
      for (name, item) in module.parameters {
        node.add(try self.node(name, item, place: Place(place, name), role: .parameter))
      }
      for (name, item) in module.buffers {
        node.add(try self.node(name, item, place: Place(place, name), role: .buffer))
      }
      for (name, item) in module.children { node.add(try self.node(name, item, place: Place(place, name))) }
      return node
    }
    var node = FileNode(
      label, .group(kind: "object", title: "object of \(value.className ?? "a class without a name")"))
    for (index, item) in ((try? value.arguments) ?? []).enumerated() {
      node.add(try self.node("(\(index))", item, place: Place(place, "(\(index))")))
    }
    for (key, item) in (try? value.items) ?? [] {
      let label = (try? key.string).map(Self.clean) ?? key.description
      node.add(try self.node("[\(label)]", item, place: Place(place, label)))
    }
    for (index, item) in ((try? value.list) ?? []).enumerated() {
      node.add(try self.node("[\(index)]", item, place: Place(place, "\(index)")))
    }
    if let state = value.state {
      if let attributes = try? state.items, state.kind == .dictionary {
        for (key, item) in attributes {
          let label = (try? key.string).map(Self.clean) ?? key.description
          node.add(try self.node(".\(label)", item, place: Place(place, label)))
        }
      } else {
        node.add(try self.node("state", state, place: Place(place, "state")))
      }
    }
    return node
  }

  private mutating func tensor(
    _ label: String, _ value: Checkpoint, place: Place, role: TensorLine.Role
  ) -> FileNode {
    guard let facts = value.tensorFacts else {
      return FileNode(label, .value(kind: "tensor", text: value.description))
    }
    var line = TensorLine(dtype: facts.dtype, shape: facts.shape)
    line.role = isInOptimizer ? .optimizer : facts.isParameter ? .parameter : role
    if line.count > 0, !isRowMajor(facts.shape, facts.strides) { line.strides = facts.strides }
    if role == .buffer { line.notes.append("buffer") }
    if facts.isParameter, !facts.requiresGrad { line.notes.append("frozen") }
    if line.count > 0 {
      if let (place, first) = memory[facts.storage] {
        line.sharesWith = place.text
        line.isSame = first.offset == facts.offset && first.shape == facts.shape && first.strides == facts.strides
      } else {
        memory[facts.storage] = (place, facts)
      }
    }
    var node = FileNode(label, .tensor(line))
    node.sum.add(line, name: label)
    return node
  }

  private func isRowMajor(_ shape: [Int], _ strides: [Int]) -> Bool {
    var step = 1
    for (size, stride) in zip(shape, strides).reversed() {
      if size != 1, stride != step { return false }
      step = step.multipliedReportingOverflow(by: size).partialValue
    }
    return true
  }
}

extension CheckpointTree {
  /// How long a value may read.
  static let width = 60

  /// A value without parts as Python writes it, shortened; nil for others.
  static func scalar(_ value: Checkpoint) -> String? {
    switch value.kind {
    case .none: return "None"
    case .bool: return (try? value.bool).map { $0 ? "True" : "False" }
    case .int: return (try? value.int).map(String.init) ?? "an int of more than 64 bits"
    case .double: return (try? value.double).map { "\($0)" }
    case .complex:
      return (try? value.complex).map { "(\($0.real)\($0.imaginary.sign == .minus ? "" : "+")\($0.imaginary)j)" }
    case .string: return (try? value.string).map { shortened(JSON.quoted($0)) }
    case .bytes: return (try? value.bytes).map { "\($0.count) bytes" }
    case .size: return (try? value.shape).map { shortened("torch.Size(\($0))") }
    case .device, .dtype, .global: return shortened(clean(value.description))
    default: return nil
    }
  }

  /// A list of values without parts in one line; nil for others.
  static func inline(_ value: Checkpoint) -> String? {
    guard let items = try? value.list else { return nil }
    let texts = items.prefix(64).map { scalar($0) ?? "" }
    if texts.contains("") || items.count > 64 && !items.allSatisfy({ scalar($0) != nil }) { return nil }
    let (open, close) = value.kind == .tuple ? ("(", ")") : value.kind == .set ? ("{", "}") : ("[", "]")
    let end = value.kind == .tuple && items.count == 1 ? ",)" : close
    let whole = open + texts.joined(separator: ", ") + end
    if items.count <= 64, whole.count <= width { return whole }
    var text = open
    var shown = 0
    for item in texts {
      if text.count + item.count >= width - 16 { break }
      text += (shown > 0 ? ", " : "") + item
      shown += 1
    }
    return text + ", … \(items.count - shown) more" + close
  }

  static func shortened(_ text: String) -> String { text.count <= width ? text : text.prefix(width - 1) + "…" }

  /// A name without what would move a terminal's cursor, and not without end.
  static func clean(_ name: String) -> String {
    let name = name.utf8.count > 300 ? name.prefix(200) + "…" : name
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) }
    if isPlain { return name }
    return String(
      name.unicodeScalars.map { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? "\u{fffd}" : Character($0) })
  }
}
