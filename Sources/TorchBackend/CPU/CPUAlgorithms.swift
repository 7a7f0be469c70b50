#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Settings of what computes, as `torch.backends`.
///
/// ```swift
/// backends.cpu.winograd = false
/// ```
public let backends = BackendSettings()

/// Settings of each kind of device.
public struct BackendSettings: Sendable {
  /// The processor's quick ways of computing.
  public let cpu = CPUAlgorithms()
}

/// Quick ways of computing on the processor, each beside a plainer one that gives the same up to rounding.
///
/// All are on at the start, but those named in the environment variable `TORCH_CPU_WITHOUT`, separated by commas. They are
/// settings of the whole process; an op that is running is not affected.
public struct CPUAlgorithms: Sendable {
  /// Convolutions with kernels of 3 x 3 and stride 1, and their gradients, by Winograd's smaller number of multiplications.
  ///
  /// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
  @Switch(.winograd) public var winograd: Bool

  /// Batch normalisation together with the addition and the activation that follow it, in one pass; group normalisation group
  /// by group.
  @Switch(.fusedNorms) public var fusedNorms: Bool

  /// Batch normalisation in evaluation as a part of the convolution before it, and several such layers as one.
  @Switch(.foldedNorms) public var foldedNorms: Bool

  /// Whole sequences of recurrent layers as one op.
  @Switch(.fusedRecurrence) public var fusedRecurrence: Bool

  /// Attention by tiles that never hold all of the scores.
  ///
  /// Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022.
  @Switch(.tiledAttention) public var tiledAttention: Bool

  /// Bias, activation and other work on the results of a matrix product while they are near.
  @Switch(.fusedProducts) public var fusedProducts: Bool

  /// Dropout by masks of bytes, together with the activation before it or the sum after it.
  @Switch(.fusedDropout) public var fusedDropout: Bool

  /// Resizing, pools that average or adapt and padding by copies, with tables of what each new element is made of.
  @Switch(.tapTables) public var tapTables: Bool

  /// Gated linear units and losses of two operands, and their gradients, in one pass each.
  @Switch(.fusedPairs) public var fusedPairs: Bool

  /// Softmax along a dimension that is not the last, and the logarithm of a sum of exponentials, in one pass where the numbers lie.
  @Switch(.fusedSoftmax) public var fusedSoftmax: Bool

  /// Products and convolutions of float32 on the processor's matrix unit, from parts of bfloat16 that together hold every bit.
  @Switch(.matrixUnits) public var matrixUnits: Bool
}

extension CPUAlgorithms {
  fileprivate enum Kind: String, CaseIterable, Sendable {
    case winograd, fusedNorms, foldedNorms, fusedRecurrence, tiledAttention, fusedProducts, matrixUnits
    case fusedDropout, tapTables, fusedPairs, fusedSoftmax
  }

  fileprivate static let offAtStart: Set<Kind> = {
    guard let text = getenv("TORCH_CPU_WITHOUT") else { return [] }
    return Set(
      String(cString: text).split(separator: ",").map { name in
        guard let kind = Kind(rawValue: String(name)) else {
          let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
          fault("backends.cpu", "TORCH_CPU_WITHOUT names \(name), which is none of \(known)")
        }
        return kind
      })
  }()
}

extension Switch {
  /// On, but where the environment says otherwise.
  fileprivate init(_ kind: CPUAlgorithms.Kind) { self.init(wrappedValue: !CPUAlgorithms.offAtStart.contains(kind)) }
}
