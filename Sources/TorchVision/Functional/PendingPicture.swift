import Torch

/// A picture that is still to be read: its sizes are known, and so is what will be done to it.
///
/// Transforms run on it as on any picture. What they draw they draw now; their work on pixels is put down for later.
struct PendingPicture: Picture {
  private(set) var channelCount: Int
  private(set) var pictureSize: (height: Int, width: Int)
  /// Whether the steps so far end in a tensor.
  private var isTensor = false
  private var steps: [@Sendable (TransformValue) throws -> TransformValue] = []

  /// An image that is not decoded yet.
  init(channels: Int, height: Int, width: Int) {
    channelCount = channels
    pictureSize = (height, width)
  }

  func map(
    to change: PictureChange?, image: @escaping @Sendable (Image) -> Image,
    tensor: @escaping @Sendable (Tensor) -> Tensor
  ) -> PendingPicture {
    var next = self
    next.steps.append { value in
      switch value {
      case .image(let it): .image(image(it))
      case .tensor(let it): .tensor(tensor(it))
      default: value
      }
    }
    switch change {
    case .size(let height, let width): next.pictureSize = (height, width)
    case .margins(let left, let top, let right, let bottom):
      next.pictureSize = (pictureSize.height + top + bottom, pictureSize.width + left + right)
    case .channels(let count): next.channelCount = count
    case nil: break
    }
    return next
  }

  func applying(_ transform: any Transform) throws -> PendingPicture {
    if let compose = transform as? Compose { return try compose.steps.reduce(self) { try $0.applying($1) } }
    if let step = transform as? any PictureTransform { return try step(self) }
    var next = self
    next.steps.append { try transform.apply($0) }
    let kind: TransformValue.Kind = isTensor ? .tensor : .image
    next.isTensor = try transform.kind(after: kind).isTensor
    return next
  }

  /// What was put down, done to the picture.
  /// - Throws: what a step throws; a ``TransformError`` where the picture's sizes are not those that were known.
  func finish(_ image: Image, known: (height: Int, width: Int)) throws -> TransformValue {
    guard image.pictureSize == known else {
      throw TransformError("the picture has not the sizes that its file begins with")
    }
    return try steps.reduce(.image(image)) { try $1($0) }
  }
}
