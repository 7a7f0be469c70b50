// JPEG and PNG: what CTorchImages says, in Swift's words.

import CTorchImages
import Torch

extension torch_image_trouble {
  /// The error that the C side told of.
  fileprivate func error(_ format: String, _ verb: String = "read") -> ImageError {
    let text = withUnsafeBytes(of: reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    switch Int(kind) {
    case TORCH_IMAGE_TRUNCATED: return ImageError(.truncated, "truncated \(format) file: \(text)")
    case TORCH_IMAGE_UNSUPPORTED: return ImageError(.unsupported, "this \(format) file cannot be \(verb): \(text)")
    case TORCH_IMAGE_MEMORY: return ImageError(.memory, "the \(format) file cannot be \(verb): \(text)")
    default: return ImageError(.malformed, "damaged \(format) file: \(text)")
    }
  }
}

/// The pixels of a JPEG file. With `grey`, colours that are stored as brightness and differences give their brightness.
func decodeJPEG(_ bytes: UnsafeRawBufferPointer, limit: Int?, grey: Bool = false) throws(ImageError) -> Image {
  var (info, trouble) = (torch_image_info(), torch_image_trouble())
  let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let reader = torch_jpeg_open(start, bytes.count, grey ? 1 : 0, &info, &trouble) else {
    throw trouble.error("JPEG")
  }
  defer { torch_jpeg_close(reader) }
  let mode: Image.Mode = info.channels == 1 ? .l : info.channels == 3 ? .rgb : .cmyk
  let pixels = try emptyPixels(width: Int(info.width), height: Int(info.height), mode, limit: limit)
  let code = pixels.withUnsafeMutableBytes {
    torch_jpeg_read(reader, $0.baseAddress!.assumingMemoryBound(to: UInt8.self), &trouble)
  }
  if Int(code) != TORCH_IMAGE_OK { throw trouble.error("JPEG") }
  return Image(pixels: pixels, mode: mode)
}

/// The pixels of a PNG file.
func decodePNG(_ bytes: UnsafeRawBufferPointer, limit: Int?) throws(ImageError) -> Image {
  var (info, trouble) = (torch_image_info(), torch_image_trouble())
  let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let reader = torch_png_open(start, bytes.count, &info, &trouble) else { throw trouble.error("PNG") }
  defer { torch_png_close(reader) }
  let mode: Image.Mode = info.bits == 16 ? .i : [.l, .la, .rgb, .rgba][Int(info.channels) - 1]
  let pixels = try emptyPixels(width: Int(info.width), height: Int(info.height), mode, limit: limit)
  let code = pixels.withUnsafeMutableBytes { torch_png_read(reader, $0.baseAddress!, &trouble) }
  if Int(code) != TORCH_IMAGE_OK { throw trouble.error("PNG") }
  return Image(pixels: pixels, mode: mode)
}

/// Refuses sizes that no picture has, or that are past the limit.
func checkSize(_ width: Int, _ height: Int, limit: Int?) throws(ImageError) {
  if width <= 0 || height <= 0 { throw ImageError(.malformed, "a picture of \(width) x \(height) pixels is none") }
  let (count, overflow) = width.multipliedReportingOverflow(by: height)
  if let limit, overflow || count > limit {
    throw ImageError(
      .tooLarge, "\(width) x \(height) pixels are more than the \(limit) that Image.maxPixels lets through")
  }
  if overflow || count > Int.max / 64 { throw ImageError(.tooLarge, "no memory holds \(width) x \(height) pixels") }
}

/// Memory for the pixels that a header promises.
func emptyPixels(width: Int, height: Int, _ mode: Image.Mode, limit: Int?) throws(ImageError) -> Tensor {
  try checkSize(width, height, limit: limit)
  return Tensor.empty(height, width, mode.channels, dtype: mode.dtype)
}

/// A picture as a JPEG file; grey, RGB or CMYK.
func encodeJPEG(
  _ image: Image, quality: Int, subsampling: ImageFormat.Subsampling, progressive: Bool, optimize: Bool
) throws(ImageError) -> [UInt8] {
  guard [.l, .rgb, .cmyk].contains(image.mode) else {
    throw ImageError(
      .unsupported, "JPEG files hold modes L, RGB and CMYK, not \(image.mode.rawValue); convert(.rgb) first")
  }
  var trouble = torch_image_trouble()
  var bytes: UnsafeMutablePointer<UInt8>?
  var count = 0
  let (horizontal, vertical) = subsampling.factors
  let code = image.pixels.withUnsafeBytes {
    torch_jpeg_write(
      $0.baseAddress!.assumingMemoryBound(to: UInt8.self), Int32(image.width), Int32(image.height),
      Int32(image.mode.channels), CInt(quality), horizontal, vertical, progressive ? 1 : 0, optimize ? 1 : 0, &bytes,
      &count, &trouble)
  }
  if Int(code) != TORCH_IMAGE_OK { throw trouble.error("JPEG", "written") }
  defer { torch_image_free(bytes) }
  return Array(UnsafeBufferPointer(start: bytes, count: count))
}

/// A picture as a PNG file; `i` as 16 bits, from 0 to 65535 and clamped beyond.
func encodePNG(_ image: Image, level: Int) throws(ImageError) -> [UInt8] {
  let is16 = image.mode == .i
  guard is16 || [.l, .la, .rgb, .rgba].contains(image.mode) else {
    throw ImageError(.unsupported, "PNG files hold modes L, LA, RGB, RGBA and I, not \(image.mode.rawValue)")
  }
  var trouble = torch_image_trouble()
  var bytes: UnsafeMutablePointer<UInt8>?
  var count = 0
  func write(_ pixels: UnsafeRawBufferPointer) -> CInt {
    torch_png_write(
      pixels.baseAddress!, Int32(image.width), Int32(image.height), Int32(image.mode.channels), is16 ? 16 : 8,
      CInt(level), &bytes, &count, &trouble)
  }
  let code =
    is16
    ? image.narrowed.withUnsafeBytes { write($0) }
    : image.pixels.withUnsafeBytes { write($0) }
  if Int(code) != TORCH_IMAGE_OK { throw trouble.error("PNG", "written") }
  defer { torch_image_free(bytes) }
  return Array(UnsafeBufferPointer(start: bytes, count: count))
}

extension Image {
  /// The numbers of mode `i` as 16 bits without a sign, clamped.
  var narrowed: [UInt16] { pixels.array(Int32.self).map { UInt16(clamping: $0) } }
}
