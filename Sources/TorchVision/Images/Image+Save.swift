import Torch

/// A format of files of pictures, and how they are written.
public enum ImageFormat: Sendable, Hashable {
  /// How much coarser JPEG's colours are than its brightness.
  public enum Subsampling: Int, Sendable, Hashable {
    /// As fine: 4:4:4.
    case none
    /// Half as many columns: 4:2:2.
    case columns
    /// Half as many columns and rows: 4:2:0.
    case both

    var factors: (horizontal: CInt, vertical: CInt) { (self == .none ? 1 : 2, self == .both ? 2 : 1) }
  }

  /// JPEG of modes `l`, `rgb`, `cmyk`; quality 1 to 100.
  case jpeg(
    quality: Int = 75, subsampling: Subsampling = .both, progressive: Bool = false, optimize: Bool = false)
  /// PNG of modes `l`, `la`, `rgb`, `rgba` and, with 16 bits, `i`; level 0, fast, to 9, small.
  case png(compressLevel: Int = 6)
  /// BMP of modes `l`, `rgb`, `rgba`.
  case bmp
  /// PGM, PPM, or PFM, by mode: `l`, `rgb`, `rgba` without its alpha, `i`, `f`.
  case ppm

  /// The format that a name ends in: `.jpg`, `.jpeg`, `.png`, `.bmp`, `.ppm`, `.pgm`, `.pnm`, `.pfm`; nil for all else.
  public init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[dot...].lowercased() {
    case ".jpg", ".jpeg", ".jpe", ".jfif": self = .jpeg()
    case ".png": self = .png()
    case ".bmp", ".dib": self = .bmp
    case ".ppm", ".pgm", ".pnm", ".pfm": self = .ppm
    default: return nil
    }
  }
}

extension Image {
  /// The picture as a file's bytes.
  /// - Precondition: no side 0; a quality from 1 to 100, a level from 0 to 9.
  /// - Throws: ``ImageError`` where the format does not hold this mode or size.
  public func encoded(as format: ImageFormat) throws(ImageError) -> [UInt8] {
    if width == 0 || height == 0 { fault("Image.encoded", "a picture of \(width) x \(height) pixels is none") }
    switch format {
    case .jpeg(let quality, let subsampling, let progressive, let optimize):
      if !(1...100).contains(quality) { fault("Image.encoded", "wants a quality from 1 to 100, got \(quality)") }
      return try encodeJPEG(
        self, quality: quality, subsampling: subsampling, progressive: progressive, optimize: optimize)
    case .png(let level):
      if !(0...9).contains(level) { fault("Image.encoded", "wants a compressLevel from 0 to 9, got \(level)") }
      return try encodePNG(self, level: level)
    case .bmp: return try encodeBMP(self)
    case .ppm: return try encodePortable(self)
    }
  }

  /// Writes a file, in the format that its name ends in unless told; one that exists is replaced in one step.
  ///
  /// ```swift
  /// try image.save("cat.jpg", as: .jpeg(quality: 90))
  /// ```
  /// - Precondition: as ``encoded(as:)``.
  /// - Throws: ``ImageError`` with the path.
  public func save(_ path: String, as format: ImageFormat? = nil) throws(ImageError) {
    guard let format = format ?? ImageFormat(path: path) else {
      throw ImageError(.unsupported, "its name tells no format: .jpg, .png, .bmp and .ppm do", path: path)
    }
    let bytes: [UInt8]
    do { bytes = try encoded(as: format) } catch { throw error.at(path) }
    try writePicture(bytes, to: path)
  }
}

/// Replaces a file by these bytes in one step.
func writePicture(_ bytes: [UInt8], to path: String) throws(ImageError) {
  do {
    try writeAtomically(to: path) { try $0.write(bytes) }
  } catch {
    throw ImageError(.system, "cannot be written: \(error.systemMessage)", path: path)
  }
}
