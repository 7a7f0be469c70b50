import Synchronization
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

private let pixelLimit = Atomic<Int>(178_956_970)

extension Image {
  /// How many pixels a file may promise; nil is no limit.
  ///
  /// The least of files can ask for gigabytes. As PIL's, where the default, 178,956,970, is twice `MAX_IMAGE_PIXELS`.
  public static var maxPixels: Int? {
    get {
      let limit = pixelLimit.load(ordering: .relaxed)
      return limit == .max ? nil : limit
    }
    set { pixelLimit.store(newValue ?? .max, ordering: .relaxed) }
  }

  /// Reads a picture: JPEG, PNG, BMP or PPM (PBM, PGM, PFM), told by content, whatever the name ends in.
  ///
  /// Pixels are PIL's: what stands in the file, without colour profiles or gamma.
  /// - Parameters:
  ///   - path: the file.
  ///   - orient: whether the picture is turned as its EXIF data say.
  ///   - maxPixels: how many pixels the file may promise.
  /// - Throws: ``ImageError`` with the path.
  public init(contentsOf path: String, orient: Bool = false, maxPixels: Int? = Image.maxPixels) throws(ImageError) {
    let file = try FileBytes(path)
    do {
      self = try Image(file.bytes, orient: orient, limit: maxPixels)
    } catch {
      throw error.at(path)
    }
  }

  /// Reads a picture from a file's bytes, as ``init(contentsOf:orient:maxPixels:)``.
  /// - Throws: ``ImageError`` without a path.
  public init(decoding bytes: [UInt8], orient: Bool = false, maxPixels: Int? = Image.maxPixels) throws(ImageError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(ImageError) in try Image(bytes, orient: orient, limit: maxPixels) }
    }
    self = try result.get()
  }

  init(_ bytes: UnsafeRawBufferPointer, orient: Bool, limit: Int?) throws(ImageError) {
    guard let kind = PictureKind(of: bytes) else {
      throw ImageError(.unknownFormat, bytes.isEmpty ? "the file is empty" : "neither JPEG, PNG, BMP nor PPM")
    }
    var image: Image
    switch kind {
    case .jpeg: image = try decodeJPEG(bytes, limit: limit)
    case .png: image = try decodePNG(bytes, limit: limit)
    case .bmp: image = try decodeBMP(bytes, limit: limit)
    case .portable: image = try decodePortable(bytes, limit: limit)
    }
    image.orientation = kind.orientation(in: bytes)
    self = orient ? image.exifTransposed() : image
  }
}

/// The formats, told by how files begin.
enum PictureKind {
  case jpeg, png, bmp, portable

  init?(of bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if bytes.starts(with: [0x42, 0x4d]) {
      self = .bmp
    } else if bytes.count > 2, bytes[0] == 0x50, Array("123456f".utf8).contains(bytes[1]) {
      self = .portable
    } else {
      return nil
    }
  }
}

/// The content of a regular file.
final class FileBytes {
  let bytes: UnsafeRawBufferPointer

  init(_ path: String) throws(ImageError) {
    func refusal(_ reason: String) -> ImageError { ImageError(.system, "cannot be read: \(reason)", path: path) }
    func systemRefusal() -> ImageError { refusal(String(cString: strerror(errno))) }
    // A pipe that nobody writes to must not hold this up.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw systemRefusal() }
    defer { close(descriptor) }
    var info = stat()
    if fstat(descriptor, &info) != 0 { throw systemRefusal() }
    guard info.st_mode & S_IFMT == S_IFREG else { throw refusal("it is not a regular file") }
    let size = Int(info.st_size)
    guard let memory = malloc(max(size, 1)) else {
      throw ImageError(.memory, "no memory for \(size) bytes", path: path)
    }
    var done = 0
    while done < size {
      let count = read(descriptor, memory + done, min(size - done, 1 << 30))
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        let error = systemRefusal()
        free(memory)
        throw error
      }
      // A file that became shorter meanwhile.
      if count == 0 { break }
      done += count
    }
    bytes = UnsafeRawBufferPointer(start: memory, count: done)
  }

  deinit { free(UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }
}
