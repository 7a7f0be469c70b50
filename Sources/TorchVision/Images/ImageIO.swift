// Pictures as tensors [channels, height, width], as torchvision.io has them.

import Torch
import TorchUtils

@_exported import func TorchUtils.makeGrid

/// Which channels a picture read as a tensor has, as `torchvision.io.ImageReadMode`.
public enum ImageReadMode: Sendable, Hashable, CaseIterable {
  /// Those of the file.
  case unchanged
  case gray
  case grayAlpha
  case rgb
  case rgbAlpha
}

/// Reads a picture as a tensor, as `torchvision.io.read_image`.
///
/// The grey of colours is that of the file's library, as in torchvision: a JPEG file's own brightness, libpng's weights for PNG.
/// `Image(contentsOf:).convert(.l)` has PIL's. Unlike there, palettes are colours in every mode, alpha that a file lacks is 255
/// whatever its depth, and grey of 16 bits is int32.
/// - Parameters:
///   - path: a JPEG, PNG, BMP or PPM file.
///   - mode: which channels the result has.
///   - applyEXIFOrientation: whether the picture is turned as its EXIF data say.
/// - Shape: `[channels, height, width]`, uint8; as a view of rows of pixels.
/// - Throws: ``ImageError`` with the path.
public func readImage(
  _ path: String, mode: ImageReadMode = .unchanged, applyEXIFOrientation: Bool = false
) throws(ImageError) -> Tensor {
  let file = try FileContent(ofPicture: path)
  do {
    return try file.withBytes { (bytes) throws(ImageError) in
      try decodeTensor(bytes, mode, orient: applyEXIFOrientation)
    }
  } catch {
    throw error.at(path)
  }
}

/// Reads a picture from a file's bytes, as `torchvision.io.decode_image`; see ``readImage(_:mode:applyEXIFOrientation:)``.
/// - Shape: `[bytes]` to `[channels, height, width]`.
/// - Precondition: one dimension of uint8.
/// - Throws: ``ImageError`` without a path.
public func decodeImage(
  _ input: Tensor, mode: ImageReadMode = .unchanged, applyEXIFOrientation: Bool = false
) throws(ImageError) -> Tensor {
  guard input.ndim == 1, input.dtype == .uint8 else {
    fault("decodeImage", "wants a file's bytes in one dimension of uint8; got \(input.signature)")
  }
  let result = input.withUnsafeBytes { bytes in
    Result { () throws(ImageError) in try decodeTensor(bytes, mode, orient: applyEXIFOrientation) }
  }
  return try result.get()
}

/// A picture as a JPEG file, as `torchvision.io.encode_jpeg`.
/// - Shape: `[1 or 3, height, width]`, uint8, to `[bytes]`.
/// - Precondition: such a tensor; a quality from 1 to 100.
/// - Throws: ``ImageError`` where a side is too long for the format.
public func encodeJPEG(_ input: Tensor, quality: Int = 75) throws(ImageError) -> Tensor {
  Tensor(try picture(input, [1, 3], "encodeJPEG").encoded(as: .jpeg(quality: quality)))
}

/// A picture as a PNG file, as `torchvision.io.encode_png`.
/// - Shape: `[1 or 3, height, width]`, uint8, to `[bytes]`.
/// - Precondition: such a tensor; a level from 0 to 9.
/// - Throws: ``ImageError`` where the system has no memory left.
public func encodePNG(_ input: Tensor, compressionLevel: Int = 6) throws(ImageError) -> Tensor {
  Tensor(try picture(input, [1, 2, 3, 4], "encodePNG").encoded(as: .png(compressLevel: compressionLevel)))
}

/// Writes a JPEG file, as `torchvision.io.write_jpeg`; one that exists is replaced in one step.
/// - Shape: `[1 or 3, height, width]`, uint8.
/// - Precondition: such a tensor; a quality from 1 to 100.
/// - Throws: ``ImageError`` with the path.
public func writeJPEG(_ input: Tensor, _ filename: String, quality: Int = 75) throws(ImageError) {
  try picture(input, [1, 3], "writeJPEG").save(filename, as: .jpeg(quality: quality))
}

/// Writes a PNG file, as `torchvision.io.write_png`; one that exists is replaced in one step.
/// - Shape: `[1 to 4, height, width]`, uint8.
/// - Precondition: such a tensor; a level from 0 to 9.
/// - Throws: ``ImageError`` with the path.
public func writePNG(_ input: Tensor, _ filename: String, compressionLevel: Int = 6) throws(ImageError) {
  try picture(input, [1, 2, 3, 4], "writePNG").save(filename, as: .png(compressLevel: compressionLevel))
}

/// Writes a tensor as a picture, several of them as a grid, as `torchvision.utils.save_image`.
///
/// ```swift
/// try saveImage(batch, "batch.png", nrow: 4, normalize: true)
/// ```
/// - Parameters:
///   - tensor: elements from 0 to 1, rounded and clamped; those of uint8 are taken as they are.
///   - path: the file, in the format that its name ends in unless told.
///   - format: the format.
/// - Shape: `[batch, 1 or 3, height, width]`, `[1 or 3, height, width]` or `[height, width]`.
/// - Precondition: what `makeGrid`, whose other arguments these are, wants.
/// - Throws: ``ImageError`` with the path.
public func saveImage(
  _ tensor: Tensor, _ path: String, format: ImageFormat? = nil, nrow: Int = 8, padding: Int = 2,
  normalize: Bool = false, valueRange: ClosedRange<Double>? = nil, scaleEach: Bool = false, padValue: Double = 0
) throws(ImageError) {
  let grid = makeGrid(
    tensor, nrow: nrow, padding: padding, normalize: normalize, valueRange: valueRange, scaleEach: scaleEach,
    padValue: padValue)
  guard [1, 3, 4].contains(grid.size(0)) else {
    fault("saveImage", "wants pictures of 1 or 3 channels; got \(tensor.signature)")
  }
  let bytes = noGrad { () -> Tensor in
    if grid.dtype == .uint8 { return grid }
    // A cast of NaN to a byte depends on the processor; here it is black.
    return grid.mul(255).add(0.5).nanToNum(nan: 0).clamp(min: 0, max: 255).to(.uint8)
  }
  let image = Image(pixels: bytes.permute(1, 2, 0), mode: grid.size(0) == 1 ? .l : grid.size(0) == 3 ? .rgb : .rgba)
  try image.save(path, as: format)
}

/// Writes several tensors of one shape as a grid; see `saveImage` of one.
public func saveImage(
  _ tensors: [Tensor], _ path: String, format: ImageFormat? = nil, nrow: Int = 8, padding: Int = 2,
  normalize: Bool = false, valueRange: ClosedRange<Double>? = nil, scaleEach: Bool = false, padValue: Double = 0
) throws(ImageError) {
  try saveImage(
    Tensor.stack(tensors), path, format: format, nrow: nrow, padding: padding, normalize: normalize,
    valueRange: valueRange, scaleEach: scaleEach, padValue: padValue)
}

private func picture(_ input: Tensor, _ channels: [Int], _ op: String) -> Image {
  guard input.ndim == 3, input.dtype == .uint8, channels.contains(input.size(0)) else {
    let wanted = channels.map(String.init).joined(separator: ", ")
    fault(op, "wants uint8 [channels, height, width] of \(wanted) channels; got \(input.signature)")
  }
  return Image(pixels: input.permute(1, 2, 0), mode: [.l, .la, .rgb, .rgba][input.size(0) - 1])
}

private func decodeTensor(
  _ bytes: UnsafeRawBufferPointer, _ mode: ImageReadMode, orient: Bool
) throws(ImageError) -> Tensor {
  let kind = PictureKind(of: bytes)
  var image: Image
  if kind == .jpeg, mode == .gray {
    image = try decodeJPEG(bytes, limit: Image.maxPixels, grey: true)
    image.orientation = PictureKind.jpeg.orientation(in: bytes)
  } else {
    image = try Image(bytes, orient: false, limit: Image.maxPixels)
  }
  if orient { image = image.exifTransposed() }
  switch mode {
  case .unchanged:
    // There torchvision has the numbers as they stand in the file.
    if kind == .jpeg, image.mode == .cmyk { return noGrad { (255 - image.pixels).permute(2, 0, 1) } }
  case .gray: image = kind == .png ? image.greyOfPNG : image.convert(.l)
  case .grayAlpha: image = kind == .png ? image.greyOfPNG.withAlpha(of: image) : image.convert(.la)
  case .rgb: image = image.convert(.rgb)
  case .rgbAlpha: image = image.convert(.rgba)
  }
  return image.pixels.permute(2, 0, 1)
}

extension Image {
  /// Grey as libpng makes it of colours.
  fileprivate var greyOfPNG: Image {
    guard mode == .rgb || mode == .rgba else { return convert(.l) }
    let grey = Tensor.empty(height, width, 1, dtype: .uint8)
    let count = width * height, step = mode.channels
    pixels.withUnsafeBytes { source in
      grey.withUnsafeMutableBytes { out in
        for i in 0..<count {
          let red = UInt32(source[i * step]), green = UInt32(source[i * step + 1]), blue = UInt32(source[i * step + 2])
          // 0.2989 and 0.587 of 32768 without their fractions, and the rest.
          out[i] = UInt8(truncatingIfNeeded: (red &* 9794 &+ green &* 19234 &+ blue &* 3740) >> 15)
        }
      }
    }
    return Image(pixels: grey, mode: .l)
  }

  fileprivate func withAlpha(of other: Image) -> Image {
    guard other.mode == .rgba || other.mode == .la else { return convert(.la) }
    return Image(pixels: noGrad { Tensor.cat([pixels, other.pixels[0..., 0..., (-1)...]], dim: 2) }, mode: .la)
  }
}
