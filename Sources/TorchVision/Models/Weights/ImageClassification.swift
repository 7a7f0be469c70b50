/// What is done to a picture before a classifier sees it, as torchvision's preset of this name: resized so that the shorter
/// side is `resizeSize`, cropped to the square in the middle, scaled to numbers from 0 to 1 and normalised.
public struct ImageClassification: Sendable, Hashable, CustomStringConvertible {
  /// The sides of the square.
  public let cropSize: Int
  /// The shorter side before.
  public let resizeSize: Int
  /// What is subtracted from each channel, and what it is then divided by.
  public let mean: [Double], std: [Double]
  public let interpolation: InterpolationMode
  /// Whether a tensor that is shrunk is filtered, as pictures always are.
  public let antialias: Bool

  public init(
    cropSize: Int, resizeSize: Int = 256, mean: [Double] = ImageNet.mean, std: [Double] = ImageNet.std,
    interpolation: InterpolationMode = .bilinear, antialias: Bool = true
  ) {
    self.cropSize = cropSize
    self.resizeSize = resizeSize
    self.mean = mean
    self.std = std
    self.interpolation = interpolation
    self.antialias = antialias
  }

  /// As torchvision prints it.
  public var description: String {
    """
    ImageClassification(
        crop_size=[\(cropSize)]
        resize_size=[\(resizeSize)]
        mean=\(mean)
        std=\(std)
        interpolation=InterpolationMode.\(interpolation.rawValue.uppercased().replacing("-", with: "_"))
    )
    """
  }
}
