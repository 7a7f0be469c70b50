import Torch
import TorchNN

/// What a transform of pictures takes: an ``Image``, or a tensor [..., channels, height, width].
public protocol Picture: Sendable {
  /// Calls the closure that fits and gives its result.
  func map(
    image: (Image) throws -> Image, tensor: (Tensor) throws -> Tensor
  ) rethrows -> Self
  /// How many numbers a pixel has.
  var channelCount: Int { get }
  /// Rows and columns.
  var pictureSize: (height: Int, width: Int) { get }
}

extension Image: Picture {
  public func map(image: (Image) throws -> Image, tensor: (Tensor) throws -> Tensor) rethrows -> Image {
    try image(self)
  }
  public var channelCount: Int { mode.channels }
  public var pictureSize: (height: Int, width: Int) { (height, width) }
}

extension Tensor: Picture {
  public func map(image: (Image) throws -> Image, tensor: (Tensor) throws -> Tensor) rethrows -> Self {
    let result = try tensor(self)
    // Tensor is final: a Self is a Tensor.
    return unsafeDowncast(result, to: Self.self)
  }
  public var channelCount: Int {
    requirePicture("transform")
    return pictureChannels
  }
  public var pictureSize: (height: Int, width: Int) {
    requirePicture("transform")
    return (pictureHeight, pictureWidth)
  }
}

/// Why a picture cannot be transformed.
public struct TransformError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The transform and the reason.
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// The functions behind the transforms, as `torchvision.transforms.functional`.
///
/// Those of both kinds of pictures compute as Pillow on an ``Image`` and as torchvision on a tensor.
public enum VF {
  /// Channels, height and width, as `torchvision.transforms.functional.get_dimensions`.
  public static func getDimensions(_ picture: some Picture) -> [Int] {
    let (height, width) = picture.pictureSize
    return [picture.channelCount, height, width]
  }

  /// Width and height, as `torchvision.transforms.functional.get_image_size`.
  public static func getImageSize(_ picture: some Picture) -> [Int] {
    let (height, width) = picture.pictureSize
    return [width, height]
  }
}
