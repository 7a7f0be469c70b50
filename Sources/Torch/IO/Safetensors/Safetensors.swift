/// Files of named tensors in the safetensors format: a JSON header and the plain bytes.
///
/// ```swift
/// try Safetensors.save(model.stateDict(), to: "model.safetensors")
/// try model.loadStateDict(Safetensors.load("model.safetensors"))
///
/// let file = try Safetensors.open("model.safetensors")       // reads the header alone
/// let weight = try file["embeddings.weight"]                 // and this, when its numbers are used
/// ```
///
/// Files may come from anywhere: the whole header is checked against the size of the file before any memory is taken.
public enum Safetensors {
  /// The largest header that is read, in bytes.
  static let headerLimit = 100_000_000

  /// Opens a file, or several that an index (`model.safetensors.index.json`) joins, and reads what they hold but no numbers.
  /// - Parameters:
  ///   - path: the file or the index; its content tells which.
  ///   - mapped: whether tensors lie in the file's own pages, which come into memory when they are touched. A tensor may
  ///     be written to; that stays in this process. With false each tensor is a copy, which is safe where another
  ///     process may cut the file off meanwhile: touching a mapped page that is gone is a SIGBUS.
  /// - Throws: ``SafetensorsError`` for a file that is missing, cut off or whose header cannot be true.
  public static func open(_ path: String, mapped: Bool = true) throws(SafetensorsError) -> SafetensorsFile {
    try SafetensorsFile(path, mapped: mapped)
  }

  /// The tensors of a file, or of several that an index joins, in the file's order, as `safetensors.torch.load_file`.
  ///
  /// The numbers are read when they are first used; see ``open(_:mapped:)``.
  /// - Parameters:
  ///   - path: the file or the index.
  ///   - device: where the tensors shall live.
  ///   - mapped: whether tensors lie in the file's own pages; with false they are copies.
  /// - Throws: as ``open(_:mapped:)``, and for a dtype that tensors here cannot have.
  public static func load(
    _ path: String, device: Device = .cpu, mapped: Bool = true
  ) throws(SafetensorsError) -> StateDict {
    try SafetensorsFile(path, mapped: mapped).stateDict(device: device)
  }

  /// The tensors of a file's bytes, as ``load(_:device:mapped:)``.
  /// - Throws: ``SafetensorsError`` for bytes that are cut off or whose header cannot be true.
  public static func load(bytes: [UInt8]) throws(SafetensorsError) -> StateDict {
    try SafetensorsFile(bytes: bytes).stateDict()
  }

  /// Reads the texts that were saved with a file's tensors.
  /// - Throws: as ``open(_:mapped:)``.
  public static func metadata(_ path: String) throws(SafetensorsError) -> [String: String] {
    try SafetensorsFile(path, mapped: false).metadata
  }
}
