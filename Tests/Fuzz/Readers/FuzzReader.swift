import Torch
import TorchData
import TorchUtils
import TorchVision

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A reader of foreign bytes, and what a program does with what it read.
///
/// Any bytes must give a value or a typed error. Both the fuzzer and the tests call `read`.
public enum FuzzReader: String, CaseIterable, Sendable {
  /// A whole file of `torch.save`, whatever its format.
  case checkpoint
  /// A pickle, in an archive that is right otherwise, with three storages.
  case pickle
  /// A pickle as in `pickle`, taken for the states of a model, its optimizers and a scheduler, and saved again.
  case training
  case safetensors
  /// An index that joins safetensors files; two lie beside it.
  case index
  /// Telling what kind of file it is.
  case format
  /// An array of NumPy.
  case npy
  /// An archive of arrays.
  case npz
  case json
  case idx
  /// A training log as CSV.
  case csv
  /// A training log as JSON lines.
  case jsonl
  /// A picture of any format.
  case image
  /// An archive of a data set, packed or not.
  case tar

  /// Reads bytes and asks everything of the result.
  public func read(_ bytes: [UInt8]) {
    switch self {
    case .checkpoint: Self.readCheckpoint(bytes)
    case .pickle: Self.readCheckpoint(Archive.around(pickle: bytes))
    case .training: TrainingStates.read(Archive.around(pickle: bytes))
    case .safetensors:
      withFile(bytes, "safetensors") { path in
        _ = try? Safetensors.metadata(path)
        for tensor in ((try? Safetensors.load(path)) ?? [:]).values { CheckpointWalk.use(tensor) }
      }
    case .index: Self.readIndex(bytes)
    case .format:
      withFile(bytes, "bin") { path in
        guard let format = try? FileFormat(of: path) else { return precondition(!Self.isRead(bytes)) }
        precondition(!format.sentence.isEmpty)
        guard Self.isRead(bytes) else { return }
        // What is read is never called something else.
        switch format {
        case .torchZip, .torchLegacy, .safetensors: break
        default: preconditionFailure()
        }
      }
    case .npy: if let tensor = try? NumPy.load(bytes: bytes) { CheckpointWalk.use(tensor) }
    case .npz: for (_, tensor) in (try? NumPy.load(archiveBytes: bytes)) ?? [:] { CheckpointWalk.use(tensor) }
    case .json:
      // JSON has no NaN: what was read is equal to itself.
      if let value = try? JSON(parsing: bytes) { precondition(value == value) }
    case .idx:
      withFile(bytes, "idx") { path in
        guard let file = try? IDXFile(path) else { return }
        precondition(file.bytes.count == file.shape.reduce(file.dtype.itemSize, *))
      }
    case .csv: withFile(bytes, "csv") { _ = try? TrainingLog.read($0) }
    case .jsonl: withFile(bytes, "jsonl") { _ = try? TrainingLog.read($0) }
    case .image:
      // A picture may be large without being wrong; the fuzzer's memory is not.
      guard let image = try? Image(decoding: bytes, orient: true, maxPixels: 1 << 18) else { return }
      CheckpointWalk.use(image.pixels)
      _ = image.convert(.rgb)
    case .tar:
      withFile(bytes, "tar") { path in
        let folder = path + ".files"
        precondition(mkdir(folder, 0o700) == 0)
        try? TarArchive(dataset: "fuzz", path: path).unpack(into: folder + "/in")
        // What leads out of the folder lies here, and then it cannot be removed.
        removeFolder(folder + "/in")
        precondition(rmdir(folder) == 0)
      }
    }
  }

  private static func readCheckpoint(_ bytes: [UInt8]) {
    for weightsOnly in [true, false] {
      guard let checkpoint = try? load(bytes: bytes, weightsOnly: weightsOnly) else { continue }
      var walk = CheckpointWalk()
      walk.visit(checkpoint)
      // Read as a whole model, plain weights would be the same again.
      return
    }
  }

  /// The index with two files beside it, which have the tensors `a`, `b` and `c`.
  private static func readIndex(_ bytes: [UInt8]) {
    let files = [("one.safetensors", shard(["a", "b"])), ("two.safetensors", shard(["c"])), ("index.json", bytes)]
    withFiles(files) { folder in
      guard let file = try? Safetensors.open("\(folder)/index.json") else { return }
      precondition(file.entries.count <= 3)
      for key in file.keys { if let tensor = try? file[key] { CheckpointWalk.use(tensor) } }
    }
  }

  /// A safetensors file with a float32 number for each name.
  private static func shard(_ names: [String]) -> [UInt8] {
    let entries = names.enumerated().map { index, name in
      "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[\(4 * index),\(4 * index + 4)]}"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    var file: [UInt8] = []
    file.append(little: header.count, 8)
    return file + header + [UInt8](repeating: 0, count: 4 * names.count)
  }

  /// Whether a file of plain weights is read without an error.
  public static func isRead(_ bytes: [UInt8]) -> Bool { (try? load(bytes: bytes)) != nil }
}

/// Runs a body with a file of these bytes, which goes away after it.
private func withFile(_ bytes: [UInt8], _ suffix: String, _ body: (String) -> Void) {
  withFiles([("file.\(suffix)", bytes)]) { body("\($0)/file.\(suffix)") }
}

/// Runs a body with a folder of these files, which goes away after it.
private func withFiles(_ files: [(name: String, bytes: [UInt8])], _ body: (String) -> Void) {
  let folder = "\(scratchFolder)/swift-torch-fuzz-\(getpid())-\(UInt32.random(in: 0 ... .max))"
  precondition(mkdir(folder, 0o700) == 0)
  for (name, bytes) in files {
    let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    precondition(descriptor >= 0)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      precondition(count > 0)
      done += count
    }
    close(descriptor)
  }
  body(folder)
  for (name, _) in files { unlink("\(folder)/\(name)") }
  rmdir(folder)
}

/// Removes a folder and what is in it, without following links.
private func removeFolder(_ path: String) {
  guard let folder = opendir(path) else { return }
  var inside: [String] = []
  while let item = readdir(folder) {
    let name = withUnsafePointer(to: &item.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
    }
    if name != ".", name != ".." { inside.append("\(path)/\(name)") }
  }
  closedir(folder)
  for file in inside where unlink(file) != 0 { removeFolder(file) }
  rmdir(path)
}

/// A folder in memory where there is one.
private let scratchFolder: String = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
