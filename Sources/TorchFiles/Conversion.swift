import Torch

/// What `convert` does, and with which choices.
package struct Conversion {
  /// The part of a checkpoint, as `model_state_dict`.
  package var key: String?
  /// What numbers with a fraction become.
  package var dtype: DType?
  /// What names lose.
  package var stripPrefix: String?
  /// The most bytes in one file of safetensors.
  package var maxShardSize: Int?

  package init() {}

  /// The formats that are written, by the end of a name.
  private enum Target: String, CaseIterable {
    case safetensors, pth, pt, bin, npz, npy

    init(path: String) throws {
      let end = path.split(separator: "/").last?.split(separator: ".").dropFirst().last.map { $0.lowercased() }
      guard let end, let target = Target(rawValue: end) else {
        let names = Target.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
        throw ConversionError("\(path): the end of the name tells the format, one of \(names)")
      }
      self = target
    }

    var isTorch: Bool { [.pth, .pt, .bin].contains(self) }
  }

  /// Reads a file of any format and writes another, by the end of its name.
  /// - Returns: what the user should know, a line each.
  /// - Throws: an error whose description is one line.
  package func run(from source: String, to path: String) throws -> [String] {
    let target = try Target(path: path)
    guard maxShardSize == nil || target == .safetensors else {
      throw ConversionError("\(path): only safetensors files come in several")
    }
    if target.isTorch, let notes = try saveWhole(source, to: path) { return notes }
    var (tensors, metadata, notes) = try read(source)
    if let stripPrefix { try tensors.strip(stripPrefix) }
    if let dtype { tensors.cast(to: dtype) }
    let entries = tensors.entries.map { ($0.name, $0.tensor) }
    switch target {
    case .safetensors: try Safetensors.save(entries, to: path, metadata: metadata, maxShardSize: maxShardSize)
    case .pth, .pt, .bin: try save(StateDict(entries), path)
    case .npz:
      try requireNumPy(entries, path)
      try NumPy.save(archive: entries, to: path)
    case .npy:
      guard entries.count == 1 else {
        throw ConversionError(
          "\(path): holds one tensor, and there are \(entries.count); choose one with --key or write a .npz")
      }
      try requireNumPy(entries, path)
      try NumPy.save(entries[0].1, to: path)
    }
    notes.append("wrote \(entries.count) tensor\(entries.count == 1 ? "" : "s")")
    return notes
  }

  /// A checkpoint of torch, kept whole where nothing asks for a part: from the old format to the new one.
  /// - Returns: nil where only tensors are to be kept, or the file is none of torch's.
  private func saveWhole(_ source: String, to path: String) throws -> [String]? {
    guard key == nil, dtype == nil, stripPrefix == nil else { return nil }
    switch try FileFormat(of: source) {
    case .torchZip, .torchLegacy: break
    default: return nil
    }
    // A whole model is code; its state is not.
    let checkpoint = try open(source)
    guard ModuleParts(checkpoint) == nil else { return nil }
    try save(checkpoint, path)
    return ["wrote the whole of it"]
  }

  private func requireNumPy(_ entries: [(String, Tensor)], _ path: String) throws {
    guard let (name, _) = entries.first(where: { $0.1.dtype == .bfloat16 }) else { return }
    throw ConversionError("\(path): NumPy has no bfloat16, which \(JSON.quoted(name)) is; add --dtype float32")
  }

  private func read(
    _ source: String
  ) throws -> (tensors: NamedTensors, metadata: [String: String], notes: [String]) {
    switch try FileFormat(of: source) {
    case .torchZip, .torchLegacy:
      let (tensors, notes) = try select(source)
      return (tensors, ["format": "pt"], notes)
    case .safetensors, .safetensorsIndex:
      try refuseKey(source)
      let file = try Safetensors.open(source)
      let tensors = NamedTensors(try file.stateDict())
      return (tensors, file.metadata.isEmpty ? ["format": "pt"] : file.metadata, [])
    case .npz:
      try refuseKey(source)
      return (NamedTensors(try NumPy.load(archive: source)), ["format": "pt"], [])
    case .npy:
      try refuseKey(source)
      return (NamedTensors(["array": try NumPy.load(source)]), ["format": "pt"], [])
    case let format: throw UnreadableFile(path: source, format: format)
    }
  }

  private func select(_ source: String) throws -> (tensors: NamedTensors, notes: [String]) {
    let checkpoint = try open(source)
    do {
      let part = try key.map { try Selection(checkpoint, key: $0) } ?? Selection(onlyStateOf: checkpoint)
      var budget = NamedTensors.limit
      let tensors = try NamedTensors(part.value, place: part.place, budget: &budget)
      if part.leftOut.isEmpty { return (tensors, []) }
      return (tensors, ["took \(part.place) alone; left out: \(part.leftOut.joined(separator: ", "))"])
    } catch { throw ConversionError("\(source): \(error)") }
  }

  private func refuseKey(_ source: String) throws {
    if key != nil { throw ConversionError("\(source): has tensors alone, so that --key means nothing") }
  }

  private func open(_ source: String) throws -> Checkpoint {
    do {
      return try load(source)
    } catch  where error.kind == .refused {
      return try load(source, weightsOnly: false)
    }
  }
}
