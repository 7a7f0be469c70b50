import Torch

/// Why a file cannot become another, in one line that says what to do.
struct ConversionError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// The tensors of a part of a checkpoint under one name each.
struct NamedTensors {
  private(set) var entries: [(name: String, tensor: Tensor)] = []
  private var names: Set<String> = []
  /// What may still be looked at: a short file can name one part at any number of places.
  private var budget: Int

  /// How many values and bytes of names a conversion looks at.
  static let limit = 1 << 26

  /// Whole models give their state; names of what is nested are joined by dots.
  init(_ value: Checkpoint, place: String, budget: inout Int) throws {
    self.budget = budget
    defer { budget = self.budget }
    if value.kind == .tensor {
      try add(place.split(separator: "/").last.map(String.init) ?? "tensor", value)
    } else {
      try collect(value, prefix: "", place: place, depth: 0)
    }
  }

  init(_ state: StateDict) {
    (entries, names, budget) = (state.map { ($0.key, $0.value) }, Set(state.keys), Self.limit)
  }

  private mutating func collect(_ value: Checkpoint, prefix: String, place: String, depth: Int) throws {
    func below(_ name: String) -> String { place.isEmpty ? name : "\(place)/\(name)" }
    guard depth < 64 else { throw ConversionError("\(place): is nested too deep") }
    budget -= 1 + prefix.utf8.count + place.utf8.count
    guard budget > 0 else { throw ConversionError("the file names too much too often") }
    switch value.kind {
    case .tensor: try add(String(prefix.dropLast()), value)
    case .dictionary:
      for (key, item) in try value.items {
        guard let name = (try? key.string) ?? (try? key.int).map(String.init) else {
          throw ConversionError("\(place.isEmpty ? "checkpoint" : place): has the key \(key), which is no name")
        }
        try collect(item, prefix: "\(prefix)\(name).", place: below(name), depth: depth + 1)
      }
    case .list, .tuple:
      for (index, item) in try value.list.enumerated() {
        try collect(item, prefix: "\(prefix)\(index).", place: below("\(index)"), depth: depth + 1)
      }
    case .object where ModuleParts(value) != nil:
      for (name, tensor) in try value.stateDict() { try add(prefix + name, tensor) }
    default:
      throw ConversionError(
        "\(place.isEmpty ? "checkpoint" : place): is \(CheckpointTree.shortened(value.description)), not a tensor, "
          + "and formats of named tensors hold nothing else; choose the tensors with --key, or write a .pth")
    }
  }

  private mutating func add(_ name: String, _ value: Checkpoint) throws { try add(name, value.tensor) }

  private mutating func add(_ name: String, _ tensor: Tensor) throws {
    guard names.insert(name).inserted else { throw ConversionError("two tensors would be named \(JSON.quoted(name))") }
    entries.append((name, tensor.detach()))
  }

  /// Takes a beginning from all names that have it.
  mutating func strip(_ prefix: String) throws {
    guard entries.contains(where: { $0.name.hasPrefix(prefix) }) else {
      throw ConversionError(
        "no name begins with \(JSON.quoted(prefix)); the first is \(JSON.quoted(entries.first?.name ?? ""))")
    }
    let old = entries
    (entries, names) = ([], [])
    for (name, tensor) in old {
      try add(name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name, tensor)
    }
  }

  /// Changes numbers with a fraction to a dtype; whole numbers and truth values stay.
  mutating func cast(to dtype: DType) {
    // What is tied stays tied: a storage may have several names.
    var known: [ObjectIdentifier: Tensor] = [:]
    for (index, (_, tensor)) in entries.enumerated() where tensor.dtype.isFloatingPoint && tensor.dtype != dtype {
      let isWhole = tensor.isContiguous() && tensor.storageOffset() == 0
      let identity = ObjectIdentifier(tensor.storage)
      if isWhole, let other = known[identity], other.shape == tensor.shape {
        entries[index].tensor = other
        continue
      }
      let result = tensor.to(dtype)
      if isWhole { known[identity] = result }
      entries[index].tensor = result
    }
  }
}

/// The part of a checkpoint that is to be converted.
struct Selection {
  var value: Checkpoint
  var place: String
  /// What the whole has beside it.
  var leftOut: [String] = []

  /// The part that a key names: keys and indexes, joined by slashes where there are several; a slash alone is the whole.
  init(_ checkpoint: Checkpoint, key: String) throws {
    var value = checkpoint
    if let whole = try? checkpoint[key] {
      value = whole
    } else {
      for step in key.split(separator: "/") {
        if let number = Int(step), let part = try? value[number] {
          value = part
        } else {
          value = try value[String(step)]
        }
      }
    }
    (self.value, place) = (value, key == "/" ? "" : key)
  }

  /// The whole, where it is a state of a model, or the only one within it.
  init(onlyStateOf checkpoint: Checkpoint) throws {
    let direct = checkpoint.kind == .dictionary ? try checkpoint.items.map(\.value) : [checkpoint]
    var budget = NamedTensors.limit
    var found: [(place: String, value: Checkpoint)] = []
    // A dictionary without tensors of its own may hold several states under their names.
    if !direct.contains(where: { $0.kind == .tensor || ModuleParts($0) != nil && direct.count == 1 }) {
      Self.search(checkpoint, place: "", depth: 0, &budget, into: &found)
    } else if (try? NamedTensors(checkpoint, place: "", budget: &budget)) == nil {
      Self.search(checkpoint, place: "", depth: 0, &budget, into: &found)
    }
    guard let first = found.first else {
      (value, place) = (checkpoint, "")
      return
    }
    guard found.count == 1 else {
      let keys = found.prefix(8).map(\.place).joined(separator: ", ")
      throw ConversionError(
        "there are several states in it: \(keys); choose one with --key \(first.place), or all with --key /")
    }
    (value, place) = (first.value, first.place)
    leftOut = try checkpoint.keys.filter { place != $0 && !place.hasPrefix($0 + "/") }
  }

  /// Finds what reads like a model's state. An optimizer's is none.
  private static func search(
    _ value: Checkpoint, place: String, depth: Int, _ budget: inout Int,
    into found: inout [(place: String, value: Checkpoint)]
  ) {
    guard depth < 4, budget > 0, value.kind == .dictionary, let keys = try? value.keys, !keys.contains("param_groups"),
      let items = try? value.items
    else { return }
    for (key, item) in zip(keys, items) {
      let place = place.isEmpty ? key : "\(place)/\(key)"
      let mayBeState = ModuleParts(item.value) != nil || (try? item.value.keys).map { !$0.isEmpty } == true
      guard mayBeState else { continue }
      if (try? NamedTensors(item.value, place: place, budget: &budget))?.entries.isEmpty == false {
        found.append((place, item.value))
      } else {
        search(item.value, place: place, depth: depth + 1, &budget, into: &found)
      }
    }
  }
}
