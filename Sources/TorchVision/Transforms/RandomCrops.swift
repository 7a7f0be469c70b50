import Torch
import TorchNN

/// A random part of a picture in a given size, as `torchvision.transforms.RandomResizedCrop`.
public struct RandomResizedCrop: PictureTransform {
  /// Height and width.
  public let size: [Int]
  public let scale: [Double]
  public let ratio: [Double]
  public let interpolation: InterpolationMode
  public let antialias: Bool

  /// - Parameters:
  ///   - size: one number, or [height, width].
  ///   - scale: how large the part is beside the picture, from least to most.
  ///   - ratio: its width by its height, from least to most.
  ///   - interpolation: how colours between pixels are found.
  ///   - antialias: whether a shrunk tensor is filtered; an ``Image`` always is.
  public init(
    _ size: some SpatialSize, scale: any NumberList = [0.08, 1.0], ratio: any NumberList = [3.0 / 4.0, 4.0 / 3.0],
    interpolation: InterpolationMode = .bilinear, antialias: Bool = true
  ) {
    self.size = cropSize(size, "RandomResizedCrop")
    self.scale = rangeEnds(scale, "RandomResizedCrop", "scale")
    self.ratio = rangeEnds(ratio, "RandomResizedCrop", "ratio")
    guard self.scale[0] >= 0, self.ratio[0] > 0 else {
      fault(
        "RandomResizedCrop", "scale cannot be negative and ratio must be positive; got \(self.scale), \(self.ratio)")
    }
    (self.interpolation, self.antialias) = (interpolation, antialias)
  }

  /// A random part: its first row and column, its height and width.
  public static func getParams(
    _ picture: some Picture, scale: [Double], ratio: [Double]
  ) -> (i: Int, j: Int, h: Int, w: Int) {
    let (height, width) = picture.pictureSize
    let sides = Draw.sides(area: height * width, scale: scale, ratio: ratio) { w, h in
      0 < w && w <= width && 0 < h && h <= height
    }
    if let (w, h) = sides {
      let i = Draw.integer(0, height - h + 1)
      return (i, Draw.integer(0, width - w + 1), h, w)
    }
    var (w, h) = (width, height)
    let own = Double(width) / Double(height)
    if own < ratio.min()! {
      h = pythonRound(Double(w) / ratio.min()!)
    } else if own > ratio.max()! {
      w = pythonRound(Double(h) * ratio.max()!)
    }
    return ((height - h) / 2, (width - w) / 2, h, w)
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    let (i, j, h, w) = Self.getParams(picture, scale: scale, ratio: ratio)
    return VF.resizedCrop(
      picture, top: i, left: j, height: h, width: w, size: size, interpolation: interpolation, antialias: antialias)
  }

  public var description: String {
    "RandomResizedCrop(size=\(pythonTuple(size)), scale=\(rounded4(scale)), ratio=\(rounded4(ratio)), "
      + "interpolation=\(interpolation.rawValue), antialias=\(pythonBool(antialias)))"
  }
}

/// A random part of a picture, as `torchvision.transforms.RandomCrop`.
public struct RandomCrop: PictureTransform {
  /// Height and width.
  public let size: [Int]
  public let padding: (any SpatialSize)?
  public let padIfNeeded: Bool
  public let fill: any NumberList
  public let paddingMode: PicturePadding

  /// - Parameters:
  ///   - size: one number, or [height, width].
  ///   - padding: what ``Pad`` adds first.
  ///   - padIfNeeded: whether a smaller picture gets room at both sides.
  public init(
    _ size: some SpatialSize, padding: (any SpatialSize)? = nil, padIfNeeded: Bool = false, fill: any NumberList = 0,
    paddingMode: PicturePadding = .constant
  ) {
    self.size = cropSize(size, "RandomCrop")
    if let padding { _ = VF.sides(padding.sizes) }
    (self.padding, self.padIfNeeded, self.fill, self.paddingMode) = (padding, padIfNeeded, fill, paddingMode)
  }

  /// A random part: its first row and column, its height and width.
  /// - Throws: ``TransformError`` where the picture is smaller.
  public static func getParams(
    _ picture: some Picture, outputSize: [Int]
  ) throws(TransformError) -> (i: Int, j: Int, h: Int, w: Int) {
    let (height, width) = picture.pictureSize, (th, tw) = (outputSize[0], outputSize[1])
    if height < th || width < tw {
      throw TransformError(
        "RandomCrop: a crop of \(th) x \(tw) is larger than the picture of \(height) x \(width); "
          + "use padIfNeeded: true or a Resize before it")
    }
    if height == th, width == tw { return (0, 0, height, width) }
    let i = Draw.integer(0, height - th + 1)
    return (i, Draw.integer(0, width - tw + 1), th, tw)
  }

  /// - Throws: ``TransformError`` where the picture is smaller and is not padded.
  public func callAsFunction<P: Picture>(_ picture: P) throws -> P {
    var picture = picture
    func pad(_ amounts: [Int]) { picture = VF.pad(picture, padding: amounts, fill: fill, paddingMode: paddingMode) }
    if let padding { pad(padding.sizes) }
    let (height, width) = picture.pictureSize
    if padIfNeeded, width < size[1] { pad([size[1] - width, 0]) }
    if padIfNeeded, height < size[0] { pad([0, size[0] - height]) }
    let (i, j, h, w) = try Self.getParams(picture, outputSize: size)
    return VF.crop(picture, top: i, left: j, height: h, width: w)
  }

  public var description: String {
    "RandomCrop(size=\(pythonTuple(size)), padding=\(padding.map(sequenceText) ?? "None"))"
  }
}

/// A mirror image with a probability, as `torchvision.transforms.RandomHorizontalFlip`.
public struct RandomHorizontalFlip: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.5) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.hflip(picture) }
}

/// A picture upside down, mirrored, with a probability, as `torchvision.transforms.RandomVerticalFlip`.
public struct RandomVerticalFlip: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.5) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.vflip(picture) }
}

/// A rectangle overwritten with a probability, as `torchvision.transforms.RandomErasing`.
public struct RandomErasing: TensorTransform {
  /// What is written.
  public enum Value: Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByArrayLiteral {
    /// One number, or one for each channel.
    case numbers([Double])
    /// Normal numbers.
    case random

    public init(integerLiteral value: Int) { self = .numbers([Double(value)]) }
    public init(floatLiteral value: Double) { self = .numbers([value]) }
    public init(arrayLiteral elements: Double...) { self = .numbers(elements) }
  }

  public let p: Double
  public let scale: [Double]
  public let ratio: [Double]
  public let value: Value
  public let inplace: Bool
  private let valueText: String

  /// - Parameters:
  ///   - scale: how large the rectangle is beside the picture, from least to most.
  ///   - ratio: its height by its width, from least to most.
  ///   - value: what is written: a number, one for each channel, or `.random`.
  ///   - inplace: whether the tensor itself is overwritten.
  public init(
    p: Double = 0.5, scale: any NumberList = [0.02, 0.33], ratio: any NumberList = [0.3, 3.3], value: Value = 0,
    inplace: Bool = false
  ) {
    self.p = Draw.probability(p, "RandomErasing")
    self.scale = rangeEnds(scale, "RandomErasing", "scale")
    self.ratio = rangeEnds(ratio, "RandomErasing", "ratio")
    guard self.scale[0] >= 0, self.scale[1] <= 1, self.ratio[0] > 0 else {
      fault("RandomErasing", "scale is between 0 and 1 and ratio positive; got \(self.scale), \(self.ratio)")
    }
    (self.value, self.inplace) = (value, inplace)
    switch value {
    case .random: valueText = "random"
    case .numbers(let numbers):
      func text(_ x: Double) -> String { x == x.rounded() ? String(Int(x)) : pythonRepr(x) }
      valueText = numbers.count == 1 ? text(numbers[0]) : "(" + numbers.map(text).joined(separator: ", ") + ")"
    }
  }

  public func callAsFunction(_ tensor: Tensor) -> Tensor {
    guard Draw.happens(p) else { return tensor }
    tensor.requirePicture("RandomErasing")
    let channels = tensor.pictureChannels, (height, width) = tensor.pictureSize
    if case .numbers(let numbers) = value, numbers.count != 1, numbers.count != channels {
      fault("RandomErasing", "value wants one number or one for each of \(channels) channels; got \(numbers.count)")
    }
    let sides = Draw.sides(area: height * width, scale: scale, ratio: ratio) { h, w in h < height && w < width }
    guard let (h, w) = sides else { return tensor }
    let v: Tensor
    switch value {
    case .random: v = Tensor.empty([channels, h, w], dtype: .float32).normal_()
    case .numbers(let numbers): v = Tensor(numbers).to(.float32).view(numbers.count, 1, 1)
    }
    let i = Draw.integer(0, height - h + 1), j = Draw.integer(0, width - w + 1)
    return VF.erase(tensor, i: i, j: j, h: h, w: w, v: v, inplace: inplace)
  }

  public var description: String {
    "RandomErasing(p=\(pythonRepr(p)), scale=\(tupleText(scale)), ratio=\(tupleText(ratio)), value=\(valueText), "
      + "inplace=\(pythonBool(inplace)))"
  }
}
