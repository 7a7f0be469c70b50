import Torch

/// What stands in the room that `F.pad` adds, as the `mode` of `torch.nn.functional.pad`.
public enum PadMode: String, Sendable {
  /// A number.
  case constant
  /// The elements beside the edge, mirrored; the edge itself is not repeated.
  case reflect
  /// The element at the edge.
  case replicate
  /// The elements from the opposite edge.
  case circular
}

extension F {
  /// More room at the edges of the last dimensions, as `torch.nn.functional.pad`.
  ///
  /// `.constant` pads any number of dimensions; the other modes one to three, after a batch and channels or channels alone.
  /// - Parameters:
  ///   - pad: two amounts for each dimension, the last dimension first; negative ones cut off.
  ///   - value: the number of the mode `.constant`; 0 if nil.
  /// - Precondition: no size becomes negative, `.reflect` adds less than the size, `.circular` at most the size, and only
  ///   `.constant` has a value.
  public static func pad(
    _ input: Tensor, pad: [Int], mode: PadMode = .constant, value: (any TensorScalar)? = nil
  ) -> Tensor {
    let fill: EdgeFill
    switch mode {
    case .constant:
      let value: any TensorScalar = value ?? 0
      return input.constantPadNd(pad: pad, value: value)
    case .reflect: fill = .reflect
    case .replicate: fill = .replicate
    case .circular: fill = .circular
    }
    guard value == nil || value!.scalar.double == 0 else {
      fault("pad", "only the mode .constant has a value; got .\(mode.rawValue) and \(value!)")
    }
    return (mode == .circular ? input : input.raised).edgePad(pad, fill: fill)
  }
}
