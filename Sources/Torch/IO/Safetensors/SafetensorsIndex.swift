/// `model.safetensors.index.json`: which of several files in its folder holds which tensor.
struct SafetensorsIndex {
  private let path: String
  /// The names of the tensors, in the order of the index.
  private(set) var names: [String] = []
  /// The files, in the order in which the index first names them.
  private(set) var files: [String] = []
  private var places: [String: String] = [:]

  func file(of name: String) -> String? { places[name] }

  /// Reads an index; nil where the content is none, but may be a file of tensors.
  init?(_ source: RandomAccessBytes, path: String) throws(SafetensorsError) {
    self.path = path
    // Eight letters of JSON, read as a header's length, are far over the limit.
    let text: [UInt8]
    do throws(FormatError) {
      let start = try source.bytes(min(source.count, 8), at: 0).bytes
      guard start.count == 8, start[4...].contains(where: { $0 != 0 }),
        start.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }) == UInt8(ascii: "{")
      else { return nil }
      guard source.count <= Safetensors.headerLimit else {
        throw FormatError(.limit, "is an index of \(source.count) bytes; the limit is \(Safetensors.headerLimit)")
      }
      text = try source.bytes(source.count, at: 0).bytes
    } catch {
      throw SafetensorsError(error.kind == .system ? .system : .badIndex, path, error.reason)
    }
    try parse(text)
  }

  private mutating func parse(_ text: [UInt8]) throws(SafetensorsError) {
    let path = path
    func bad(_ reason: String) -> SafetensorsError { SafetensorsError(.badIndex, path, reason) }
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw bad("is no index of safetensors files: \(error)")
    }
    guard case .object(let members) = json,
      case .object(let map)? = members.first(where: { $0.key == "weight_map" })?.value
    else { throw bad("is no index of safetensors files: it has no object \"weight_map\"") }
    var known: Set<String> = []
    for (name, value) in map {
      guard case .string(let file) = value else { throw bad("has no file's name for \(JSON.quoted(name))") }
      guard !file.isEmpty, file != ".", file != "..", !file.utf8.contains(where: { [0, 0x2f, 0x5c].contains($0) })
      else {
        throw bad("wants \(JSON.quoted(name)) from \(JSON.quoted(file)), which is no file in its own folder")
      }
      guard places.updateValue(file, forKey: name) == nil else {
        throw bad("has two names that read the same: \(JSON.quoted(name))")
      }
      names.append(name)
      if known.insert(file).inserted { files.append(file) }
    }
  }

  func openShards(mapped: Bool) throws(SafetensorsError) -> [SafetensorsShard] {
    let folder = Folder.of(path)
    let missing = files.filter { !Folder.exists(folder + $0) }
    guard missing.isEmpty else {
      throw SafetensorsError(.badIndex, path, "names files that are not there: \(SafetensorsError.listed(missing))")
    }
    var shards: [SafetensorsShard] = []
    for file in files {
      let path = folder + file
      shards.append(try SafetensorsShard(SafetensorsFile.source(path), path: path, mapped: mapped))
    }
    return shards
  }

  /// The text of an index, its names sorted.
  static func text(_ places: [(name: String, file: String)], totalSize: Int) -> String {
    let lines = places.sorted { $0.name < $1.name }.map { "    \(JSON.quoted($0.name)): \(JSON.quoted($0.file))" }
    let map = lines.isEmpty ? "{}" : "{\n\(lines.joined(separator: ",\n"))\n  }"
    return "{\n  \"metadata\": {\n    \"total_size\": \(totalSize)\n  },\n  \"weight_map\": \(map)\n}\n"
  }
}
