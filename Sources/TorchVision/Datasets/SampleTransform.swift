import Torch

/// The transform of a data set, which ends in a tensor.
struct SampleTransform: Sendable {
  private let dataset: String
  private let transform: any Transform

  /// - Precondition: the transform takes images and gives one tensor.
  init(_ dataset: String, _ transform: any Transform) {
    (self.dataset, self.transform) = (dataset, transform)
    do {
      let kind = try transform.kind(after: .image)
      guard kind.isTensor else {
        fault(dataset, "transform gives \(kind.rawValue), samples are tensors; put ToTensor() behind it")
      }
    } catch {
      fault(dataset, "transform: \(error)")
    }
  }

  func callAsFunction(_ image: Image) throws -> Tensor { try tensor(transform.apply(.image(image))) }

  /// The transform of a picture that is known by its sizes, its random choices made now; nil, and nothing drawn, where they need
  /// its pixels.
  func plan(channels: Int, height: Int, width: Int) throws -> (@Sendable (Image) throws -> Tensor)? {
    guard transform.choosesBySize else { return nil }
    let plan = try PendingPicture(channels: channels, height: height, width: width).applying(transform)
    return { image in try tensor(plan.finish(image, known: (height, width))) }
  }

  private func tensor(_ value: TransformValue) throws -> Tensor {
    guard case .tensor(let tensor) = value else { fault(dataset, "transform gave no tensor") }
    return tensor
  }
}
