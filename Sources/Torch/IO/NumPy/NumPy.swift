/// Files of NumPy: single arrays (`.npy`) and archives of named ones (`.npz`), as `numpy.load`, `numpy.save` and
/// `numpy.savez`.
///
/// Tensors get what `torch.from_numpy(numpy.load(path))` would give, in memory of their own: bool, uint8, int8 to int64 and
/// float16 to float64 of either byte order. An array in Fortran order becomes a tensor whose strides run the same way.
/// Arrays of other types (unsigned ones of more than 8 bits, complex numbers, texts, dates) are refused with what to do
/// about them; no value is ever converted on the way. Arrays of Python objects are refused.
public enum NumPy {
  /// Reads the array of a `.npy` file.
  /// - Throws: ``CheckpointError`` for a file that is missing, cut off, of another format, or of a dtype that tensors
  ///   cannot have.
  public static func load(_ path: String) throws(CheckpointError) -> Tensor {
    try named(path) { () throws(FormatError) in try tensor(RandomAccessBytes(path: path)) }
  }

  /// Reads the bytes of a `.npy` file.
  /// - Throws: as ``load(_:)``.
  public static func load(bytes: [UInt8]) throws(CheckpointError) -> Tensor {
    try named("array of \(bytes.count) bytes") { () throws(FormatError) in try tensor(.memory(bytes)) }
  }

  /// Writes a tensor as a `.npy` file; a file of that name is replaced in one step, when the new one is complete.
  ///
  /// The file is what `numpy.save` writes, to the byte. A tensor whose first index runs fastest stays so; any other is
  /// written row by row.
  /// - Throws: ``CheckpointError`` for bfloat16, which NumPy does not have, and where the system refuses to write.
  public static func save(_ tensor: Tensor, to path: String) throws(CheckpointError) {
    try writing(path) { file in try write(tensor, to: file, name: nil) }
  }
}

extension NumPy {
  static func tensor(_ source: RandomAccessBytes) throws(FormatError) -> Tensor {
    let header = try NumPyHeader(source)
    return try header.array.tensor { (bytes) throws(FormatError) in try source.read(into: bytes, at: header.start) }
  }

  /// Adds to an error whose bytes it is about.
  static func named<T>(
    _ name: String, _ body: () throws(FormatError) -> T
  ) throws(CheckpointError) -> T {
    do { return try body() } catch { throw CheckpointError(error.kind, name, error.reason) }
  }

  /// Writes a file, and turns what goes wrong into the public error.
  static func writing(_ path: String, _ body: (any ByteSink) throws -> Void) throws(CheckpointError) {
    do {
      try writeAtomically(to: path, body)
    } catch let error as FormatError {
      throw CheckpointError(error.kind, path, error.reason)
    } catch {
      throw CheckpointError(.system, path, "cannot be written: \(error.systemMessage)")
    }
  }

  /// The bytes of an array: its head, and the tensor with its last index, or its first, running fastest.
  static func parts(_ tensor: Tensor, name: String?) throws(FormatError) -> (head: [UInt8], rows: Tensor) {
    guard let descriptor = NumPyDType.spelling(of: tensor.dtype) else {
      let what = name.map { "tensor \(JSON.quoted($0))" } ?? "a tensor"
      throw FormatError(
        .unsupported, "cannot hold \(what) of \(tensor.dtype.name), which NumPy does not have; save x.to(.float32)")
    }
    var rows = tensor.detach().to(.cpu)
    var isFortran = false
    if !rows.isContiguous() {
      let turned = rows.permute(Array((0..<rows.dim()).reversed()))
      if turned.isContiguous() { (rows, isFortran) = (turned, true) }
    }
    return (NumPyHeader.bytes(descriptor, Array(tensor.shape), isFortran: isFortran), rows)
  }

  static func write(_ tensor: Tensor, to sink: any ByteSink, name: String?) throws {
    let (head, rows) = try parts(tensor, name: name)
    try head.withUnsafeBytes { try sink.write($0) }
    try rows.withUnsafeBytes { try sink.write($0) }
  }
}
