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

  func callAsFunction(_ image: Image) throws -> Tensor {
    guard case .tensor(let tensor) = try transform.apply(.image(image)) else {
      fault(dataset, "transform gave no tensor")
    }
    return tensor
  }
}
