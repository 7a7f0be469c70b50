import Torch
import TorchNN

/// What a transform of pictures takes: an ``Image``, or a tensor [..., channels, height, width].
///
/// There is a third kind, a picture that is still to be read: a loader's workers run transforms on it to draw all random
/// numbers of a batch in order, and share the pixels afterwards.
public protocol Picture: Sendable {
  /// Calls the closure that fits and gives its result, perhaps later and on another thread.
  /// - Parameter change: which size of the picture the result does not keep; nil where it keeps all.
  func map(
    to change: PictureChange?, image: @escaping @Sendable (Image) -> Image,
    tensor: @escaping @Sendable (Tensor) -> Tensor
  ) -> Self
  /// What a transform makes of it.
  /// - Precondition: the transform leaves images images and tensors tensors.
  func applying(_ transform: any Transform) throws -> Self
  /// How many numbers a pixel has.
  var channelCount: Int { get }
  /// Rows and columns.
  var pictureSize: (height: Int, width: Int) { get }
}

/// What of a picture's sizes a step changes.
public enum PictureChange: Sendable, Hashable {
  case size(height: Int, width: Int)
  /// So much more at the left, the top, the right and the bottom.
  case margins(left: Int, top: Int, right: Int, bottom: Int)
  case channels(Int)
}

extension Picture {
  /// Calls the closure that fits; the result has the picture's sizes.
  public func map(
    image: @escaping @Sendable (Image) -> Image, tensor: @escaping @Sendable (Tensor) -> Tensor
  ) -> Self { map(to: nil, image: image, tensor: tensor) }
}

extension Picture where Self: TransformConvertible {
  public func applying(_ transform: any Transform) throws -> Self { try transform.step(self) }
}

extension Image: Picture {
  public func map(
    to change: PictureChange?, image: @escaping @Sendable (Image) -> Image,
    tensor: @escaping @Sendable (Tensor) -> Tensor
  ) -> Image { image(self) }
  public var channelCount: Int { mode.channels }
  public var pictureSize: (height: Int, width: Int) { (height, width) }
}

extension Tensor: Picture {
  public func map(
    to change: PictureChange?, image: @escaping @Sendable (Image) -> Image,
    tensor: @escaping @Sendable (Tensor) -> Tensor
  ) -> Self {
    let result = tensor(self)
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
