import Torch

/// A change that a picture undergoes with a probability, as torchvision's transforms that have a `p`.
///
/// One number is drawn for each picture, whether it is changed or not:
///
/// ```swift
/// struct RandomTurn: ChanceTransform {
///   let p = 0.5
///   func changed<P: Picture>(_ picture: P) -> P { VF.vflip(VF.hflip(picture)) }
/// }
/// ```
public protocol ChanceTransform: PictureTransform {
  /// The probability, from 0 to 1.
  var p: Double { get }
  /// The picture after the change.
  func changed<P: Picture>(_ picture: P) -> P
}

extension ChanceTransform {
  /// The picture, changed or as it was.
  public func callAsFunction<P: Picture>(_ picture: P) -> P { Draw.happens(p) ? changed(picture) : picture }

  public var choosesBySize: Bool { true }

  public var description: String { "\(Self.self)(p=\(pythonRepr(p)))" }

  static func probability(_ p: Double) -> Double { Draw.probability(p, "\(Self.self)") }
}
