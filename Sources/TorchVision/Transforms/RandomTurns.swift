import Torch
import TorchNN

/// A picture turned by a random angle, as `torchvision.transforms.RandomRotation`.
public struct RandomRotation: PictureTransform {
  public let degrees: [Double]
  public let interpolation: InterpolationMode
  public let expand: Bool
  public let center: [Double]?
  public let fill: any NumberList

  /// - Parameters:
  ///   - degrees: to the left: the most in both directions, or from least to most.
  ///   - interpolation: nearest, bilinear, or on an ``Image`` bicubic.
  ///   - expand: whether the result is as large as the turned picture.
  ///   - center: what stays in place, [x, y]; nil: the middle.
  ///   - fill: the colour of what was not in the picture: one number, or one for each channel.
  public init(
    _ degrees: any NumberList, interpolation: InterpolationMode = .nearest, expand: Bool = false,
    center: [Double]? = nil, fill: any NumberList = 0
  ) {
    self.degrees = angles(degrees, "RandomRotation", "degrees", [2])
    if let center, center.count != 2 { fault("RandomRotation", "center wants two numbers, got \(center.count)") }
    (self.interpolation, self.expand, self.center, self.fill) = (interpolation, expand, center, fill)
  }

  public static func getParams(_ degrees: [Double]) -> Double { Draw.uniform(degrees[0], degrees[1]) }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    VF.rotate(
      picture, angle: Self.getParams(degrees), interpolation: interpolation, expand: expand, center: center, fill: fill)
  }

  public var description: String {
    "RandomRotation(degrees=\(listText(degrees)), interpolation=\(interpolation.rawValue), "
      + "expand=\(pythonBool(expand))" + (center.map { ", center=\(tupleText($0))" } ?? "")
      + ", fill=\(fill.numberText))"
  }
}

/// A picture turned, shifted, scaled and sheared by chance, as `torchvision.transforms.RandomAffine`.
public struct RandomAffine: PictureTransform {
  public let degrees: [Double]
  public let translate: [Double]?
  public let scale: [Double]?
  public let shear: [Double]?
  public let interpolation: InterpolationMode
  public let fill: any NumberList
  public let center: [Double]?

  /// - Parameters:
  ///   - degrees: to the right: the most in both directions, or from least to most.
  ///   - translate: the most across and down, as parts of width and height.
  ///   - scale: from least to most.
  ///   - shear: degrees: the most across in both directions, from least to most across, or four: across and down.
  ///   - interpolation: nearest, bilinear, or on an ``Image`` bicubic.
  ///   - fill: the colour of what was not in the picture: one number, or one for each channel.
  ///   - center: what stays in place, [x, y]; nil: the middle.
  public init(
    _ degrees: any NumberList, translate: [Double]? = nil, scale: (any NumberList)? = nil,
    shear: (any NumberList)? = nil, interpolation: InterpolationMode = .nearest, fill: any NumberList = 0,
    center: [Double]? = nil
  ) {
    self.degrees = angles(degrees, "RandomAffine", "degrees", [2])
    if let translate, translate.count != 2 || !translate.allSatisfy({ (0...1).contains($0) }) {
      fault("RandomAffine", "translate wants two numbers from 0 to 1, got \(translate)")
    }
    self.scale = scale.map { rangeEnds($0, "RandomAffine", "scale") }
    if let scale = self.scale, scale[0] <= 0 { fault("RandomAffine", "scale must be positive, got \(scale)") }
    self.shear = shear.map { angles($0, "RandomAffine", "shear", [2, 4]) }
    if let center, center.count != 2 { fault("RandomAffine", "center wants two numbers, got \(center.count)") }
    (self.translate, self.interpolation, self.fill, self.center) = (translate, interpolation, fill, center)
  }

  /// A random move for a picture of [width, height].
  public static func getParams(
    degrees: [Double], translate: [Double]?, scaleRanges: [Double]?, shears: [Double]?, imgSize: [Int]
  ) -> (angle: Double, translations: [Int], scale: Double, shear: [Double]) {
    let angle = Draw.uniform(degrees[0], degrees[1])
    var translations = [0, 0], shear = [0.0, 0.0]
    if let translate {
      let dx = translate[0] * Double(imgSize[0]), dy = translate[1] * Double(imgSize[1])
      translations[0] = pythonRound(Draw.uniform(-dx, dx))
      translations[1] = pythonRound(Draw.uniform(-dy, dy))
    }
    let scale = scaleRanges.map { Draw.uniform($0[0], $0[1]) } ?? 1
    if let shears {
      shear[0] = Draw.uniform(shears[0], shears[1])
      if shears.count == 4 { shear[1] = Draw.uniform(shears[2], shears[3]) }
    }
    return (angle, translations, scale, shear)
  }

  public func callAsFunction<P: Picture>(_ picture: P) -> P {
    let (height, width) = picture.pictureSize
    let move = Self.getParams(
      degrees: degrees, translate: translate, scaleRanges: scale, shears: shear, imgSize: [width, height])
    return VF.affine(
      picture, angle: move.angle, translate: move.translations.map(Double.init), scale: move.scale, shear: move.shear,
      interpolation: interpolation, fill: fill, center: center)
  }

  public var description: String {
    var parts = ["degrees=\(listText(degrees))"]
    if let translate { parts.append("translate=\(tupleText(translate))") }
    if let scale { parts.append("scale=\(tupleText(scale))") }
    if let shear { parts.append("shear=\(listText(shear))") }
    if interpolation != .nearest { parts.append("interpolation=\(interpolation.rawValue)") }
    if !(fill.isSingle && fill.numbers == [0]) { parts.append("fill=\(fill.numberText)") }
    if let center { parts.append("center=\(tupleText(center))") }
    return "RandomAffine(" + parts.joined(separator: ", ") + ")"
  }
}

/// A picture seen from another side with a probability, as `torchvision.transforms.RandomPerspective`.
public struct RandomPerspective: ChanceTransform {
  public let distortionScale: Double
  public let p: Double
  public let interpolation: InterpolationMode
  public let fill: any NumberList

  /// - Parameters:
  ///   - distortionScale: how far corners move, from 0 to 1.
  ///   - p: the probability.
  ///   - fill: the colour of what was not in the picture: one number, or one for each channel.
  public init(
    distortionScale: Double = 0.5, p: Double = 0.5, interpolation: InterpolationMode = .bilinear,
    fill: any NumberList = 0
  ) {
    guard (0...1).contains(distortionScale) else {
      fault("RandomPerspective", "distortionScale is from 0 to 1, got \(distortionScale)")
    }
    self.p = Self.probability(p)
    (self.distortionScale, self.interpolation, self.fill) = (distortionScale, interpolation, fill)
  }

  /// The corners of a picture, and where they go.
  public static func getParams(
    width: Int, height: Int, distortionScale: Double
  ) -> (startpoints: [[Int]], endpoints: [[Int]]) {
    let dx = Int(distortionScale * Double(width / 2)), dy = Int(distortionScale * Double(height / 2))
    func left() -> Int { Draw.integer(0, dx + 1) }
    func right() -> Int { Draw.integer(width - dx - 1, width) }
    func top() -> Int { Draw.integer(0, dy + 1) }
    func bottom() -> Int { Draw.integer(height - dy - 1, height) }
    let topLeft = [left(), top()], topRight = [right(), top()]
    let bottomRight = [right(), bottom()], bottomLeft = [left(), bottom()]
    return (
      [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], [topLeft, topRight, bottomRight, bottomLeft]
    )
  }

  public func changed<P: Picture>(_ picture: P) -> P {
    let (height, width) = picture.pictureSize
    let points = Self.getParams(width: width, height: height, distortionScale: distortionScale)
    return VF.perspective(
      picture, startpoints: points.startpoints, endpoints: points.endpoints, interpolation: interpolation, fill: fill)
  }
}
