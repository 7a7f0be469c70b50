import CTorchPixels
import Torch
import TorchNN

extension VF {
  /// The numbers of a picture as a tensor [channels, height, width], bytes from 0 to 1, as
  /// `torchvision.transforms.functional.to_tensor`; modes I and F keep their numbers.
  public static func toTensor(_ image: Image) -> Tensor {
    guard image.mode.pixelType == CP_UINT8 else { return pilToTensor(image) }
    return planes(
      image,
      [Float](unsafeUninitializedCapacity: 256 * image.mode.channels) { tables, count in
        count = 256 * image.mode.channels
        for i in 0..<count { tables[i] = Float(i % 256) / 255 }
      })
  }

  /// ``toTensor(_:)`` and ``normalize(_:mean:std:inplace:)`` in one go, to the same bits.
  static func toNormalizedTensor(_ image: Image, _ tables: [Float]) -> Tensor { planes(image, tables) }

  /// The table of each channel for ``toNormalizedTensor(_:_:)``; nil where means and deviations do not fit the picture.
  static func normalizationTables(_ mean: [Double], _ std: [Double], channels: Int) -> [Float]? {
    guard mean.count == channels || mean.count == 1, std.count == channels || std.count == 1 else { return nil }
    return (0..<256 * channels).map { i in
      let channel = i / 256
      let m = Float(mean.count == 1 ? mean[0] : mean[channel]), s = Float(std.count == 1 ? std[0] : std[channel])
      return (Float(i % 256) / 255 - m) / s
    }
  }

  private static func planes(_ image: Image, _ tables: [Float]) -> Tensor {
    let result = Tensor.empty([image.mode.channels, image.height, image.width], dtype: .float32)
    image.with { picture in
      cp_planes_f32(picture, result.strided.pointer.assumingMemoryBound(to: Float.self), tables)
    }
    return result
  }

  /// The numbers of a picture as they are, [channels, height, width], as
  /// `torchvision.transforms.functional.pil_to_tensor`.
  public static func pilToTensor(_ image: Image) -> Tensor {
    let result = Tensor.empty([image.mode.channels, image.height, image.width], dtype: image.mode.dtype)
    image.with { picture in cp_planes(picture, result.strided.pointer, Int32(image.mode.dtype.itemSize)) }
    return result
  }

  /// A picture of a tensor's numbers, as `torchvision.transforms.functional.to_pil_image`: floats from 0 to 1 become bytes.
  /// - Shape: [height, width] or [channels, height, width] with 1 to 4 channels.
  /// - Parameter mode: what the channels mean; nil: L, LA, RGB or RGBA by their number, I or F for one of 32 bits.
  public static func toPILImage(_ tensor: Tensor, mode: Image.Mode? = nil) -> Image {
    guard tensor.ndim == 2 || tensor.ndim == 3 && (1...4).contains(tensor.size(0)) else {
      fault("to_pil_image", "wants [height, width] or [1 to 4 channels, height, width]; got \(tensor.signature)")
    }
    var numbers = (tensor.ndim == 2 ? tensor.unsqueeze(0) : tensor).detach().cpu().permute(1, 2, 0)
    if numbers.dtype.isFloatingPoint, mode != .f {
      numbers = (numbers * 255).to(.int32).bitwiseAnd(255).to(.uint8)
    }
    let channels = numbers.size(2)
    let natural: Image.Mode?
    switch (channels, numbers.dtype) {
    case (1, .uint8): natural = .l
    case (1, .int32): natural = .i
    case (1, .float32): natural = .f
    case (2, .uint8): natural = .la
    case (3, .uint8): natural = .rgb
    case (4, .uint8): natural = mode == .cmyk ? .cmyk : .rgba
    default: natural = nil
    }
    guard let natural, mode == nil || mode == natural else {
      let wanted = mode.map { " in mode \($0.rawValue)" } ?? ""
      fault("to_pil_image", "there are no pictures\(wanted) of such numbers; got \(tensor.signature)")
    }
    return Image(pixels: numbers.contiguous(), mode: natural)
  }

  /// A picture's numbers in another type, light kept, as `torchvision.transforms.functional.convert_image_dtype`.
  public static func convertImageDtype(_ image: Tensor, _ dtype: DType = .float32) -> Tensor {
    image.convertedPicture(dtype)
  }

  /// (x - mean) / std for each channel, as `torchvision.transforms.functional.normalize`.
  /// - Precondition: floating point [..., channels, height, width]; no deviation is 0.
  public static func normalize(_ tensor: Tensor, mean: [Double], std: [Double], inplace: Bool = false) -> Tensor {
    guard tensor.dtype.isFloatingPoint, tensor.ndim >= 3 else {
      fault(
        "normalize",
        "wants floating point [..., channels, height, width]; got \(tensor.signature); use ToTensor or ConvertImageDtype before"
      )
    }
    let channels = tensor.size(-3)
    func column(_ numbers: [Double], _ label: String) -> Tensor {
      guard numbers.count == channels || numbers.count == 1 || channels == 1 else {
        fault("normalize", "\(label) has \(numbers.count) numbers for \(channels) channels; got \(tensor.signature)")
      }
      return Tensor(numbers).to(tensor.dtype).view(numbers.count, 1, 1)
    }
    let m = column(mean, "mean"), s = column(std, "std")
    if s.array(Double.self).contains(0) { fault("normalize", "std has a 0 as \(tensor.dtype.name); got \(std)") }
    return inplace ? tensor.sub_(m).div_(s) : (tensor - m) / s
  }

  /// A rectangle overwritten, as `torchvision.transforms.functional.erase`.
  /// - Parameters:
  ///   - i: the first row.
  ///   - j: the first column.
  ///   - v: what is written; it is broadcast.
  public static func erase(
    _ img: Tensor, i: Int, j: Int, h: Int, w: Int, v: Tensor, inplace: Bool = false
  ) -> Tensor {
    img.requirePicture("erase")
    let result = inplace ? img : img.clone()
    result.narrow(dim: -2, start: i, length: Swift.min(h, img.pictureHeight - i))
      .narrow(dim: -1, start: j, length: Swift.min(w, img.pictureWidth - j)).copy_(v)
    return result
  }
}
