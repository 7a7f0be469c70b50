import Foundation
import Torch
import TorchVision

/// A case of Tools/goldens/transforms.py: a step, its input, what torchvision makes of it.
struct TransformCase: Decodable, Sendable, CustomStringConvertible {
  let name: String
  let words: [String]
  let numbers: [Double]
  let kind: String
  let width: Int
  let height: Int
  let seed: Int
  let mode: String?
  let shape: [Int]
  let dtype: String
  let hash: String?
  let offset: Int?

  var description: String {
    "\(name) \(words) \(numbers) of \(kind) \(width) x \(height), seed \(seed)"
  }

  static func read(_ folder: URL) throws -> (cases: [TransformCase], blob: Data) {
    let text = try Data(contentsOf: folder.appendingPathComponent("transforms.json"))
    return try (
      JSONDecoder().decode([TransformCase].self, from: text),
      Data(contentsOf: folder.appendingPathComponent("transforms.bin"))
    )
  }

  /// What is wrong with our result, or nil.
  func complaint(_ blob: Data) throws -> String? {
    manualSeed(seed)
    let step = try made()
    let input = source()
    manualSeed(seed)
    let result = try step.apply(input)
    let y: Tensor
    switch result {
    case .image(let image):
      if image.mode.rawValue != mode { return "mode \(image.mode.rawValue), not \(mode ?? "none")" }
      y = image.pixels
    case .tensor(let tensor):
      if let mode { return "a tensor, not a picture of mode \(mode)" }
      y = tensor.contiguous()
    default: return "several pictures"
    }
    if Array(y.shape) != shape || y.dtype.name != dtype {
      return "\(Array(y.shape)) \(y.dtype.name), not \(shape) \(dtype)"
    }
    if let hash {
      let own = y.withUnsafeBytes { bytes in
        bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      }
      let text = String(own, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text == hash ? nil : "other numbers"
    }
    return far(y, blob)
  }

  /// At least 999 of 1000 numbers are within 1/255 of full light, floats from 0 to 1 all within 1e-4 unless a place was
  /// rounded to another pixel.
  private func far(_ y: Tensor, _ blob: Data) -> String? {
    let start = offset!, count = y.numel() * y.dtype.itemSize
    let wanted = blob.subdata(in: start..<start + count)
    let own = y.withUnsafeBytes { Data($0) }
    if own == wanted { return nil }
    func values(_ data: Data) -> [Double] {
      data.withUnsafeBytes { bytes in
        switch y.dtype {
        case .uint8: bytes.map(Double.init)
        case .int16: (0..<y.numel()).map { Double(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)) }
        case .int32: (0..<y.numel()).map { Double(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
        case .float64: (0..<y.numel()).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
        default: (0..<y.numel()).map { Double(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) }
        }
      }
    }
    let bound: Double = y.dtype == .uint8 ? 1 : y.dtype.isFloatingPoint ? 1.0 / 255 : 0
    let pairs = zip(values(own), values(wanted))
    let off = pairs.count { !(abs($0 - $1) <= bound) }
    let far = pairs.map { abs($0 - $1) }.max() ?? 0
    return off * 1000 > y.numel() ? "\(off) of \(y.numel()) numbers are off, by \(far) at most" : nil
  }

  private func source() -> TransformValue {
    let channels = ["L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "I": 1, "F": 1, "u8x1": 1, "f32x1": 1][kind] ?? 3
    let generator = Generator(seed: UInt64(seed))
    let noise = Tensor.randint(0, 256, [height, width, channels], generator: generator)
    let rows = Tensor.arange(height).view(height, 1, 1) * 5, columns = Tensor.arange(width).view(1, width, 1) * 3
    let slope = rows + columns + Tensor.arange(channels).view(1, 1, channels) * 40
    let x = seed % 2 == 0 ? noise : (slope + noise.div(8, roundingMode: .floor)).remainder(256)
    switch kind {
    case "I": return .image(Image(pixels: ((x - 100) * 1000).to(.int32), mode: .i))
    case "F": return .image(Image(pixels: ((x - 100) / 7.0).to(.float32), mode: .f))
    case "u8", "u8x1": return .tensor(x.permute(2, 0, 1).to(.uint8).contiguous())
    case "f32", "f32x1": return .tensor((x.permute(2, 0, 1).to(.float32) / 255.0).contiguous())
    case "f64": return .tensor((x.permute(2, 0, 1).to(.float64) / 255.0).contiguous())
    default: return .image(Image(pixels: x.to(.uint8), mode: Image.Mode(rawValue: kind)!))
    }
  }

  private func made() throws -> any Transform {
    let n = numbers, whole = numbers.map { Int($0) }
    let interpolation = InterpolationMode(rawValue: words.first ?? "") ?? .bilinear
    let padding = PicturePadding(rawValue: words.first ?? "") ?? .constant
    let mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225]
    switch name {
    case "resize":
      let antialias = !words.contains("alias")
      return n.count == 2
        ? Resize(whole, interpolation: interpolation, antialias: antialias)
        : Resize(whole[0], interpolation: interpolation, antialias: antialias)
    case "resize_max": return Resize(whole[0], interpolation: interpolation, maxSize: whole[1])
    case "center_crop": return CenterCrop(whole)
    case "pad": return Pad(whole, fill: 7, paddingMode: padding)
    case "hflip": return RandomHorizontalFlip(p: n[0])
    case "vflip": return RandomVerticalFlip(p: n[0])
    case "to_tensor": return ToTensor()
    case "pil_to_tensor": return PILToTensor()
    case "to_pil": return ToPILImage()
    case "standard": return Compose([ToTensor(), Normalize(mean: mean, std: std)])
    case "normalize": return Normalize(mean: mean, std: std)
    case "train":
      return Compose([
        RandomResizedCrop(whole[0]), RandomHorizontalFlip(), ToTensor(), Normalize(mean: mean, std: std),
      ])
    case "random_resized_crop": return RandomResizedCrop(whole, interpolation: interpolation)
    case "random_crop":
      return RandomCrop([whole[0], whole[1]], padding: whole[2], padIfNeeded: true, fill: 3, paddingMode: padding)
    case "random_rotation":
      return RandomRotation(n, interpolation: interpolation, expand: words.contains("expand"), fill: 9)
    case "rotation_center": return RandomRotation([n[0], n[1]], interpolation: interpolation, center: [n[2], n[3]])
    case "random_affine":
      return RandomAffine(
        n[0], translate: [n[1], n[2]], scale: [n[3], n[4]], shear: n[5], interpolation: interpolation, fill: 5)
    case "affine_shear4": return RandomAffine([n[0], n[1]], shear: Array(n[2...]), interpolation: interpolation)
    case "random_perspective": return RandomPerspective(distortionScale: n[0], p: n[1], interpolation: interpolation)
    case "jitter": return ColorJitter(brightness: n[0], contrast: n[1], saturation: n[2], hue: n[3])
    case "brightness", "contrast", "saturation", "hue", "gamma", "sharpness", "invert", "posterize", "solarize",
      "autocontrast", "equalize":
      return Fixed(name: name, numbers: numbers)
    case "grayscale": return Grayscale(numOutputChannels: whole[0])
    case "random_grayscale": return RandomGrayscale(p: n[0])
    case "blur": return GaussianBlur(kernelSize: [whole[0], whole[1]], sigma: [n[2], n[3]])
    case "erasing": return RandomErasing(p: n[0], value: words.isEmpty ? .numbers([n[1]]) : .random)
    case "convert":
      let types: [String: DType] = [
        "uint8": .uint8, "int16": .int16, "int32": .int32, "float32": .float32, "float64": .float64,
      ]
      return ConvertImageDtype(types[words[0]]!)
    case "apply":
      return RandomApply(
        [ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1), Grayscale(numOutputChannels: 3)],
        p: n[0])
    case "five_crop", "ten_crop":
      let crops: any Transform =
        name == "five_crop" ? FiveCrop(whole[0]) : TenCrop(whole[0], verticalFlip: words == ["vertical"])
      return ["u8", "f32"].contains(kind)
        ? Compose([crops, Lambda { (crops: [Tensor]) in Tensor.stack(crops) }])
        : Compose([crops, Lambda { (crops: [Image]) in Tensor.stack(crops.map { PILToTensor()($0) }) }])
    default: throw TransformError("no step is called \(name)")
    }
  }
}

/// A function of fixed factors as a step.
private struct Fixed: PictureTransform {
  let name: String
  let numbers: [Double]

  func callAsFunction<P: Picture>(_ picture: P) -> P {
    switch name {
    case "brightness": VF.adjustBrightness(picture, brightnessFactor: numbers[0])
    case "contrast": VF.adjustContrast(picture, contrastFactor: numbers[0])
    case "saturation": VF.adjustSaturation(picture, saturationFactor: numbers[0])
    case "hue": VF.adjustHue(picture, hueFactor: numbers[0])
    case "gamma": VF.adjustGamma(picture, gamma: numbers[0], gain: numbers[1])
    case "sharpness": VF.adjustSharpness(picture, sharpnessFactor: numbers[0])
    case "invert": VF.invert(picture)
    case "posterize": VF.posterize(picture, bits: Int(numbers[0]))
    case "solarize": VF.solarize(picture, threshold: numbers[0])
    case "autocontrast": VF.autocontrast(picture)
    case "equalize": VF.equalize(picture)
    default: fatalError(name)
    }
  }
}
