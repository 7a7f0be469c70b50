import Torch
import TorchNN

/// Brightness, contrast, saturation and hue changed by chance, in random order, as `torchvision.transforms.ColorJitter`.
public struct ColorJitter: PictureTransform {
  /// From least to most factor; nil: unchanged.
  public let brightness: [Double]?
  public let contrast: [Double]?
  public let saturation: [Double]?
  /// From least to most part of the circle; nil: unchanged.
  public let hue: [Double]?

  /// - Parameters:
  ///   - brightness: how far the factor may be from 1, or its range.
  ///   - contrast: alike.
  ///   - saturation: alike.
  ///   - hue: how far hues turn, up to 0.5, or the range.
  public init(
    brightness: any NumberList = 0, contrast: any NumberList = 0, saturation: any NumberList = 0,
    hue: any NumberList = 0
  ) {
    func range(_ value: any NumberList, _ label: String, center: Double, bound: ClosedRange<Double>) -> [Double]? {
      var ends = value.numbers
      if value.isSingle {
        guard ends[0] >= 0 else { fault("ColorJitter", "\(label), as one number, cannot be negative; got \(ends[0])") }
        ends = [center - ends[0], center + ends[0]]
        if center == 1 { ends[0] = Swift.max(ends[0], 0) }
      }
      guard ends.count == 2 else { fault("ColorJitter", "\(label) wants one number or two, got \(value.numberText)") }
      guard bound.lowerBound <= ends[0], ends[0] <= ends[1], ends[1] <= bound.upperBound else {
        fault("ColorJitter", "\(label) lies in \(bound), from small to large; got \(ends)")
      }
      return ends[0] == center && ends[1] == center ? nil : ends
    }
    self.brightness = range(brightness, "brightness", center: 1, bound: 0...(.infinity))
    self.contrast = range(contrast, "contrast", center: 1, bound: 0...(.infinity))
    self.saturation = range(saturation, "saturation", center: 1, bound: 0...(.infinity))
    self.hue = range(hue, "hue", center: 0, bound: -0.5...0.5)
  }

  /// A random order of the four changes, and their factors.
  public static func getParams(
    brightness: [Double]?, contrast: [Double]?, saturation: [Double]?, hue: [Double]?
  ) -> (order: [Int], brightness: Double?, contrast: Double?, saturation: Double?, hue: Double?) {
    let order = Tensor.randperm(4).array(Int.self)
    func factor(_ range: [Double]?) -> Double? { range.map { Draw.uniform($0[0], $0[1]) } }
    let b = factor(brightness), c = factor(contrast), s = factor(saturation)
    return (order, b, c, s, factor(hue))
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    let change = Self.getParams(brightness: brightness, contrast: contrast, saturation: saturation, hue: hue)
    var picture = picture
    for which in change.order {
      switch which {
      case 0: if let b = change.brightness { picture = VF.adjustBrightness(picture, brightnessFactor: b) }
      case 1: if let c = change.contrast { picture = VF.adjustContrast(picture, contrastFactor: c) }
      case 2: if let s = change.saturation { picture = VF.adjustSaturation(picture, saturationFactor: s) }
      default: if let h = change.hue { picture = VF.adjustHue(picture, hueFactor: h) }
      }
    }
    return picture
  }

  public var description: String {
    func text(_ range: [Double]?) -> String { range.map(tupleText) ?? "None" }
    return "ColorJitter(brightness=\(text(brightness)), contrast=\(text(contrast)), saturation=\(text(saturation)), "
      + "hue=\(text(hue)))"
  }
}

/// Grey, as `torchvision.transforms.Grayscale`.
public struct Grayscale: PictureTransform {
  public let numOutputChannels: Int

  /// - Parameter numOutputChannels: 1, or 3 equal ones.
  public init(numOutputChannels: Int = 1) {
    guard numOutputChannels == 1 || numOutputChannels == 3 else {
      fault("Grayscale", "numOutputChannels is 1 or 3, got \(numOutputChannels)")
    }
    self.numOutputChannels = numOutputChannels
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    VF.rgbToGrayscale(picture, numOutputChannels: numOutputChannels)
  }

  public var description: String { "Grayscale(num_output_channels=\(numOutputChannels))" }
}

/// Grey with a probability, as many channels as before, as `torchvision.transforms.RandomGrayscale`.
public struct RandomGrayscale: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.1) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P {
    VF.rgbToGrayscale(picture, numOutputChannels: picture.channelCount)
  }
}

/// A Gaussian blur of random strength, as `torchvision.transforms.GaussianBlur`.
public struct GaussianBlur: PictureTransform {
  /// Across and down.
  public let kernelSize: [Int]
  public let sigma: [Double]
  private let sigmaText: String

  /// - Parameters:
  ///   - kernelSize: odd: one number, or [across, down].
  ///   - sigma: the deviation in pixels, from least to most, or always the same.
  public init(kernelSize: some SpatialSize, sigma: any NumberList = [0.1, 2.0]) {
    self.kernelSize = cropSize(kernelSize, "GaussianBlur")
    guard self.kernelSize.allSatisfy({ $0 % 2 == 1 }) else {
      fault("GaussianBlur", "kernelSize wants odd positive numbers, got \(kernelSize.sizeText)")
    }
    let ends = sigma.isSingle ? [sigma.numbers[0], sigma.numbers[0]] : sigma.numbers
    guard ends.count == 2, 0 < ends[0], ends[0] <= ends[1] else {
      fault("GaussianBlur", "sigma wants a positive number or two, from small to large; got \(sigma.numberText)")
    }
    self.sigma = ends
    sigmaText = sigma.isSingle ? "(\(sigma.numberText), \(sigma.numberText))" : tupleText(ends)
  }

  /// - Parameter kernelSize: odd: one number, or [across, down].
  public init(_ kernelSize: some SpatialSize, sigma: any NumberList = [0.1, 2.0]) {
    self.init(kernelSize: kernelSize, sigma: sigma)
  }

  public static func getParams(sigmaMin: Double, sigmaMax: Double) -> Double { Draw.uniform(sigmaMin, sigmaMax) }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    let strength = Self.getParams(sigmaMin: sigma[0], sigmaMax: sigma[1])
    return VF.gaussianBlur(picture, kernelSize: kernelSize, sigma: [strength, strength])
  }

  public var description: String { "GaussianBlur(kernel_size=\(pythonTuple(kernelSize)), sigma=\(sigmaText))" }
}

/// The negative with a probability, as `torchvision.transforms.RandomInvert`.
public struct RandomInvert: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.5) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.invert(picture) }
}

/// Fewer bits a number with a probability, as `torchvision.transforms.RandomPosterize`.
public struct RandomPosterize: ChanceTransform {
  public let bits: Int
  public let p: Double

  /// - Parameter bits: how many of eight stay.
  public init(bits: Int, p: Double = 0.5) {
    guard (0...8).contains(bits) else { fault("RandomPosterize", "bits is 0 to 8, got \(bits)") }
    (self.bits, self.p) = (bits, Self.probability(p))
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.posterize(picture, bits: bits) }

  public var description: String { "RandomPosterize(bits=\(bits),p=\(pythonRepr(p)))" }
}

/// The negative of what is light, with a probability, as `torchvision.transforms.RandomSolarize`.
public struct RandomSolarize: ChanceTransform {
  public let threshold: Double
  public let p: Double

  /// - Parameter threshold: what is at least as light is inverted.
  public init(threshold: Double, p: Double = 0.5) {
    (self.threshold, self.p) = (threshold, Self.probability(p))
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.solarize(picture, threshold: threshold) }

  public var description: String { "RandomSolarize(threshold=\(pythonRepr(threshold)),p=\(pythonRepr(p)))" }
}

/// Sharper or smoother with a probability, as `torchvision.transforms.RandomAdjustSharpness`.
public struct RandomAdjustSharpness: ChanceTransform {
  public let sharpnessFactor: Double
  public let p: Double

  /// - Parameter sharpnessFactor: 0 smooth, 1 unchanged, 2 twice as sharp.
  public init(sharpnessFactor: Double, p: Double = 0.5) {
    (self.sharpnessFactor, self.p) = (sharpnessFactor, Self.probability(p))
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.adjustSharpness(picture, sharpnessFactor: sharpnessFactor) }

  public var description: String {
    "RandomAdjustSharpness(sharpness_factor=\(pythonRepr(sharpnessFactor)),p=\(pythonRepr(p)))"
  }
}

/// Each channel stretched from black to full light, with a probability, as `torchvision.transforms.RandomAutocontrast`.
public struct RandomAutocontrast: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.5) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.autocontrast(picture) }
}

/// Each channel's values spread evenly, with a probability, as `torchvision.transforms.RandomEqualize`.
public struct RandomEqualize: ChanceTransform {
  public let p: Double

  public init(p: Double = 0.5) {
    self.p = Self.probability(p)
  }

  public func changed<P: Picture>(_ picture: P) -> P { VF.equalize(picture) }
}
