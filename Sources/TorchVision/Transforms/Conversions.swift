import Torch
import TorchNN

/// A picture's numbers as a tensor [channels, height, width], bytes from 0 to 1, as `torchvision.transforms.ToTensor`.
public struct ToTensor: Transform {
  public init() {}

  public func callAsFunction(_ image: Image) -> Tensor { VF.toTensor(image) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .image(let image) = value else { refuse(value) }
    return .tensor(self(image))
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try imageKind(kind, gives: .floats)
  }
}

/// What a step from images to tensors says.
private func imageKind(
  _ kind: TransformValue.Kind, gives result: TransformValue.Kind
) throws(TransformOrderError) -> TransformValue.Kind {
  if kind == .image { return result }
  if kind == .images {
    throw TransformOrderError(
      "wants one image, but gets several; write Lambda { (crops: [Image]) in Tensor.stack(crops.map { ToTensor()($0) }) }"
    )
  }
  throw TransformOrderError(
    "wants an image, but gets \(kind.rawValue); put it before the steps that take tensors, and only once")
}

/// A picture's numbers as they are, [channels, height, width], as `torchvision.transforms.PILToTensor`.
public struct PILToTensor: Transform {
  public init() {}

  public func callAsFunction(_ image: Image) -> Tensor { VF.pilToTensor(image) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .image(let image) = value else { refuse(value) }
    return .tensor(self(image))
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    try imageKind(kind, gives: .wholes)
  }
}

/// A picture of a tensor's numbers, as `torchvision.transforms.ToPILImage`.
public struct ToPILImage: Transform {
  public let mode: Image.Mode?

  /// - Parameter mode: what the channels mean; nil: by their number and type.
  public init(mode: Image.Mode? = nil) { self.mode = mode }

  public func callAsFunction(_ tensor: Tensor) -> Image { VF.toPILImage(tensor, mode: mode) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard case .tensor(let tensor) = value else { refuse(value) }
    return .image(self(tensor))
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    if kind.isTensor { return .image }
    if kind.isSeveral { throw severalRefused(kind) }
    throw TransformOrderError(
      "wants a tensor, but gets \(kind.rawValue); leave it out, or put it after the tensor's steps")
  }

  public var description: String { "ToPILImage(" + (mode.map { "mode=\($0.rawValue)" } ?? "") + ")" }
}

/// A tensor's numbers in another type, light kept, as `torchvision.transforms.ConvertImageDtype`.
public struct ConvertImageDtype: TensorTransform {
  public let dtype: DType

  public init(_ dtype: DType) { self.dtype = dtype }

  public func callAsFunction(_ image: Tensor) -> Tensor { VF.convertImageDtype(image, dtype) }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    _ = try tensorKind(kind)
    return dtype.isFloatingPoint ? .floats : .wholes
  }
}

/// (x - mean) / std for each channel, as `torchvision.transforms.Normalize`.
public struct Normalize: TensorTransform {
  public let mean: [Double]
  public let std: [Double]
  public let inplace: Bool

  /// - Parameter inplace: whether the tensor itself is overwritten.
  /// - Precondition: as many deviations as means, or one; none is 0.
  public init(mean: [Double], std: [Double], inplace: Bool = false) {
    guard !mean.isEmpty, !std.isEmpty, mean.count == std.count || mean.count == 1 || std.count == 1 else {
      fault("Normalize", "wants as many std as mean; got \(mean.count) mean, \(std.count) std")
    }
    if std.contains(where: { Float($0) == 0 }) {
      fault("Normalize", "std is divided by and cannot be 0; got \(std)")
    }
    (self.mean, self.std, self.inplace) = (mean, std, inplace)
  }

  public func callAsFunction(_ tensor: Tensor) -> Tensor {
    VF.normalize(tensor, mean: mean, std: std, inplace: inplace)
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    if kind == .wholes {
      throw TransformOrderError("wants floats, but gets \(kind.rawValue); put ConvertImageDtype(.float32) before it")
    }
    return try tensorKind(kind)
  }

  public var description: String { "Normalize(mean=\(listText(mean)), std=\(listText(std)))" }
}

/// A tensor times a matrix, whitening for one, as `torchvision.transforms.LinearTransformation`.
public struct LinearTransformation: TensorTransform {
  public let transformationMatrix: Tensor
  public let meanVector: Tensor

  /// - Parameters:
  ///   - transformationMatrix: [n, n], n = channels x height x width.
  ///   - meanVector: [n], subtracted first.
  public init(transformationMatrix: Tensor, meanVector: Tensor) {
    guard transformationMatrix.ndim == 2, transformationMatrix.size(0) == transformationMatrix.size(1) else {
      fault("LinearTransformation", "transformationMatrix should be square, got \(transformationMatrix.signature)")
    }
    guard meanVector.ndim == 1, meanVector.size(0) == transformationMatrix.size(0) else {
      fault(
        "LinearTransformation",
        "meanVector should have \(transformationMatrix.size(0)) numbers, got \(meanVector.signature)")
    }
    guard meanVector.dtype == transformationMatrix.dtype else {
      fault("LinearTransformation", "matrix and vector should have one dtype")
    }
    (self.transformationMatrix, self.meanVector) = (transformationMatrix, meanVector)
  }

  public func callAsFunction(_ tensor: Tensor) -> Tensor {
    let n = transformationMatrix.size(0)
    guard tensor.ndim >= 3, tensor.size(-3) * tensor.size(-2) * tensor.size(-1) == n else {
      fault("LinearTransformation", "wants \(n) numbers a picture, got \(tensor.signature)")
    }
    let flat = tensor.reshape(-1, n) - meanVector
    return flat.matmul(transformationMatrix.to(flat.dtype)).view(Array(tensor.shape))
  }

  public var description: String {
    let rows = (0..<transformationMatrix.size(0)).map { listText(transformationMatrix[$0].array(Double.self)) }
    return "LinearTransformation(transformation_matrix=[\(rows.joined(separator: ", "))], "
      + "mean_vector=\(listText(meanVector.array(Double.self))))"
  }
}

/// A function as a step, as `torchvision.transforms.Lambda`.
///
/// ```swift
/// Compose([FiveCrop(224), Lambda { (crops: [Image]) in Tensor.stack(crops.map { ToTensor()($0) }) }])
/// ```
public struct Lambda<Input: TransformConvertible, Output: TransformConvertible>: Transform {
  private let lambd: @Sendable (Input) throws -> Output

  public init(_ lambd: @escaping @Sendable (Input) throws -> Output) { self.lambd = lambd }

  public func callAsFunction(_ value: Input) throws -> Output { try lambd(value) }

  public func apply(_ value: TransformValue) throws -> TransformValue {
    guard let input = Input.from(value) else { refuse(value) }
    return try lambd(input).transformValue
  }

  public func kind(after kind: TransformValue.Kind) throws(TransformOrderError) -> TransformValue.Kind {
    let wanted = Input.transformKind
    guard kind == wanted || kind.isTensor && wanted.isTensor else {
      throw TransformOrderError("the function wants \(wanted.rawValue), but gets \(kind.rawValue)")
    }
    return Output.transformKind
  }

  public var description: String { "Lambda()" }
}
