import Synchronization
import Torch

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
    self = try Image(FileContent(ofPicture: path), path: path, orient: orient, limit: maxPixels)
  }

  /// The picture in a file that was read.
  init(
    _ file: FileContent, path: String, orient: Bool = false, limit: Int? = Image.maxPixels
  ) throws(ImageError) {
    do {
      self = try file.withBytes { (bytes) throws(ImageError) in try Image(bytes, orient: orient, limit: limit) }
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

extension FileContent {
  /// The bytes of a picture's file.
  convenience init(ofPicture path: String) throws(ImageError) {
    do {
      try self.init(path)
    } catch {
      let isMemory = error.kind == .memory
      throw ImageError(
        isMemory ? .memory : .system, isMemory ? error.message : "cannot be read: \(error.message)", path: path)
    }
  }
}
