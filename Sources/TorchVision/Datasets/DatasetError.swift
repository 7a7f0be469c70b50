/// Why a data set cannot be used: what is missing or wrong, and what helps.
public struct DatasetError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of trouble, for code that wants to tell cases apart.
  public enum Kind: String, Sendable, Hashable {
    /// Files that are not there, and were not to be fetched.
    case missing
    /// Files that could not be fetched.
    case download
    /// A file that is not what the data set's format says.
    case malformed
    /// The system refused.
    case system
  }

  /// The kind of trouble.
  public let kind: Kind
  /// The data set, as `CIFAR10`.
  public let dataset: String
  /// The file or folder.
  public let path: String
  /// What is wrong, and what helps.
  public let reason: String

  init(_ kind: Kind, _ dataset: String, _ path: String, _ reason: String) {
    (self.kind, self.dataset, self.path, self.reason) = (kind, dataset, path, reason)
  }

  /// One line: `CIFAR10: data: has no cifar-10-batches-py; ...`.
  public var description: String { "\(dataset): \(path): \(reason)" }
}
