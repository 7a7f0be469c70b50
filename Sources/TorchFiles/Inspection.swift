import Torch
import TorchUtils

/// What `inspect` has to say of a file.
package struct Inspection {
  let path: String
  let format: String
  let byteCount: Int
  /// Lines that only some formats have.
  var facts: [(name: String, text: String)] = []
  var root: FileNode
  /// Whole models, as Python prints them.
  var models: [(place: String, text: String)] = []
  /// Classes that the file names beyond those of plain weights.
  var classes: [String] = []

  /// Looks at a file, whatever its name.
  /// - Throws: an error whose description is one line.
  package init(of path: String) throws {
    let kind: FileFormat
    (kind, byteCount) = try FileFormat.look(at: path)
    self.path = path
    switch kind {
    case .torchZip(let version, let byteOrder):
      format = "torch.save, zip of version \(version), \(byteOrder)-endian"
      root = FileNode("", .value(kind: "none", text: ""))
      try readCheckpoint()
    case .torchLegacy:
      format = "torch.save before 1.6, no zip"
      root = FileNode("", .value(kind: "none", text: ""))
      try readCheckpoint()
    case .safetensors, .safetensorsIndex:
      let file = try Safetensors.open(path)
      let shards = Set(file.entries.compactMap(\.shard)).count
      format = kind == .safetensors ? "safetensors" : "index of \(shards) safetensors file\(shards == 1 ? "" : "s")"
      root = Self.tree(file)
      for (key, text) in file.metadata.sorted(by: { $0.key < $1.key }) {
        let entry = CheckpointTree.shortened(CheckpointTree.clean("\(key): \(text)"))
        facts.append((facts.isEmpty ? "metadata" : "", entry))
      }
    case .npy, .npz:
      format = kind == .npy ? "one array of NumPy (npy)" : "archive of NumPy arrays (npz)"
      root = Self.tree(try NumPy.contents(of: path), isArchive: kind == .npz)
    default: throw UnreadableFile(path: path, format: kind)
    }
  }

  private mutating func readCheckpoint() throws {
    let (checkpoint, needsClasses) = try Self.open(path)
    facts.append(("reads with", needsClasses ? "weightsOnly: false alone, as inert data" : "weightsOnly: true"))
    var tree = CheckpointTree()
    root = try tree.root(checkpoint)
    classes = checkpoint.namedClasses
    for (place, model) in tree.models.prefix(4) {
      var text = ModelText()
      models.append((place, text.text(model)))
    }
  }

  private static func open(_ path: String) throws(CheckpointError) -> (Checkpoint, Bool) {
    do {
      return (try load(path), false)
    } catch {
      guard error.kind == .refused else { throw error }
      return (try load(path, weightsOnly: false), true)
    }
  }

  private static func tree(_ file: SafetensorsFile) -> FileNode {
    var root = FileNode(
      "", .group(kind: "dictionary", title: "\(file.entries.count) tensor\(file.entries.count == 1 ? "" : "s")"))
    for entry in file.entries {
      var line = TensorLine(dtype: entry.dtype?.name ?? entry.dtypeName, shape: Array(entry.shape))
      line.byteCount = entry.byteCount
      if entry.dtype == nil { line.notes.append("a dtype that tensors here cannot have") }
      if let shard = entry.shard { line.notes.append(CheckpointTree.clean(shard)) }
      let label = CheckpointTree.clean(entry.name)
      var node = FileNode(label, .tensor(line))
      node.sum.add(line, name: label)
      root.add(node)
    }
    return root
  }
}

extension Inspection {
  private static func tree(
    _ arrays: [(name: String, dtype: String, shape: [Int], isFortran: Bool)], isArchive: Bool
  ) -> FileNode {
    let title = "\(arrays.count) array\(arrays.count == 1 ? "" : "s")"
    var root = FileNode("", .group(kind: "dictionary", title: title))
    for array in arrays {
      var line = TensorLine(dtype: array.dtype, shape: array.shape)
      if array.isFortran { line.notes.append("columns first") }
      let label = isArchive ? CheckpointTree.clean(array.name) : "array"
      var node = FileNode(label, .tensor(line))
      node.sum.add(line, name: label)
      root.add(node)
    }
    return root
  }
}

/// A file that holds no tensors, or none that are read here.
struct UnreadableFile: Error, CustomStringConvertible {
  let path: String
  let format: FileFormat

  var description: String { "\(path): \(format.sentence)" }
}

extension Inspection {
  /// The whole report, as a person reads it.
  package func text(all: Bool = false, depth: Int = .max, terminal: Terminal? = nil) -> String {
    let style = TextStyle(
      hasColor: terminal?.wantsColor ?? false, isUnicode: terminal == nil || Terminal.speaksUnicode)
    var lines = [style.bold(path)]
    let rows =
      [
        ("format", format),
        ("size", byteCount < 1000 ? byteText(byteCount) : "\(byteText(byteCount)) (\(countText(byteCount)) bytes)"),
      ] + facts
    lines += Self.aligned(rows.map { ($0.0, $0.1) }, style)
    lines.append("")
    if case .group(_, let title) = root.content { lines.append(style.dim(title)) }
    lines += TreeText(all: all, depth: depth, style: style).lines(root)
    lines.append("")
    let sum = root.sum
    var parameters = [countText(sum.parameters)]
    let buffers = sum.elements - sum.parameters - sum.optimizer
    if buffers > 0 { parameters.append("\(elementText(buffers)) of buffers") }
    if sum.optimizer > 0 { parameters.append("\(elementText(sum.optimizer)) of an optimizer's state") }
    let sizes = sum.bytesByDType.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var totals = [
      ("tensors", countText(sum.tensors)),
      ("parameters", parameters.joined(separator: ", and ")),
    ]
    if !sizes.isEmpty {
      totals.append(("bytes", sizes.map { "\($0.key) \(byteText($0.value))" }.joined(separator: ", ")))
    }
    lines += Self.aligned(totals, style)
    for (place, text) in models {
      lines += ["", style.bold(place.isEmpty ? "model" : "model at \(place)"), text]
    }
    if !classes.isEmpty {
      lines += [
        "", "names \(classes.count) class\(classes.count == 1 ? "" : "es"), none of which is run or looked up:",
      ]
      let shown = all ? classes[...] : classes.prefix(20)
      lines += shown.map { "  \(CheckpointTree.clean($0))" }
      if shown.count < classes.count { lines.append("  \(style.ellipsis) \(classes.count - shown.count) more") }
    }
    return lines.joined(separator: "\n")
  }

  private static func aligned(_ rows: [(String, String)], _ style: TextStyle) -> [String] {
    let width = rows.map { displayWidth($0.0) }.max() ?? 0
    return rows.map { "  " + style.dim(pad($0.0, to: width)) + "  " + $0.1 }
  }
}
