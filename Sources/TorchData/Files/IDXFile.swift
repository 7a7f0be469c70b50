// The IDX format of MNIST and its kin: two zero bytes, a type code, the rank, the sizes and the elements, big-endian.

import TorchBackend

/// The content of an IDX file, raw or packed with gzip: a shape, an element type and the elements.
///
/// ```swift
/// let images = try IDXFile("data/train-images-idx3-ubyte.gz")
/// try images.require(.uint8, shape: [nil, 28, 28])
/// ```
///
/// Files may come from anywhere: a header is believed only as far as the file bears it out, and no more memory is taken
/// than the file has content.
public struct IDXFile: Sendable {
  /// Where it was read from.
  public let path: String
  /// The sizes of the dimensions, outermost first: `[60000, 28, 28]` for MNIST's training images.
  public let shape: [Int]
  /// One of uint8, int8, int16, int32, float32, float64: the types the format knows.
  public let dtype: DType
  /// The elements in row-major order, in this machine's byte order.
  public let bytes: [UInt8]

  /// How many elements there are.
  public var count: Int { bytes.count / dtype.itemSize }

  /// Reads a file.
  ///
  /// Whether it is packed is told from its content, not from its name.
  /// - Throws: ``IDXError`` for a file that is missing, unreadable, damaged, or whose size is not the one its header
  ///   gives.
  public init(_ path: String) throws(IDXError) {
    func failure(_ kind: IDXError.Kind, _ expected: String, _ found: String) -> IDXError {
      IDXError(kind: kind, path: path, expected: expected, found: found)
    }
    do {
      let source = try ByteSource(path: path)
      let header = try Header(source, failure)
      let what = "\(header.byteCount) bytes of elements for \(header.summary)"

      if let bound = source.upperBound, header.length > bound {
        let found = source.isPacked ? "a packed file too small for that" : "\(bound - header.size)"
        throw failure(source.isPacked ? .badHeader : .truncated, what, found)
      }
      var bytes = try Self.elements(header.byteCount, from: source)
      guard bytes.count == header.byteCount else { throw failure(.truncated, what, "\(bytes.count)") }
      guard try source.isAtEnd() else { throw failure(.trailingBytes, what, "more") }

      Self.makeNative(&bytes, itemSize: header.dtype.itemSize)
      self.path = path
      self.shape = header.shape
      self.dtype = header.dtype
      self.bytes = bytes
    } catch let error as IDXError {
      throw error
    } catch ByteSourceError.missing {
      throw failure(.missing, "an IDX file", "no such file")
    } catch ByteSourceError.system(let message) {
      throw failure(.unreadable, "a readable file", message)
    } catch ByteSourceError.gzip(let message) {
      throw failure(.damagedGzip, "a sound gzip stream", message)
    } catch {
      throw failure(.unreadable, "a readable file", "\(error)")
    }
  }

  /// Reads the file of a data set by its usual name, under the spellings it goes by: as it is or with `.gz`, and with a
  /// dot before `idx`.
  ///
  /// - Parameters:
  ///   - name: The plain name, such as `"train-images-idx3-ubyte"`.
  ///   - folder: The folder it lies in.
  /// - Throws: ``IDXError``; a missing file is reported with every spelling that was tried.
  public init(named name: String, in folder: String) throws(IDXError) {
    let stem = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
    var spellings = [name, name + ".gz"]
    if let dotted = Self.dotted(name) { spellings += [dotted, dotted + ".gz"] }
    for spelling in spellings {
      do {
        self = try IDXFile(stem + spelling)
        return
      } catch {
        if error.kind != .missing { throw error }
      }
    }
    let expected = "the file or one of " + spellings.dropFirst().joined(separator: ", ")
    throw IDXError(kind: .missing, path: stem + name, expected: expected, found: "none of them in \(folder)")
  }

  /// Checks that the file holds what the caller is going to read from it.
  ///
  /// - Parameters:
  ///   - dtype: The element type wanted.
  ///   - shape: The sizes wanted, nil where any will do.
  /// - Throws: ``IDXError`` of kind `unexpectedContent`.
  public func require(_ dtype: DType, shape: [Int?]) throws(IDXError) {
    let fits =
      dtype == self.dtype && shape.count == self.shape.count
      && zip(shape, self.shape).allSatisfy { $0 == nil || $0 == $1 }
    if fits { return }
    let wanted = shape.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
    throw IDXError(
      kind: .unexpectedContent, path: path, expected: "[\(wanted)] \(dtype.name)",
      found: "\(self.shape) \(self.dtype.name)")
  }
}

extension IDXFile {
  /// The head of a file, checked for inner consistency.
  private struct Header {
    var dtype: DType
    var shape: [Int]
    /// Bytes of the elements.
    var byteCount: Int
    /// Bytes of the header itself.
    var size: Int { 4 + 4 * shape.count }
    /// Bytes of the whole file, unpacked.
    var length: Int { size + byteCount }
    var summary: String { "\(shape) \(dtype.name)" }

    init(_ source: ByteSource, _ failure: (IDXError.Kind, String, String) -> IDXError) throws {
      let magic = try IDXFile.elements(4, from: source)
      let wanted = "0 0, a type code, a number of dimensions from 1 to 64"
      guard magic.count == 4 else { throw failure(.truncated, "a header of 4 bytes", "\(magic.count)") }
      let isIDX = magic[0] == 0 && magic[1] == 0 && 1...64 ~= magic[3]
      guard isIDX, let dtype = Self.types[magic[2]] else {
        throw failure(.badMagic, wanted, magic.map(String.init).joined(separator: " "))
      }

      let rank = Int(magic[3])
      let sizes = try IDXFile.elements(4 * rank, from: source)
      guard sizes.count == 4 * rank else {
        throw failure(.truncated, "\(rank) sizes of 4 bytes", "\(sizes.count) bytes")
      }
      var shape: [Int] = []
      // Zero sizes count as one here, so that strides made from the shape cannot overflow either.
      var bound = dtype.itemSize
      for index in 0..<rank {
        let size = sizes[(4 * index)..<(4 * index + 4)].reduce(0) { $0 << 8 | Int($1) }
        let (product, overflow) = bound.multipliedReportingOverflow(by: max(size, 1))
        // A bit to spare leaves room for the header's own size.
        guard !overflow, product <= Int.max / 2 else {
          throw failure(.badHeader, "sizes whose product fits in 62 bits", "\(shape + [size])")
        }
        bound = product
        shape.append(size)
      }
      self.dtype = dtype
      self.shape = shape
      byteCount = shape.contains(0) ? 0 : bound
    }

    static let types: [UInt8: DType] = [
      0x08: .uint8, 0x09: .int8, 0x0b: .int16, 0x0c: .int32, 0x0d: .float32, 0x0e: .float64,
    ]
  }

  /// Up to `count` bytes; fewer mean the end. Takes memory as the bytes arrive, unless the file's size vouches for all.
  private static func elements(_ count: Int, from source: ByteSource) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let isVouchedFor = !source.isPacked && count <= source.upperBound ?? 0
    while bytes.count < count {
      let step = isVouchedFor ? count : min(count - bytes.count, max(1 << 16, bytes.count))
      let piece = try [UInt8](unsafeUninitializedCapacity: step) { buffer, filled in
        filled = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if bytes.isEmpty { bytes = piece } else { bytes += piece }
      if piece.count < step { break }
    }
    return bytes
  }

  /// Turns big-endian elements into this machine's order, in place.
  private static func makeNative(_ bytes: inout [UInt8], itemSize: Int) {
    func swap<T: FixedWidthInteger>(_ type: T.Type, _ raw: UnsafeMutableRawBufferPointer) {
      for offset in stride(from: 0, to: raw.count, by: itemSize) {
        let value = raw.loadUnaligned(fromByteOffset: offset, as: T.self)
        raw.storeBytes(of: T(bigEndian: value), toByteOffset: offset, as: T.self)
      }
    }
    bytes.withUnsafeMutableBytes { raw in
      switch itemSize {
      case 2: swap(UInt16.self, raw)
      case 4: swap(UInt32.self, raw)
      case 8: swap(UInt64.self, raw)
      default: break
      }
    }
  }

  /// `train-images.idx3-ubyte` for `train-images-idx3-ubyte`: some copies of MNIST are named so.
  private static func dotted(_ name: String) -> String? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard let index = parts.lastIndex(where: { $0.hasPrefix("idx") }), index > 0 else { return nil }
    return parts[..<index].joined(separator: "-") + "." + parts[index...].joined(separator: "-")
  }
}
