import Torch

/// A picture in memory, as `PIL.Image.Image`.
///
/// ```swift
/// let image = Image(pixels: .zeros(240, 320, 3, dtype: .uint8), mode: .rgb)
/// image.width                                             // 320
/// let photo = try Image(contentsOf: "photo.jpg").convert(.rgb)
/// ```
///
/// Two modes of PIL's do not exist here: "1" is read as `l`, 0 and 255, and "P" as the colours its palette stands for, `rgb` or,
/// with transparent ones, `rgba`. "I;16" is `i`.
public struct Image: Sendable {
  /// What a pixel consists of, by PIL's names.
  public enum Mode: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Grey, 8 bits.
    case l = "L"
    /// Grey and alpha.
    case la = "LA"
    case rgb = "RGB"
    case rgba = "RGBA"
    case cmyk = "CMYK"
    /// Grey, 32 bits with a sign.
    case i = "I"
    /// Grey, float32.
    case f = "F"

    /// PIL's name, such as `RGB`.
    public var description: String { rawValue }

    /// How many numbers a pixel has.
    public var channels: Int {
      switch self {
      case .l, .i, .f: 1
      case .la: 2
      case .rgb: 3
      case .rgba, .cmyk: 4
      }
    }

    /// The type of these numbers.
    public var dtype: DType {
      switch self {
      case .l, .la, .rgb, .rgba, .cmyk: .uint8
      case .i: .int32
      case .f: .float32
      }
    }
  }

  /// The numbers, [height, width, channels], row by row without gaps.
  ///
  /// Transforms make new pictures; nothing writes to a picture's own numbers.
  public let pixels: Tensor
  public let mode: Mode
  /// How the picture lies, by EXIF's numbers from 1, upright, to 8: what its file says; 1 for all others.
  ///
  /// ``exifTransposed()`` turns it upright.
  public internal(set) var orientation = 1

  public var height: Int { pixels.size(0) }
  public var width: Int { pixels.size(1) }

  /// A picture of these numbers.
  /// - Parameters:
  ///   - pixels: [height, width, channels], or [height, width] where a pixel is one number.
  ///   - mode: what a pixel consists of.
  /// - Precondition: the mode's dtype and number of channels.
  public init(pixels: Tensor, mode: Mode) {
    let shaped = pixels.ndim == 2 ? pixels.unsqueeze(2) : pixels
    guard shaped.ndim == 3, shaped.size(2) == mode.channels, shaped.dtype == mode.dtype else {
      fault(
        "Image",
        "a picture of mode \(mode.rawValue) wants [height, width, \(mode.channels)] \(mode.dtype.name); got \(pixels.signature)"
      )
    }
    self.pixels = shaped.detach().contiguous()
    self.mode = mode
  }
}
