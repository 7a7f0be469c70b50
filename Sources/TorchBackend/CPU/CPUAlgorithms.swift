import Synchronization

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
  package enum Kind: String, CaseIterable, Sendable {
    case winograd, fusedNorms, foldedNorms, fusedRecurrence, tiledAttention, fusedProducts, matrixUnits
    case fusedDropout, tapTables, fusedPairs, fusedSoftmax
  }

  /// Convolutions with kernels of 3 x 3 and stride 1, and their gradients, by Winograd's smaller number of multiplications.
  ///
  /// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
  public var winograd: Bool {
    get { Self.uses(.winograd) }
    nonmutating set { Self.use(.winograd, newValue) }
  }

  /// Batch normalisation together with the addition and the activation that follow it, in one pass; group normalisation group
  /// by group.
  public var fusedNorms: Bool {
    get { Self.uses(.fusedNorms) }
    nonmutating set { Self.use(.fusedNorms, newValue) }
  }

  /// Batch normalisation in evaluation as a part of the convolution before it, and several such layers as one.
  public var foldedNorms: Bool {
    get { Self.uses(.foldedNorms) }
    nonmutating set { Self.use(.foldedNorms, newValue) }
  }

  /// Whole sequences of recurrent layers as one op.
  public var fusedRecurrence: Bool {
    get { Self.uses(.fusedRecurrence) }
    nonmutating set { Self.use(.fusedRecurrence, newValue) }
  }

  /// Attention by tiles that never hold all of the scores.
  ///
  /// Dao et al., "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022.
  public var tiledAttention: Bool {
    get { Self.uses(.tiledAttention) }
    nonmutating set { Self.use(.tiledAttention, newValue) }
  }

  /// Bias, activation and other work on the results of a matrix product while they are near.
  public var fusedProducts: Bool {
    get { Self.uses(.fusedProducts) }
    nonmutating set { Self.use(.fusedProducts, newValue) }
  }

  /// Dropout by masks of bytes, together with the activation before it or the sum after it.
  public var fusedDropout: Bool {
    get { Self.uses(.fusedDropout) }
    nonmutating set { Self.use(.fusedDropout, newValue) }
  }

  /// Resizing, pools that average or adapt and padding by copies, with tables of what each new element is made of.
  public var tapTables: Bool {
    get { Self.uses(.tapTables) }
    nonmutating set { Self.use(.tapTables, newValue) }
  }

  /// Gated linear units and losses of two operands, and their gradients, in one pass each.
  public var fusedPairs: Bool {
    get { Self.uses(.fusedPairs) }
    nonmutating set { Self.use(.fusedPairs, newValue) }
  }

  /// Softmax along a dimension that is not the last, and the logarithm of a sum of exponentials, in one pass where the numbers lie.
  public var fusedSoftmax: Bool {
    get { Self.uses(.fusedSoftmax) }
    nonmutating set { Self.use(.fusedSoftmax, newValue) }
  }

  /// Products and convolutions of float32 on the processor's matrix unit, from parts of bfloat16 that together hold every bit.
  public var matrixUnits: Bool {
    get { Self.uses(.matrixUnits) }
    nonmutating set { Self.use(.matrixUnits, newValue) }
  }

  /// A bit for each kind that is off.
  private static let disabled = Atomic<UInt32>(namedInEnvironment())

  package static func uses(_ kind: Kind) -> Bool { disabled.load(ordering: .relaxed) & kind.bit == 0 }

  private static func use(_ kind: Kind, _ on: Bool) {
    if on {
      disabled.bitwiseAnd(~kind.bit, ordering: .relaxed)
    } else {
      disabled.bitwiseOr(kind.bit, ordering: .relaxed)
    }
  }

  private static func namedInEnvironment() -> UInt32 {
    guard let text = getenv("TORCH_CPU_WITHOUT") else { return 0 }
    let names = String(cString: text).split(separator: ",")
    return names.reduce(0) { bits, name in
      guard let kind = Kind(rawValue: String(name)) else {
        let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
        fault("backends.cpu", "TORCH_CPU_WITHOUT names \(name), which is none of \(known)")
      }
      return bits | kind.bit
    }
  }
}

extension CPUAlgorithms.Kind {
  fileprivate var bit: UInt32 { 1 << UInt32(Self.allCases.firstIndex(of: self)!) }
}
