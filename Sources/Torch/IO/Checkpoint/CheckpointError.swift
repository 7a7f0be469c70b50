/// Why a checkpoint or a file of NumPy could not be read or written, or does not hold what was asked of it.
public struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// The system would not let the file be opened, read or written.
    case system
    /// A format, packing, protocol or dtype that is not read here.
    case unsupported
    /// A zip file that is cut off, contradicts itself or fails its checksums.
    case damagedArchive
    /// An array of NumPy whose head breaks its own rules, or that is cut off.
    case damagedArray
    /// A pickle that breaks its own rules.
    case damagedPickle
    /// Something that no file of weights has a reason for: a class that is not allowed, a path that leads outside.
    case refused
    /// More depth, entries or memory than any honest file asks for.
    case limit
    /// A tensor that does not lie within its storage, or a storage that is missing or has another size.
    case badTensor
    /// A key or index that is not there.
    case noSuchKey
    /// A value of another type than the one that was asked for.
    case wrongType
    /// A device that is not there.
    case unavailable
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The file as the caller named it, or the place in the checkpoint, such as `checkpoint["epoch"]`.
  public let source: String
  /// What is wrong with it.
  public let reason: String

  package init(_ kind: Kind, _ source: String, _ reason: String) {
    (self.kind, self.source, self.reason) = (kind, source, reason)
  }

  /// One line with the source and the reason.
  public var description: String { "\(source): \(reason)" }
}
